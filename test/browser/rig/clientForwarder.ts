import { connect, createServer, type Server, type Socket } from 'node:net';

/** Stands for the client's machine: what is forwarded is served here, under an address that is not the remote's. */
const CLIENT_ADDRESS = '127.0.0.2';

/** The client's side of a remote window: it forwards ports of the remote machine to itself, as SSH and tunnels do. */
export class ClientForwarder {
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  /** Forwards a port of the remote machine, to the same number where `port` does not say otherwise. Gives the client's address of it. */
  async forward(remotePort: number, port = remotePort): Promise<string> {
    const server = createServer((client) => {
      const remote = connect(remotePort, '127.0.0.1');
      for (const [from, to] of [
        [client, remote],
        [remote, client],
      ] as const) {
        this.#sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.once('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, CLIENT_ADDRESS, resolve);
    });
    this.#servers.push(server);
    const address = server.address();
    return `${CLIENT_ADDRESS}:${typeof address === 'object' ? address?.port : port}`;
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

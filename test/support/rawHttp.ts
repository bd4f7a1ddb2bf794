import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A raw TCP client: what is sent is exactly what stands here, and what came back is kept. */
export class RawClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #received = Buffer.alloc(0);
  #waiting: (() => void)[] = [];
  #ended = false;

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => {});
    this.socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        this.#ended = true;
        this.#wake();
        resolve();
      });
    });
  }

  get text(): string {
    return this.#received.toString('latin1');
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }

  /** Waits until what was received satisfies `seen`; the text so far. Resolves at the end of the connection, too. */
  async until(seen: (text: string) => boolean): Promise<string> {
    while (!seen(this.text) && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    return this.text;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Sends bytes on a connection of their own and reads until the other side closes. */
export async function rawExchange(port: number, bytes: string | Uint8Array): Promise<string> {
  const client = new RawClient(port);
  client.send(bytes);
  await client.closed;
  return client.text;
}

/** A raw TCP server; `serve` gets each connection with the head of its first request. */
export async function rawServer(
  serve: (socket: Socket, head: string) => void,
): Promise<{ port: number; server: Server }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    let text = '';
    const onData = (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      socket.off('data', onData);
      socket.resume();
      serve(socket, text);
    };
    socket.on('data', onData);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return { port: address.port, server };
}

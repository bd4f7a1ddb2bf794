import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type Certificate, selfSignedCertificate } from './selfSignedCertificate.ts';

export interface ClosedInternet {
  /** For `HTTPS_PROXY` and the like. */
  readonly proxyUrl: string;
  /** Every address that was asked for, `host:port`. */
  readonly asked: readonly string[];
  /** The authority of `host`, in PEM, for agents to trust; null where no host is played. */
  readonly authority: string | null;
  close(): Promise<void>;
}

/** A host of the internet that is played on loopback, under TLS. */
export interface PlayedHost {
  readonly host: string;
  /** The plain server that answers for it. */
  readonly port: number;
}

/**
 * A proxy behind which there is no internet: everything is refused and remembered, so that what an agent does beside loopback is seen
 * and ends here. One host can be played: it gets its calls exactly as the agent sends them to the real one.
 */
export async function startClosedInternet(played: PlayedHost | null = null): Promise<ClosedInternet> {
  const asked: string[] = [];
  const certificate: Certificate | null = played && selfSignedCertificate(played.host);
  const tunnels = new Set<Socket>();
  const keep = (socket: Socket): void => {
    tunnels.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => tunnels.delete(socket));
  };
  const playedServer =
    certificate &&
    createTlsServer({ ...certificate }, (client) => {
      const server = connect(played?.port ?? 0, '127.0.0.1');
      keep(client);
      keep(server);
      client.pipe(server).pipe(client);
    });
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    asked.push(URL.canParse(url) ? new URL(url).host : url);
    response.writeHead(502).end();
  });
  server.on('connect', (request, socket: Socket) => {
    const target = request.url ?? '';
    asked.push(target);
    if (playedServer === null || target !== `${played?.host}:443`) {
      socket.on('error', () => socket.destroy());
      socket.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    keep(socket);
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    playedServer.emit('connection', socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    proxyUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    authority: certificate?.cert ?? null,
    close: () =>
      new Promise((resolve) => {
        for (const socket of tunnels) socket.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/** Answers in a neutral shape with one sentence, which never quotes the request. */
export function refuseRequest(
  res: ServerResponse,
  refusal: { readonly status: number; readonly message: string; readonly close: boolean },
): void {
  sendJson(res, refusal, neutralBody(refusal.message));
}

export function sendJson(
  res: ServerResponse,
  head: { readonly status: number; readonly close: boolean },
  body: string,
): void {
  if (head.close) res.shouldKeepAlive = false;
  res.writeHead(head.status, ['Content-Type', 'application/json', 'Content-Length', String(Buffer.byteLength(body))]);
  res.end(body);
}

/** Answers with a shape that an agent understands; the connection stays open. */
export function sendShape(
  res: ServerResponse,
  shape: { readonly status: number; readonly headers: readonly string[]; readonly body: string },
): void {
  res.writeHead(shape.status, [...shape.headers, 'Content-Length', String(Buffer.byteLength(shape.body))]);
  res.end(shape.body);
}

/** Answers where there is only a socket (upgrades, CONNECT), and closes it. */
export function refuseSocket(
  socket: Duplex,
  status: string,
  options: { readonly message: string; readonly fields?: readonly string[] },
): void {
  const body = neutralBody(options.message);
  const fields = ['Connection: close', ...(options.fields ?? []), 'Content-Type: application/json'];
  // A peer that has gone already is no error of ours.
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status}\r\n${fields.join('\r\n')}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function neutralBody(message: string): string {
  return JSON.stringify({ error: { message } });
}

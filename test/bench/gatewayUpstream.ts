import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { markOf, scriptOf, streamEvent, type UpstreamScript } from './gatewayScript.ts';

/** A longer request is counted and dropped, so that the upstream's own work does not hide what a gateway adds. */
const scriptBytesMax = 1_000_000;

/**
 * A scripted Anthropic upstream in a process of its own. The request says how many events to send and how far apart; each event
 * carries the time at which it was written (CLOCK_MONOTONIC, which all processes of a machine share).
 */
const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const isLarge = Number(req.headers['content-length'] ?? 0) > scriptBytesMax;
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (!isLarge) chunks.push(chunk);
  });
  req.once('end', () => {
    if (isLarge) countedAnswer(req, res, bytes);
    else play(res, scriptOf(Buffer.concat(chunks)));
  });
});

function countedAnswer(req: IncomingMessage, res: ServerResponse, bytes: number): void {
  res.writeHead(bytes === Number(req.headers['content-length']) ? 200 : 400, { 'content-type': 'application/json' });
  res.end(
    JSON.stringify({ type: 'message', id: 'msg_1', content: [], usage: { input_tokens: 1, output_tokens: 1 }, bytes }),
  );
}

function play(res: ServerResponse, script: UpstreamScript): void {
  res.writeHead(200, { 'content-type': 'text/event-stream' });
  const event = (index: number) => streamEvent(index, script, markOf(script, index));
  if (script.everyMs === 0) {
    res.end(Array.from({ length: script.events }, (_, index) => event(index)).join(''));
    return;
  }
  let sent = 0;
  const send = () => {
    sent += 1;
    if (sent < script.events) res.write(event(sent - 1));
    else {
      clearInterval(timer);
      res.end(event(sent - 1));
    }
  };
  const timer = setInterval(send, script.everyMs);
  res.once('close', () => clearInterval(timer));
  send();
}

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 4096, () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});

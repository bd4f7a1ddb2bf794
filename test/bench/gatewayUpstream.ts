import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A scripted SSE upstream in a process of its own. The request's body says how many events to send and how far apart; each
 * event carries the time at which it was written (CLOCK_MONOTONIC, which all processes of a machine share).
 */
const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.once('end', () => {
    const { events, everyMs, padding } = JSON.parse(Buffer.concat(chunks).toString()) as {
      events: number;
      everyMs: number;
      padding: number;
    };
    const pad = 'x'.repeat(padding);
    let sent = 0;
    res.writeHead(200, { 'content-type': 'text/event-stream' });
    const send = () => {
      sent += 1;
      const event = `event: content_block_delta\ndata: {"t":"${process.hrtime.bigint()}","p":"${pad}"}\n\n`;
      if (sent < events) res.write(event);
      else {
        clearInterval(timer);
        res.end(event);
      }
    };
    const timer = setInterval(send, everyMs);
    res.once('close', () => clearInterval(timer));
    send();
  });
});

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 1024, () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});

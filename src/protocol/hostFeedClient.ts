import { type IncomingMessage, request } from 'node:http';
import { StringDecoder } from 'node:string_decoder';
import type { ControlAddress } from './controlClient.ts';
import { type HostOrders, openOrders } from './hostFeed.ts';

/** One connection of a window to its meter for what it observes. */
export interface HostLink {
  /** Takes pieces, at least one, in order. `onFlushed` tells when they are on their way and the next may come. */
  write(pieces: readonly Uint8Array[]): void;
  /** Sends what was written, ends the connection and stays silent. */
  close(): void;
}

export interface HostLinkEvents {
  /** The meter takes part: its first orders are there, and each time that they change. */
  onOrders(orders: HostOrders): void;
  onFlushed(): void;
  /** Called once, for whatever reason, unless it was closed. */
  onEnd(reason: string): void;
}

const MAX_LINE = 1024 * 1024;

export function openHostLink(address: ControlAddress, events: HostLinkEvents): HostLink {
  let over = false;
  const call = request({
    host: '127.0.0.1',
    port: address.port,
    method: 'POST',
    path: '/control/host',
    agent: false,
    headers: {
      authorization: `Bearer ${address.controlToken}`,
      'content-type': 'application/octet-stream',
      'transfer-encoding': 'chunked',
    },
  });
  const end = (reason: string): void => {
    if (over) return;
    over = true;
    call.destroy();
    events.onEnd(reason);
  };
  call.on('error', (error) => end(error.message));
  call.on('close', () => end('the meter closed the connection'));
  call.on('response', (response) => {
    if (response.statusCode === 200) readOrders(response, (orders) => !over && events.onOrders(orders), end);
    else end(`HTTP ${response.statusCode ?? '?'}`);
  });
  call.flushHeaders();
  return {
    write(pieces) {
      if (over) return;
      // The callback of the last piece, since "drain" is not told of every time that a request is full.
      for (const [index, piece] of pieces.entries()) {
        if (index < pieces.length - 1) call.write(piece);
        else call.write(piece, () => !over && events.onFlushed());
      }
    },
    close() {
      if (over) return;
      over = true;
      call.end();
      // The answer has no end of its own: the meter ends it once it has read all.
      setTimeout(() => call.destroy(), 2_000).unref();
    },
  };
}

function readOrders(
  response: IncomingMessage,
  onOrders: (orders: HostOrders) => void,
  end: (reason: string) => void,
): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  response.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const orders = parseOrders(line);
      if (orders !== null) onOrders(orders);
    }
    if (rest.length > MAX_LINE) end('an order was too long');
  });
  response.on('close', () => end('the meter closed the connection'));
  response.on('error', (error) => end(error.message));
}

function parseOrders(line: string): HostOrders | null {
  try {
    const orders: unknown = JSON.parse(line);
    const isOrders = typeof orders === 'object' && orders !== null && 'hasHardBudget' in orders;
    // A meter of another version may leave something out.
    return isOrders ? { ...openOrders, ...(orders as Partial<HostOrders>) } : null;
  } catch {
    return null;
  }
}

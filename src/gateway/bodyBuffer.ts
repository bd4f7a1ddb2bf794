import type { IncomingMessage } from 'node:http';

export type BufferedBody =
  | { readonly whole: true; readonly body: Uint8Array }
  /** The body is longer than the bound: what was read so far; the request is paused with the rest still to come. */
  | { readonly whole: false; readonly read: readonly Uint8Array[] };

export interface BodyBounds {
  readonly declaredBytes: number | null;
  readonly maxBytes: number;
}

export interface BodyReceiver {
  /** Sees every piece as it comes, so that nobody has to go through a large body at once. */
  onChunk(chunk: Uint8Array): void;
  onBody(result: BufferedBody): void;
}

/**
 * Reads a request's body into memory up to a bound. A declared length is allocated once, so a body is never held twice.
 * Nothing is delivered for a client that goes away first.
 */
export function bufferBody(req: IncomingMessage, bounds: BodyBounds, receiver: BodyReceiver): void {
  const target = bounds.declaredBytes === null ? null : Buffer.allocUnsafe(bounds.declaredBytes);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const onData = (chunk: Uint8Array) => {
    if (target === null) parts.push(chunk);
    else target.set(chunk, bytes);
    bytes += chunk.length;
    receiver.onChunk(chunk);
    if (bytes <= bounds.maxBytes) return;
    req.pause();
    req.off('data', onData).off('end', onEnd);
    receiver.onBody({ whole: false, read: parts });
  };
  const onEnd = () => receiver.onBody({ whole: true, body: target ?? Buffer.concat(parts) });
  req.on('data', onData).once('end', onEnd);
}

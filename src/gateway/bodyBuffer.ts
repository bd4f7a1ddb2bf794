import type { IncomingMessage } from 'node:http';

export type BufferedBody =
  | { readonly whole: true; readonly body: Uint8Array }
  /** The body is longer than the bound: what was read so far; the request is paused with the rest still to come. */
  | { readonly whole: false; readonly read: readonly Uint8Array[] };

/**
 * Reads a request's body into memory up to a bound. A declared length is allocated once, so a body is never held twice.
 * Nothing is delivered for a client that goes away first.
 */
export function bufferBody(
  req: IncomingMessage,
  bounds: { readonly declaredBytes: number | null; readonly maxBytes: number },
  deliver: (result: BufferedBody) => void,
): void {
  const target = bounds.declaredBytes === null ? null : Buffer.allocUnsafe(bounds.declaredBytes);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const onData = (chunk: Uint8Array) => {
    if (target === null) parts.push(chunk);
    else target.set(chunk, bytes);
    bytes += chunk.length;
    if (bytes <= bounds.maxBytes) return;
    req.pause();
    req.off('data', onData).off('end', onEnd);
    deliver({ whole: false, read: parts });
  };
  const onEnd = () => deliver({ whole: true, body: target ?? Buffer.concat(parts) });
  req.on('data', onData).once('end', onEnd);
}

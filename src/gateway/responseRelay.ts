import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { constants, createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { CallEnd } from './contract.ts';
import { clientResponseHeaders, headerPairs } from './headers.ts';
import { HideUsageChunk } from './hideUsageChunk.ts';
import { ResponseWriter } from './responseWriter.ts';

interface RelayEnds {
  readonly upstreamRes: IncomingMessage;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** Shows the observer a chunk that has been written on. */
type Show = (chunk: Uint8Array) => void;

const droppedWhenFiltered: ReadonlySet<string> = new Set(['content-length', 'content-encoding']);

/**
 * Passes a response on: head, body with backpressure, trailers, and how it ended. A clean end is clean for the client, a
 * broken one broken. Only a Chat stream whose usage we asked for ourselves is looked into on its way.
 */
export class ResponseRelay {
  readonly #upstreamRes: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #writer: ResponseWriter;
  readonly #filtered: boolean;
  /** Neither a length nor chunks: the end of the connection is the end of the body. */
  readonly #untilClose: boolean;
  /** Writes what a filter still holds of an unfinished event. */
  #letOutHeld: () => void = () => {};
  /** What this tick brought, written but corked. */
  #batch: Uint8Array[] = [];
  #done = false;

  /** Writes the head; throws where Node refuses one of its fields. */
  constructor({ upstreamRes, req, res }: RelayEnds, hideUsage: boolean) {
    this.#upstreamRes = upstreamRes;
    this.#res = res;
    const status = upstreamRes.statusCode ?? 502;
    this.#filtered = hideUsage && status === 200 && isReadableSse(upstreamRes);
    const hasBody = req.method !== 'HEAD' && status !== 204 && status !== 304;
    const hasLength = upstreamRes.headers['content-length'] !== undefined && !this.#filtered;
    const chunked = hasBody && !hasLength && req.httpVersion === '1.1';
    this.#untilClose = hasBody && !hasLength && !chunked;
    this.#writer = new ResponseWriter(res, chunked);
    const headers = clientResponseHeaders(upstreamRes.rawHeaders, {
      chunked,
      ...(this.#filtered ? { dropped: droppedWhenFiltered } : {}),
    });
    if (chunked) headers.push('Transfer-Encoding', 'chunked');
    res.sendDate = false;
    res.writeHead(status, upstreamRes.statusMessage ?? '', headers);
  }

  start(show: Show | null, onEnd: (end: CallEnd) => void): void {
    const finish = (end: CallEnd) => {
      if (this.#done) return;
      this.#done = true;
      if (end === 'complete') this.#endClean();
      else this.#endBroken();
      // The end may come before the tick is over in which its last bytes came.
      this.#release(show);
      onEnd(end);
    };
    const upstreamRes = this.#upstreamRes;
    if (this.#filtered) this.#pumpFiltered(show, finish);
    else this.#pump(show, finish);
    upstreamRes.once('error', () => finish('upstream-cut'));
    // "close" without "end" is a cut as well; a filtered body may still be on its way through the decoder then.
    upstreamRes.once('close', () => {
      if (!upstreamRes.readableEnded) finish('upstream-cut');
    });
    // The body's first bytes, if they came with the head, leave with it: they are emitted before this runs.
    process.nextTick(() => {
      if (!this.#res.destroyed && !this.#res.writableEnded) this.#writer.sendHead();
    });
  }

  /**
   * All that one read brought leaves in one write, the body's end included, at the end of the tick that it came in; only
   * then is it shown to the observer.
   */
  #pump(show: Show | null, finish: (end: CallEnd) => void): void {
    const upstreamRes = this.#upstreamRes;
    const writer = this.#writer;
    const flush = () => {
      if (upstreamRes.complete && upstreamRes.readableLength === 0) finish('complete');
      else this.#release(show);
    };
    upstreamRes.on('data', (chunk: Uint8Array) => {
      if (this.#batch.length === 0) {
        writer.cork();
        process.nextTick(flush);
      }
      this.#batch.push(chunk);
      if (!writer.write(chunk)) pauseUntilDrained(upstreamRes, writer);
    });
    upstreamRes.once('end', () => finish('complete'));
  }

  /** Lets what this tick brought go to the client, and shows it to the observer. */
  #release(show: Show | null): void {
    const seen = this.#batch;
    if (seen.length === 0) return;
    this.#batch = [];
    this.#writer.uncork();
    if (show !== null) for (const chunk of seen) show(chunk);
  }

  #pumpFiltered(show: Show | null, finish: (end: CallEnd) => void): void {
    const upstreamRes = this.#upstreamRes;
    const writer = this.#writer;
    const source = decoded(upstreamRes);
    let flowing = true;
    const filter = new HideUsageChunk((bytes) => {
      flowing = writer.write(bytes);
    });
    this.#letOutHeld = () => filter.end();
    source.on('data', (chunk: Uint8Array) => {
      flowing = true;
      filter.push(chunk);
      if (!flowing) pauseUntilDrained(source, writer);
    });
    source.once('end', () => {
      this.#letOutHeld();
      finish('complete');
    });
    source.once('error', () => {
      upstreamRes.destroy();
      finish('upstream-cut');
    });
    if (show !== null) upstreamRes.on('data', show);
  }

  #endClean(): void {
    this.#res.addTrailers(headerPairs(this.#upstreamRes.rawTrailers));
    this.#res.end();
  }

  /** What has been received is still delivered; then the connection ends without the body's own end. */
  #endBroken(): void {
    this.#writer.withSocket((socket) => {
      this.#writer.sendHead();
      this.#letOutHeld();
      if (this.#untilClose) socket.write('', () => socket.resetAndDestroy());
      else socket.destroySoon();
    });
  }
}

function pauseUntilDrained(source: Readable, writer: ResponseWriter): void {
  source.pause();
  writer.onceDrained(() => source.resume());
}

function encodingOf(upstreamRes: IncomingMessage): string {
  return (upstreamRes.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
}

function isReadableSse(upstreamRes: IncomingMessage): boolean {
  return (
    /^text\/event-stream\b/i.test(upstreamRes.headers['content-type'] ?? '') &&
    /^(?:identity|gzip|x-gzip|deflate|br|zstd)$/.test(encodingOf(upstreamRes))
  );
}

/** The body without its compression; what has arrived comes out at once. */
function decoded(upstreamRes: IncomingMessage): Readable {
  switch (encodingOf(upstreamRes)) {
    case 'gzip':
    case 'x-gzip':
      return upstreamRes.pipe(createGunzip({ flush: constants.Z_SYNC_FLUSH }));
    case 'deflate':
      return upstreamRes.pipe(createInflate({ flush: constants.Z_SYNC_FLUSH }));
    case 'br':
      return upstreamRes.pipe(createBrotliDecompress());
    case 'zstd':
      return upstreamRes.pipe(createZstdDecompress());
    default:
      return upstreamRes;
  }
}

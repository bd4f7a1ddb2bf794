import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Sentence } from '../wire/endings/contract.ts';
import type { StreamEnding } from '../wire/endings/streamEnding.ts';
import type { CallEnd } from './contract.ts';
import { clientResponseHeaders, headerPairs } from './headers.ts';
import { HideUsageChunk } from './hideUsageChunk.ts';
import { ResponseWriter } from './responseWriter.ts';

const droppedFields: ReadonlySet<string> = new Set(['content-length']);

/**
 * Passes a stream on that may have to be ended at the line. Unlike `ResponseRelay` it lets through whole events only, and frames the
 * body by itself, because it may become another length than upstream said.
 */
export class WatchedRelay {
  readonly #upstreamRes: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #writer: ResponseWriter;
  readonly #ending: StreamEnding;
  readonly #hideUsage: HideUsageChunk | null;
  readonly #chunked: boolean;
  #flowing = true;
  #done = false;

  /** Writes the head; throws where Node refuses one of its fields. */
  constructor(
    ends: { readonly upstreamRes: IncomingMessage; readonly req: IncomingMessage; readonly res: ServerResponse },
    ending: StreamEnding,
    hideUsage: boolean,
  ) {
    const { upstreamRes, req, res } = ends;
    this.#upstreamRes = upstreamRes;
    this.#res = res;
    this.#ending = ending;
    const status = upstreamRes.statusCode ?? 502;
    this.#hideUsage = hideUsage && status === 200 ? new HideUsageChunk((bytes) => this.#passOn(bytes)) : null;
    const chunked = req.httpVersion === '1.1';
    this.#chunked = chunked;
    this.#writer = new ResponseWriter(res, chunked);
    const headers = clientResponseHeaders(upstreamRes.rawHeaders, { chunked, dropped: droppedFields });
    if (chunked) headers.push('Transfer-Encoding', 'chunked');
    res.sendDate = false;
    res.writeHead(status, upstreamRes.statusMessage ?? '', headers);
  }

  start(show: ((chunk: Uint8Array) => void) | null, onEnd: (end: CallEnd) => void): void {
    const upstreamRes = this.#upstreamRes;
    const finish = (end: CallEnd): void => {
      if (this.#done) return;
      this.#done = true;
      this.#hideUsage?.end();
      for (const bytes of this.#ending.rest()) this.#write(bytes);
      if (end === 'complete') this.#endClean();
      else this.#breakOff();
      onEnd(end);
    };
    upstreamRes.on('data', (chunk: Uint8Array) => {
      if (this.#done) return;
      this.#flowing = true;
      this.#writer.cork();
      if (this.#hideUsage === null) this.#passOn(chunk);
      else this.#hideUsage.push(chunk);
      this.#writer.uncork();
      if (!this.#flowing) {
        upstreamRes.pause();
        this.#writer.onceDrained(() => upstreamRes.resume());
      }
      show?.(chunk);
    });
    upstreamRes.once('end', () => finish('complete'));
    upstreamRes.once('error', () => finish('upstream-cut'));
    upstreamRes.once('close', () => {
      if (!upstreamRes.readableEnded) finish('upstream-cut');
    });
    process.nextTick(() => {
      if (!this.#res.destroyed && !this.#res.writableEnded) this.#writer.sendHead();
    });
  }

  /** Ends the stream for its client: by a valid ending, or, where there can be none, by breaking it off. Upstream is left to the caller. */
  stop(sentence: Sentence): void {
    if (this.#done) return;
    this.#done = true;
    const bytes = this.#ending.ending(sentence);
    if (bytes === null) {
      this.#breakOff();
      return;
    }
    if (bytes.length > 0) this.#write(bytes);
    this.#res.end();
  }

  #passOn(chunk: Uint8Array): void {
    for (const bytes of this.#ending.push(chunk)) this.#write(bytes);
  }

  #write(bytes: Uint8Array): void {
    if (!this.#writer.write(bytes)) this.#flowing = false;
  }

  #endClean(): void {
    this.#res.addTrailers(headerPairs(this.#upstreamRes.rawTrailers));
    this.#res.end();
  }

  /** What was let through is still delivered; then the connection ends without the body's own end. */
  #breakOff(): void {
    this.#writer.withSocket((socket) => {
      this.#writer.sendHead();
      // Without chunks the end of the connection would be a clean end of the body: only a reset is none.
      if (this.#chunked) socket.destroySoon();
      else socket.write('', () => socket.resetAndDestroy());
    });
  }
}

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Up to this size a chunk is copied into its frame: one small write costs less than three. */
const copiedBytesMax = 16_384;

const crlf = Buffer.from('\r\n');
const nothing = Buffer.alloc(0);

/**
 * Writes a response's body straight to its socket, framed in one piece: `ServerResponse.write` sends three for a chunk. What is
 * written between `cork` and `uncork` leaves in one packet, and is with the kernel when `uncork` returns. The head, the last
 * chunk and trailers stay with Node. While an earlier response still owns the connection (pipelining) Node's own path is taken.
 */
export class ResponseWriter {
  readonly #res: ServerResponse;
  readonly #chunked: boolean;
  #headSent = false;
  #corked: ServerResponse['socket'] = null;

  constructor(res: ServerResponse, chunked: boolean) {
    this.#res = res;
    this.#chunked = chunked;
  }

  cork(): void {
    this.#corked = this.#res.socket;
    this.#corked?.cork();
  }

  uncork(): void {
    this.#corked?.uncork();
    this.#corked = null;
  }

  /** False when the client is behind: stop until `onceDrained` calls. */
  write(chunk: Uint8Array): boolean {
    const { socket } = this.#res;
    if (socket === null) return this.#res.write(chunk);
    this.sendHead();
    if (chunk.length === 0) return true;
    return this.#chunked ? writeFramed(socket, chunk) : socket.write(chunk);
  }

  /**
   * Sends the head now, once. Not by `flushHeaders`, which writes it as UTF-8 and so mangles fields that are not ASCII;
   * with an empty chunk Node keeps to Latin-1, as it read them.
   */
  sendHead(): void {
    const { socket } = this.#res;
    if (this.#headSent || socket === null) return;
    this.#headSent = true;
    // Corked by ourselves, Node does not put the write off to the next tick.
    socket.cork();
    this.#res.write(nothing);
    socket.uncork();
  }

  /** Runs with the connection, at once or when an earlier response has let go of it. */
  withSocket(run: (socket: Socket) => void): void {
    const { socket } = this.#res;
    if (socket !== null) run(socket);
    else this.#res.once('socket', run);
  }

  onceDrained(listener: () => void): void {
    (this.#res.socket ?? this.#res).once('drain', listener);
  }
}

function writeFramed(socket: NonNullable<ServerResponse['socket']>, chunk: Uint8Array): boolean {
  const size = `${chunk.length.toString(16)}\r\n`;
  if (chunk.length > copiedBytesMax) {
    socket.cork();
    socket.write(size, 'latin1');
    socket.write(chunk);
    const flowing = socket.write(crlf);
    socket.uncork();
    return flowing;
  }
  const framed = Buffer.allocUnsafe(size.length + chunk.length + 2);
  framed.write(size, 0, 'latin1');
  framed.set(chunk, size.length);
  framed.set(crlf, size.length + chunk.length);
  return socket.write(framed);
}

const lf = 10;
const cr = 13;

/** A longer event is passed on as it comes: no usage chunk is near that size. */
const heldBytesMax = 1024 * 1024;

/**
 * Takes the usage-only chunk (`"choices":[]` with a usage) out of a Chat stream of server-sent events. Push-style and blind
 * to chunk borders. Every other byte comes out as it went in, at the latest with the end of its own event.
 */
export class HideUsageChunk {
  readonly #emit: (bytes: Uint8Array) => void;
  /** Parts of the event that is being held, oldest first. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** The current event grew too long to hold. */
  #passing = false;
  /** The current line has no bytes so far. */
  #lineEmpty = true;
  /** The last byte was a CR: an LF now belongs to the same line end. */
  #afterCr = false;
  /** That CR ended an event, so its LF is nothing to hold: it goes the way of the event. */
  #endedAtCr = false;
  #hidLast = false;

  constructor(emit: (bytes: Uint8Array) => void) {
    this.#emit = emit;
  }

  push(chunk: Uint8Array): void {
    let start = 0;
    for (let i = 0; i < chunk.length; i += 1) {
      const byte = chunk[i];
      if (byte === lf && this.#afterCr) {
        this.#afterCr = false;
        if (this.#endedAtCr) {
          if (!this.#hidLast) this.#emit(chunk.subarray(i, i + 1));
          start = i + 1;
        }
      } else if (byte !== lf && byte !== cr) {
        this.#lineEmpty = false;
        this.#afterCr = false;
      } else {
        this.#afterCr = byte === cr;
        this.#endedAtCr = this.#afterCr && this.#lineEmpty;
        if (this.#lineEmpty) {
          this.#endEvent(chunk.subarray(start, i + 1));
          start = i + 1;
        }
        this.#lineEmpty = true;
      }
    }
    this.#hold(chunk.subarray(start));
  }

  /** Lets out what is held of an unfinished event, unless it is the usage chunk. */
  end(): void {
    this.#endEvent(new Uint8Array(0));
  }

  #hold(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#passing || this.#heldBytes > heldBytesMax) {
      this.#passing = true;
      this.#release();
    }
  }

  #endEvent(last: Uint8Array): void {
    this.#hold(last);
    this.#hidLast = !this.#passing && this.#heldBytes > 0 && isUsageChunk(this.#held);
    if (this.#hidLast) this.#held = [];
    this.#release();
    this.#passing = false;
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const part of held) this.#emit(part);
  }
}

function isUsageChunk(parts: readonly Uint8Array[]): boolean {
  const text = Buffer.concat(parts).toString('utf8');
  if (!/"choices"\s*:\s*\[\s*\]/.test(text)) return false;
  const data = text
    .split(/\r\n|\r|\n/)
    .filter((line) => line.startsWith('data:'))
    .map((line) => line.slice(5))
    .join('\n');
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value !== 'object' || value === null || 'error' in value) return false;
    const { choices, usage } = value as { choices?: unknown; usage?: unknown };
    return Array.isArray(choices) && choices.length === 0 && typeof usage === 'object' && usage !== null;
  } catch {
    return false;
  }
}

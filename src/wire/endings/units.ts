/**
 * Cuts a stream into the units that its clients read whole: events, lines, frames. Push-style and blind to chunk borders; what
 * comes out, joined, is what went in.
 */
export interface UnitSplitter {
  /** Calls back with the parts of every unit that is whole now, oldest first. */
  push(chunk: Uint8Array, onUnit: (parts: readonly Uint8Array[]) => void): void;
  /** The parts of the unit that is not whole; it is forgotten. */
  rest(): readonly Uint8Array[];
  /** What is held of the unit that is not whole. */
  heldBytes(): number;
}

/** Gives how many bytes of a chunk, from `from` on, belong to the unit that is being read, once that is whole; -1 before. */
export type UnitEnd = (chunk: Uint8Array, from: number) => number;

export function createUnitSplitter(endOf: UnitEnd): UnitSplitter {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  function hold(part: Uint8Array): void {
    if (part.length === 0) return;
    held.push(part);
    heldBytes += part.length;
  }
  function take(): readonly Uint8Array[] {
    const parts = held;
    held = [];
    heldBytes = 0;
    return parts;
  }
  return {
    push(chunk, onUnit) {
      let from = 0;
      while (from < chunk.length) {
        const end = endOf(chunk, from);
        if (end < 0) break;
        hold(chunk.subarray(from, end));
        from = end;
        onUnit(take());
      }
      hold(chunk.subarray(from));
    },
    rest: take,
    heldBytes: () => heldBytes,
  };
}

const lf = 10;
const cr = 13;

/**
 * A server-sent event ends with an empty line. A stream of lone CRs is told from one of CRLFs by its first line end, not by looking
 * ahead, so that where chunks end makes no difference.
 */
export function createEventEnd(): UnitEnd {
  let lineEmpty = true;
  let afterCr = false;
  /** A CR was followed by an LF, so that an empty line ends with its LF. */
  let pairs = false;
  return (chunk, from) => {
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (byte !== lf && byte !== cr) {
        lineEmpty = false;
        afterCr = false;
        continue;
      }
      const isSecondHalf = byte === lf && afterCr;
      const isFirstHalf = byte === cr && pairs;
      afterCr = byte === cr;
      if (isSecondHalf && !pairs) {
        pairs = true;
        continue;
      }
      if (isFirstHalf) continue;
      if (lineEmpty) return at + 1;
      lineEmpty = true;
    }
    return -1;
  };
}

export function createLineEnd(): UnitEnd {
  return (chunk, from) => chunk.indexOf(lf, from) + 1 || -1;
}

const lengthBytes = 4;

/** A frame of AWS's binary event stream says its own length in its first four bytes. */
export function createFrameEnd(): UnitEnd {
  let seen = 0;
  let length = 0;
  return (chunk, from) => {
    let at = from;
    for (; seen < lengthBytes; seen += 1, at += 1) {
      if (at === chunk.length) return -1;
      length = length * 256 + (chunk[at] as number);
    }
    // A frame that says that it is shorter than its own head cannot be followed: nothing ends from here on.
    const left = length <= lengthBytes ? Number.POSITIVE_INFINITY : length - seen;
    if (chunk.length - at < left) {
      seen += chunk.length - at;
      return -1;
    }
    seen = 0;
    length = 0;
    return at + left;
  };
}

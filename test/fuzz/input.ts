/** What the fuzzer's bytes are taken apart into: a few choices in front, the rest as it is. */
export interface FuzzInput {
  /** One of the values, decided by the next byte. */
  choose<T>(values: readonly T[]): T;
  /** The next byte, 0 at the end. */
  byte(): number;
  /** All that was not taken. */
  rest(): Buffer;
}

export function fuzzInput(data: Buffer): FuzzInput {
  let at = 0;
  const byte = (): number => data[at++] ?? 0;
  return {
    byte,
    choose<T>(values: readonly T[]): T {
      return values[byte() % values.length] as T;
    },
    // A copy, since the fuzzer writes its next input over this one while something asynchronous may still read it.
    rest: () => Buffer.from(data.subarray(at)),
  };
}

/** The bytes in pieces: the first one of `first` bytes, each further one of `size`. */
export function piecesOf(bytes: Uint8Array, first: number, size: number): Uint8Array[] {
  const pieces = [bytes.subarray(0, first)];
  for (let at = first; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

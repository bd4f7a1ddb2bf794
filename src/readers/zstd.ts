import { zstdDecompressSync } from 'node:zlib';

/** Unpacks a zstd blob of a database. Null for what is no zstd or would come to more than `maxBytes`; never throws. */
export function unpackZstd(bytes: Uint8Array, maxBytes: number): Uint8Array | null {
  try {
    return zstdDecompressSync(bytes, { maxOutputLength: maxBytes });
  } catch {
    return null;
  }
}

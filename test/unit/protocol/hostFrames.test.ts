import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FrameReader,
  type HostFrame,
  itemFrame,
  maxPieceBytes,
  requestFrame,
  responseFrame,
} from '../../../src/protocol/hostFrames.ts';

const bytes = fc.uint8Array({ maxLength: 300 });
const frame: fc.Arbitrary<HostFrame> = fc.oneof(
  fc.record({
    kind: fc.constant('item' as const),
    item: fc.record({ kind: fc.constant('requestEnd' as const), no: fc.nat() }),
  }),
  fc.record({ kind: fc.constant('request' as const), no: fc.nat(), bytes }),
  fc.record({ kind: fc.constant('response' as const), no: fc.nat(), bytes, atMs: fc.double({ noNaN: true }) }),
);

function written(each: HostFrame): readonly Uint8Array[] {
  if (each.kind === 'item') return [itemFrame(each.item)];
  return each.kind === 'request' ? requestFrame(each.no, each.bytes) : responseFrame(each.no, each.bytes, each.atMs);
}

function plain(each: HostFrame): unknown {
  return each.kind === 'item' ? each : { ...each, bytes: [...each.bytes] };
}

describe('frames', () => {
  it('arrive as they were sent, in whatever pieces', () => {
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (sent, cuts) => {
          const all = Buffer.concat(sent.flatMap(written));
          const got: HostFrame[] = [];
          const reader = new FrameReader((each) => got.push(each));
          for (let at = 0, n = 0; at < all.length; n++) {
            const length = cuts[n % cuts.length] ?? 1;
            expect(reader.push(all.subarray(at, at + length))).toBe(true);
            at += length;
          }
          expect(got.map(plain)).toEqual(sent.map(plain));
        },
      ),
    );
  });

  it('end with what is no frame, without holding it', () => {
    const reader = new FrameReader(() => undefined);
    expect(reader.push(Buffer.from([9, 0, 0, 0, 1, 0]))).toBe(false);
    const tooLong = Buffer.from([2, 0, 0, 0, 0]);
    tooLong.writeUInt32BE(maxPieceBytes * 4, 1);
    expect(new FrameReader(() => undefined).push(tooLong)).toBe(false);
    expect(new FrameReader(() => undefined).push(Buffer.from([1, 0, 0, 0, 2, 0x7b, 0x7b]))).toBe(false);
  });

  it('never throw at random bytes', () => {
    fc.assert(
      fc.property(fc.array(bytes), (chunks) => {
        const reader = new FrameReader(() => undefined);
        expect(typeof chunks.every((chunk) => reader.push(chunk))).toBe('boolean');
      }),
    );
  });
});

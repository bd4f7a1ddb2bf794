import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResponseHead } from '../../../src/gateway/contract.ts';
import { CallCopies, type CopyQueue } from '../../../src/meter/observe/callCopies.ts';
import type { ObservedItem } from '../../../src/meter/observe/messages.ts';
import { keptRunBytes } from '../../../src/meter/observe/runCutter.ts';

const head: ResponseHead = { httpStatus: 200, contentType: null, contentEncoding: null, requestId: null, quota: [] };
const call = { id: 'a', requestEncoding: null };
const unbounded = Number.POSITIVE_INFINITY;

/** A queue with so much room, and what went into it: kinds, and the text of bytes. */
class ScriptedQueue implements CopyQueue {
  readonly told: string[] = [];
  readonly pieces: number[] = [];
  kept = 0;
  held = 0;
  readonly #keepMax: number;
  readonly #holdMax: number;

  constructor({ keepMax = unbounded, holdMax = unbounded } = {}) {
    this.#keepMax = keepMax;
    this.#holdMax = holdMax;
  }

  push(item: ObservedItem): void {
    const bytes = 'bytes' in item ? item.bytes : null;
    if (bytes !== null) this.pieces.push(bytes.length);
    this.told.push(bytes === null ? item.kind : `${item.kind} ${Buffer.from(bytes).toString()}`);
  }

  keep(bytes: number): boolean {
    if (this.kept + bytes > this.#keepMax) return false;
    this.kept += bytes;
    return true;
  }

  hold(bytes: number): boolean {
    if (this.held + bytes > this.#holdMax) return false;
    this.held += bytes;
    return true;
  }

  letGo(bytes: number): void {
    this.held -= bytes;
  }
}

describe('copies of a call', () => {
  it('tell nothing of a request’s body before it has been sent on', () => {
    const queue = new ScriptedQueue();
    const copies = new CallCopies(call, queue);
    copies.requestBytes(Buffer.from('one '));
    copies.requestBytes(Buffer.from('two'));
    expect([queue.told, queue.held]).toEqual([[], 7]);
    copies.requestEnd();
    expect(queue.told).toEqual(['requestBytes one ', 'requestBytes two', 'requestEnd']);
    expect(queue.held).toBe(0);
  });

  it.each([
    ['responseHead', (copies: CallCopies) => copies.responseHead(head)],
    ['end', (copies: CallCopies) => copies.end('client-gone', 1)],
    ['gap', (copies: CallCopies) => copies.gap()],
  ] as const)('tell of a body that has not ended before %s', (kind, tell) => {
    const queue = new ScriptedQueue();
    const copies = new CallCopies(call, queue);
    copies.requestBytes(Buffer.from('half'));
    tell(copies);
    expect([queue.told, queue.held]).toEqual([['requestBytes half', kind], 0]);
    copies.requestBytes(Buffer.from('rest'));
    expect([queue.told.at(-1), queue.held]).toEqual(['requestBytes rest', 0]);
  });

  it('tell at once who makes the call, and let its body wait', () => {
    const queue = new ScriptedQueue();
    const copies = new CallCopies(call, queue);
    copies.requestBytes(Buffer.from('body'));
    copies.named('codex');
    expect([queue.told, queue.held]).toEqual([['named'], 4]);
    copies.requestEnd();
    expect(queue.told).toEqual(['named', 'requestBytes body', 'requestEnd']);
  });

  it('tell of a body as it comes once there is no room to hold it', () => {
    const queue = new ScriptedQueue({ holdMax: 6 });
    const copies = new CallCopies(call, queue);
    copies.requestBytes(Buffer.from('held '));
    copies.requestBytes(Buffer.from('more'));
    expect([queue.told, queue.held]).toEqual([['requestBytes held ', 'requestBytes more'], 0]);
    // Room that others have made since does not put what follows behind what has been told.
    copies.requestBytes(Buffer.from('x'));
    expect(queue.told.at(-1)).toBe('requestBytes x');
  });

  it('leave a gap, once, from where nothing more can be kept', () => {
    const queue = new ScriptedQueue({ keepMax: 4 });
    const copies = new CallCopies(call, queue);
    copies.requestBytes(Buffer.from('kept'));
    copies.requestBytes(Buffer.from('left out'));
    copies.requestBytes(Buffer.from('x'));
    copies.requestEnd();
    copies.responseHead(head);
    copies.responseBytes(Buffer.from('y'), 1);
    copies.end('complete', 2);
    expect(queue.told).toEqual(['requestBytes kept', 'gap', 'requestEnd', 'responseHead', 'end']);
  });

  it('cut a body that came in one piece, so that none is long to copy', () => {
    const queue = new ScriptedQueue();
    const copies = new CallCopies(call, queue);
    copies.requestBytes(Buffer.alloc(600 * 1024, 'b '));
    copies.requestEnd();
    expect(queue.pieces).toEqual([256 * 1024, 256 * 1024, 88 * 1024]);
  });

  it('are all that passed, in order, and free all the room that they took to be held', () => {
    const step = fc.oneof(
      fc.string({ maxLength: 8 }).map((text) => ['requestBytes', text] as const),
      fc.string({ maxLength: 8 }).map((text) => ['responseBytes', text] as const),
      fc.constantFrom(['requestEnd', ''] as const, ['responseHead', ''] as const),
    );
    fc.assert(
      fc.property(fc.array(step), fc.nat(20), (steps, holdMax) => {
        const queue = new ScriptedQueue({ holdMax });
        const copies = new CallCopies(call, queue);
        for (const [kind, text] of steps) {
          if (kind === 'requestBytes') copies.requestBytes(Buffer.from(text));
          else if (kind === 'responseBytes') copies.responseBytes(Buffer.from(text), 1);
          else if (kind === 'requestEnd') copies.requestEnd();
          else copies.responseHead(head);
        }
        copies.end('complete', 2);
        const expected = steps
          .filter(([kind, text]) => kind !== 'requestBytes' || text !== '')
          .map(([kind, text]) => (kind.endsWith('Bytes') ? `${kind} ${text}` : kind));
        expect(queue.told).toEqual([...expected, 'end']);
        expect(queue.held).toBe(0);
      }),
    );
  });

  it('hold the beginning of an image, and all of a body that is compressed', () => {
    const image = Buffer.alloc(1_000_000, 'QUJD');
    const plain = new ScriptedQueue();
    new CallCopies(call, plain).requestBytes(image);
    const compressed = new ScriptedQueue();
    new CallCopies({ ...call, requestEncoding: 'gzip' }, compressed).requestBytes(image);
    expect([plain.kept, plain.held, compressed.held]).toEqual([keptRunBytes, keptRunBytes, image.length]);
  });
});

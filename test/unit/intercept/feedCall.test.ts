import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FeedCall } from '../../../src/intercept/feedCall.ts';
import { FrameReader, type HostFrame } from '../../../src/protocol/hostFrames.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function started() {
  const frames: HostFrame[] = [];
  const reader = new FrameReader((frame) => frames.push(frame));
  const call = new FeedCall(
    {
      ...{ kind: 'begin', no: 1, id: 'an id', startedAtMs: 0, origin: 'https://api.anthropic.com', method: 'POST' },
      ...{ path: '/v1/messages', fields: {}, caller: null },
    },
    {
      send: (pieces) => pieces.every((piece) => reader.push(piece)),
      mayKeep: () => true,
      onKept: () => undefined,
      onEnd: () => undefined,
    },
  );
  call.start();
  const kinds = () => frames.map((frame) => (frame.kind === 'item' ? frame.item.kind : frame.kind));
  return { call, frames, kinds };
}

describe('a call whose caller is known late', () => {
  it('keeps the end of a whole answer until it is named', () => {
    const { call, frames, kinds } = started();
    call.awaitName();
    call.end('complete', 5);
    expect(kinds()).toEqual(['begin']);
    call.named('some-agent');
    expect(kinds()).toEqual(['begin', 'named', 'end']);
    expect(frames[2]).toEqual({ kind: 'item', item: { kind: 'end', no: 1, end: 'complete', atMs: 5 } });
    expect(call.isOver).toBe(true);
  });

  it('ends unnamed where nobody reads it within a second, and where observation ends', () => {
    const unread = started();
    unread.call.awaitName();
    unread.call.end('complete', 5);
    vi.advanceTimersByTime(1_000);
    expect(unread.kinds()).toEqual(['begin', 'end']);
    unread.call.named('too late');
    expect(unread.kinds()).toEqual(['begin', 'end']);

    const settled = started();
    settled.call.awaitName();
    settled.call.end('complete', 5);
    settled.call.settle();
    expect(settled.kinds()).toEqual(['begin', 'end']);
  });

  it('ends at once where it broke off', () => {
    const { call, kinds } = started();
    call.awaitName();
    call.end('client-gone', 5);
    expect(kinds()).toEqual(['begin', 'end']);
  });

  it('is told again with its name', () => {
    const { call, kinds } = started();
    call.awaitName();
    call.named('some-agent');
    call.leaveOut();
    call.responseBytes(Buffer.from('not told'), 3);
    call.end('complete', 5);
    expect(kinds()).toEqual(['begin', 'named', 'gap', 'end']);
    call.tellAgain();
    expect(kinds().slice(4)).toEqual(['begin', 'gap', 'named', 'end']);
  });
});

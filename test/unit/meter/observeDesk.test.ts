import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import type { CallHead } from '../../../src/gateway/contract.ts';
import type { FromObserver } from '../../../src/meter/observe/messages.ts';
import { ObserveDesk } from '../../../src/meter/observe/observeDesk.ts';
import type { Pricer } from '../../../src/pricing/contract.ts';
import { createCalibrator } from '../../../src/tokens/calibrator.ts';
import { createO200kTokenizer } from '../../../src/tokens/o200kTokenizer.ts';
import { createRequestReader } from '../../../src/wire/requestReader.ts';
import { createResponseReader } from '../../../src/wire/responseReader.ts';

const head = (id: string, provider: string): CallHead => ({
  id,
  startedAtMs: 0,
  workspaceId: 'w',
  taskId: null,
  isWatched: false,
  routeId: 'anthropic',
  provider,
  api: 'anthropic-messages',
  pathModel: null,
  pathStream: null,
  auth: 'key',
  agent: 'a',
  session: id,
  subAgent: null,
  requestEncoding: null,
});

/** A pricer with a defect that one provider's calls hit. */
const pricer: Pricer = {
  bookVersion: 'b',
  price: ({ provider }) => {
    if (provider === 'broken') throw new RangeError('a defect');
    return { costNanoUsd: 1, provenance: 'priced', split: null, rates: [], priceVersion: 'b' };
  },
};

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('ObserveDesk', () => {
  it('keeps a defect that one call hits from the figures of all others', async () => {
    const sent: FromObserver[] = [];
    const desk = new ObserveDesk({
      clock: systemClock,
      send: (message) => sent.push(message),
      tokenizer: createO200kTokenizer(),
      calibrator: createCalibrator(),
      createPricer: () => pricer,
      parseOverrides: () => ({ overrides: [], problems: [] }),
      createRequestReader,
      createResponseReader,
    });
    const begin = (id: string, provider: string) => ({ kind: 'begin', head: head(id, provider) }) as const;
    desk.receive({ type: 'items', items: [begin('bad', 'broken'), begin('good', 'anthropic')] });
    await vi.advanceTimersByTimeAsync(300);
    const lastLive = () =>
      sent
        .filter((message) => message.type === 'live')
        .at(-1)
        ?.calls.map(({ id }) => id);
    expect(lastLive()).toEqual(['good']);
    const end = (id: string) => ({ kind: 'end', id, end: 'client-gone', atMs: 5 }) as const;
    desk.receive({ type: 'items', items: [end('bad'), end('good')] });
    desk.receive({ type: 'drain', requestId: 7 });
    await vi.advanceTimersByTimeAsync(300);
    expect(sent.filter((message) => message.type === 'answer')).toEqual([
      { type: 'answer', requestId: 7, problems: [] },
    ]);
    const finished = sent.flatMap((message) =>
      message.type === 'record' && message.stage === 'finish' ? [message.record.id] : [],
    );
    expect(finished).toEqual(['good']);
    expect(lastLive()).toEqual([]);
  });

  it('books a call under the agent that is known only later, in a session of that agent', async () => {
    const sent: FromObserver[] = [];
    const desk = new ObserveDesk({
      clock: systemClock,
      send: (message) => sent.push(message),
      tokenizer: createO200kTokenizer(),
      calibrator: createCalibrator(),
      createPricer: () => pricer,
      parseOverrides: () => ({ overrides: [], problems: [] }),
      createRequestReader,
      createResponseReader,
    });
    const begin = { kind: 'begin', head: { ...head('c', 'anthropic'), agent: 'unknown', session: null } } as const;
    desk.receive({ type: 'items', items: [begin, { kind: 'requestEnd', id: 'c' }] });
    await vi.advanceTimersByTimeAsync(300);
    desk.receive({ type: 'items', items: [{ kind: 'named', id: 'c', agent: 'some-agent' }] });
    await vi.advanceTimersByTimeAsync(300);
    const live = sent.findLast((message) => message.type === 'live')?.calls[0];
    expect([live?.agent, live?.session]).toEqual(['some-agent', 'some-agent@w#1970-01-01T00:00:00Z']);
    desk.receive({ type: 'items', items: [{ kind: 'end', id: 'c', end: 'client-gone', atMs: 5 }] });
    await vi.advanceTimersByTimeAsync(300);
    const records = sent.flatMap((message) =>
      message.type === 'record' ? [[message.stage, message.record.agent, message.record.session]] : [],
    );
    expect(records).toEqual([
      ['begin', 'unknown', 'unknown@w#1970-01-01T00:00:00Z'],
      ['update', 'some-agent', 'some-agent@w#1970-01-01T00:00:00Z'],
      ['finish', 'some-agent', 'some-agent@w#1970-01-01T00:00:00Z'],
    ]);
  });

  it('reports the subscription windows of headers and of events, with the login that they belong to', async () => {
    const sent: FromObserver[] = [];
    const desk = new ObserveDesk({
      clock: systemClock,
      send: (message) => sent.push(message),
      tokenizer: createO200kTokenizer(),
      calibrator: createCalibrator(),
      createPricer: () => pricer,
      parseOverrides: () => ({ overrides: [], problems: [] }),
      createRequestReader,
      createResponseReader,
    });
    const id = 'codex';
    const ofHeaders = [{ id: '5h', usedShare: 0.5, resetsAtMs: null, observedAtMs: 10 }];
    const limits = { primary: { used_percent: 51, window_minutes: 300, reset_after_seconds: 2 } };
    const event = `data: ${JSON.stringify({ type: 'codex.rate_limits', rate_limits: limits })}\n\n`;
    const answer = { httpStatus: 200, contentType: 'text/event-stream', contentEncoding: null, requestId: null };
    desk.receive({
      type: 'items',
      items: [
        { kind: 'begin', head: { ...head(id, 'chatgpt'), api: 'openai-responses', auth: 'subscription' } },
        { kind: 'responseHead', id, head: { ...answer, quota: ofHeaders } },
        { kind: 'responseBytes', id, bytes: Buffer.from(event), atMs: 20 },
        { kind: 'end', id, end: 'complete', atMs: 30 },
      ],
    });
    await vi.advanceTimersByTimeAsync(300);
    const from = { type: 'quota', provider: 'chatgpt', auth: 'subscription' };
    expect(sent.filter((message) => message.type === 'quota')).toEqual([
      { ...from, windows: ofHeaders },
      { ...from, windows: [{ id: '5h', usedShare: 0.51, resetsAtMs: 2020, observedAtMs: 20 }] },
    ]);
  });
});

import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MessageChannel } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AuthKind } from '../../../src/domain/api.ts';
import type { Clock } from '../../../src/domain/clock.ts';
import { atLeastFigure, estimatedFigure, exactFigure, unknownFigure } from '../../../src/domain/figure.ts';
import type { ReportRow } from '../../../src/ledger/contract.ts';
import { type Books, SnapshotSource } from '../../../src/meter/snapshot/snapshotSource.ts';
import type { LiveCall, NowSnapshot, ProviderQuota } from '../../../src/protocol/snapshot.ts';
import { noTasks } from '../../../src/protocol/tasks.ts';
import { call, unpriced } from '../ledger/callFixtures.ts';

const clock: Clock = { nowMs: () => Date.now(), monotonicMs: () => performance.now() };
const noRows = { byModel: [], bySession: [] };
const noBooks: Books = { today: noRows, week: noRows, recent: [], billedOfWindowNanoUsd: 0 };

const live = (id: string, startedAtMs: number, auth: AuthKind = 'key'): LiveCall => ({
  id,
  startedAtMs,
  workspaceId: 'w',
  taskId: null,
  agent: 'a',
  session: 's',
  model: 'm',
  auth,
  api: 'anthropic-messages',
  phase: 'answering',
  inputTokens: unknownFigure,
  thinkingTokens: unknownFigure,
  visibleTokens: estimatedFigure(1),
  costNanoUsd: estimatedFigure(60),
  ttftMs: null,
});

const row = (costNanoUsd: number): ReportRow => ({
  key: 'm',
  auth: 'key',
  calls: 1,
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  thinkingTokens: 0,
  unknownThinkingCalls: 0,
  thinkingAtLeastTokens: 0,
  webSearches: 0,
  costNanoUsd,
  inputNanoUsd: costNanoUsd,
  cacheNanoUsd: 0,
  thinkingNanoUsd: 0,
  outputNanoUsd: 0,
  unpricedCalls: 0,
  estimatedCalls: 0,
  partialCalls: 0,
  toldCalls: 0,
  lastCallAtMs: 0,
  agent: 'a',
  model: 'm',
});

const spent = (costNanoUsd: number): Books => ({ ...noBooks, today: { ...noRows, byModel: [row(costNanoUsd)] } });

function source(readBooks: () => Promise<Books>): SnapshotSource {
  return new SnapshotSource({
    clock,
    readBooks,
    notices: () => [],
    tasks: () => noTasks,
    marks: () => [],
    quotas: () => quotas,
    meter: () => ({
      version: '1.0.0',
      pid: 1,
      port: 1,
      startedAtMs: 0,
      bookVersion: 'b',
      demo: false,
      draining: false,
      metering: true,
    }),
  });
}

const quotas: readonly ProviderQuota[] = [
  {
    provider: 'anthropic',
    auth: 'subscription',
    windows: [{ id: '5h', usedShare: 0.5, resetsAtMs: null, observedAtMs: 1 }],
  },
];

/** Collects what a listener gets. */
function follow(feed: SnapshotSource): NowSnapshot[] {
  const seen: NowSnapshot[] = [];
  feed.subscribe((snapshot) => seen.push(snapshot));
  return seen;
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date(2026, 10, 22, 12) });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('SnapshotSource', () => {
  it('carries the subscription windows that are known', async () => {
    expect((await source(async () => noBooks).current()).quotas).toEqual(quotas);
  });

  it('sends one at once and then at most four a second, the last of them with the last state', async () => {
    const feed = source(async () => noBooks);
    const seen = follow(feed);
    await vi.advanceTimersByTimeAsync(0);
    expect(seen).toHaveLength(1);
    for (let change = 0; change < 100; change++) {
      feed.liveChanged([live(`call ${change}`, Date.now())]);
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.advanceTimersByTimeAsync(300);
    expect(seen.length).toBeGreaterThan(4);
    expect(seen.length).toBeLessThanOrEqual(7);
    expect(seen.at(-1)?.live[0]?.id).toBe('call 99');
  });

  it('shows figures as unknown, never as zero, while the books cannot be read, and recovers', async () => {
    let isBroken = true;
    const feed = source(async () => {
      if (isBroken) throw new Error('disk read error');
      return spent(7);
    });
    const seen = follow(feed);
    await vi.advanceTimersByTimeAsync(0);
    expect(seen.at(-1)?.today.billed?.costNanoUsd).toEqual(unknownFigure);
    expect(seen.at(-1)?.rateNanoUsdPerHour).toEqual(unknownFigure);
    isBroken = false;
    await vi.advanceTimersByTimeAsync(16_000);
    expect(seen.at(-1)?.today.billed?.costNanoUsd).toEqual(exactFigure(7));
  });

  it('keeps the figures that it had when a later read fails', async () => {
    const answers = [async () => spent(7), () => Promise.reject(new Error('disk read error'))];
    const feed = source(() => (answers.shift() ?? (async () => spent(8)))());
    const seen = follow(feed);
    await vi.advanceTimersByTimeAsync(0);
    feed.booksChanged();
    await vi.advanceTimersByTimeAsync(300);
    expect(seen).toHaveLength(2);
    expect(seen.at(-1)?.today.billed?.costNanoUsd).toEqual(exactFigure(7));
  });

  it('sends soon what was booked while the books were being read', async () => {
    const answers = [spent(1), spent(2)];
    const feed = source(
      () =>
        new Promise((resolve) => {
          setTimeout(() => resolve(answers.shift() ?? spent(3)), 20);
        }),
    );
    const seen = follow(feed);
    await vi.advanceTimersByTimeAsync(10);
    feed.booksChanged();
    await vi.advanceTimersByTimeAsync(600);
    expect(seen.at(-1)?.today.billed?.costNanoUsd).toEqual(exactFigure(2));
  });

  it('reads the books again for whoever comes back on another day', async () => {
    const answers = [spent(1), spent(2)];
    const feed = source(async () => answers.shift() ?? noBooks);
    const stop = feed.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(0);
    stop();
    vi.setSystemTime(new Date(2026, 10, 23, 9));
    const seen = follow(feed);
    await vi.advanceTimersByTimeAsync(0);
    expect(seen[0]?.today.billed?.costNanoUsd).toEqual(exactFigure(2));
  });

  it('counts a call in flight on the day and in the week that it started in, as the books will', async () => {
    vi.setSystemTime(new Date(2026, 10, 23, 0, 1));
    const feed = source(async () => noBooks);
    feed.liveChanged([live('of Sunday', new Date(2026, 10, 22, 23, 59).getTime())]);
    const { today, week } = await feed.current();
    expect(today.billed).toBeNull();
    expect(week.billed).toBeNull();
    vi.setSystemTime(new Date(2026, 10, 24, 0, 1));
    feed.liveChanged([live('of Monday', new Date(2026, 10, 23, 23, 59).getTime())]);
    const tuesday = await feed.current();
    expect(tuesday.today.billed).toBeNull();
    expect(tuesday.week.billed?.costNanoUsd).toEqual(estimatedFigure(60));
  });

  it('does not count a call twice that is booked and still in the last live list', async () => {
    const record = call({ id: '019a0000-0000-7000-8000-000000000001' });
    const feed = source(async () => ({ ...spent(60), recent: [record] }));
    feed.liveChanged([live(record.id, Date.now())]);
    const { today, live: shown } = await feed.current();
    expect(shown).toEqual([]);
    expect(today.billed?.costNanoUsd).toEqual(exactFigure(60));
  });

  it('keeps a call that has just ended in the totals until its row is in the books', async () => {
    const record = call({ id: '019a0000-0000-7000-8000-000000000002' });
    let books = noBooks;
    const feed = source(async () => books);
    feed.liveChanged([live(record.id, Date.now())]);
    feed.liveChanged([]);
    expect((await feed.current()).today.billed?.costNanoUsd).toEqual(estimatedFigure(60));
    books = { ...spent(60), recent: [record] };
    feed.booksChanged();
    expect((await feed.current()).today.billed?.costNanoUsd).toEqual(exactFigure(60));
    expect((await feed.current()).live).toEqual([]);
  });

  it('counts a call that was booked once, however many newer ones are shown in its place', async () => {
    let books = noBooks;
    const feed = source(async () => books);
    feed.liveChanged([live('long', Date.now())]);
    books = spent(60);
    feed.booked('long');
    expect((await feed.current()).today.billed?.costNanoUsd).toEqual(exactFigure(60));
    feed.liveChanged([]);
    const { today, live: shown } = await feed.current();
    expect(today.billed?.costNanoUsd).toEqual(exactFigure(60));
    expect(shown).toEqual([]);
  });

  it('shows no call that was deleted a moment after it was booked', async () => {
    const feed = source(async () => noBooks);
    feed.liveChanged([live('deleted', Date.now())]);
    feed.booked('deleted');
    feed.liveChanged([]);
    feed.booksChanged();
    expect((await feed.current()).live).toEqual([]);
  });

  it('keeps a call that was booked until the books could be read after that', async () => {
    let isBroken = false;
    const feed = source(async () => {
      if (isBroken) throw new Error('disk read error');
      return noBooks;
    });
    await feed.current();
    feed.liveChanged([live('unread', Date.now())]);
    feed.liveChanged([]);
    isBroken = true;
    feed.booked('unread');
    expect((await feed.current()).live.map(({ id }) => id)).toEqual(['unread']);
    isBroken = false;
    feed.booksChanged();
    expect((await feed.current()).live).toEqual([]);
  });

  it('does not wait for ever for a call whose row never comes', async () => {
    const feed = source(async () => noBooks);
    feed.liveChanged([live('gone', Date.now())]);
    feed.liveChanged([]);
    vi.advanceTimersByTime(3001);
    expect((await feed.current()).live).toEqual([]);
  });

  it('keeps nothing of calls that have long ended, also while nobody looks', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const feed = source(async () => noBooks);
    const ended = ((): WeakRef<LiveCall> => {
      const one = live('ended', Date.now());
      feed.liveChanged([one]);
      feed.liveChanged([]);
      return new WeakRef(one);
    })();
    vi.advanceTimersByTime(3001);
    feed.liveChanged([]);
    // Until the turn is over a WeakRef keeps what it was made for.
    const { port1, port2 } = new MessageChannel();
    port2.postMessage(null);
    await once(port1, 'message');
    port1.close();
    collectGarbage();
    expect(ended.deref()).toBeUndefined();
  });

  it('tells the rate of billed calls only, and as a lower bound where one has no price', async () => {
    const feed = source(async () => ({ ...noBooks, billedOfWindowNanoUsd: 100 }));
    feed.liveChanged([live('subscription', Date.now(), 'subscription')]);
    expect((await feed.current()).rateNanoUsdPerHour).toEqual(exactFigure(600));
    feed.liveChanged([live('billed', Date.now())]);
    expect((await feed.current()).rateNanoUsdPerHour).toEqual(estimatedFigure(960));
    const unpricedCall = source(async () => ({
      ...noBooks,
      recent: [call({ startedAtMs: Date.now() - 1000, durationMs: 500, cost: unpriced })],
    }));
    expect((await unpricedCall.current()).rateNanoUsdPerHour).toEqual(atLeastFigure(0));
  });
});

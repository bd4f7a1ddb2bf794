import { describe, expect, it } from 'vitest';
import { NewsBoard } from '../../../../src/meter/budget/newsBoard.ts';
import { RunawayWatch } from '../../../../src/meter/budget/runawayWatch.ts';
import { RepeatWatch } from '../../../../src/meter/observe/repeatWatch.ts';
import { call, priced } from '../../ledger/callFixtures.ts';

function watchAt(alarmNanoUsdPerHour: number | null) {
  let nowMs = 1_000_000_000;
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const news = new NewsBoard(clock.nowMs, () => undefined);
  const watch = new RunawayWatch({ clock, news, alarmNanoUsdPerHour: () => alarmNanoUsdPerHour });
  const spend = (usd: number, auth: 'key' | 'subscription' = 'key'): void =>
    watch.booked(call({ session: 's', agent: 'codex', auth, cost: priced(usd * 1e9, 0) }));
  return { watch, news, spend, clock, pass: (ms: number) => (nowMs += ms) };
}

describe('A session that spends faster than the alarm', () => {
  it('is told of once, in words', () => {
    const { news, spend } = watchAt(6e9);
    spend(0.5);
    spend(0.5);
    expect(news.all()).toEqual([]);
    spend(0.5);
    spend(0.5);
    expect(news.all().map(({ kind, text }) => [kind, text])).toEqual([
      ['alarm', 'codex is spending $9.00 an hour ($1.50 in the last ten minutes); your alarm is at $6.00 an hour.'],
    ]);
  });

  it('is none of spend longer ago than ten minutes, of a subscription, or without an alarm', () => {
    const slow = watchAt(6e9);
    slow.spend(0.9);
    slow.pass(600_001);
    slow.spend(0.9);
    const subscribed = watchAt(6e9);
    subscribed.spend(9, 'subscription');
    const silent = watchAt(null);
    silent.spend(900);
    expect([slow, subscribed, silent].flatMap(({ news }) => news.all())).toEqual([]);
  });
});

describe('A request that comes again and again', () => {
  it('is told at the fifth time and at each doubling, for each session by itself', () => {
    const watch = new RepeatWatch({ nowMs: () => 0, monotonicMs: () => 0 });
    const told = Array.from({ length: 20 }, () => watch.note('s', 'digest'));
    expect(told.flatMap((times) => (times === null ? [] : [times]))).toEqual([5, 10, 20]);
    expect(watch.note('other', 'digest')).toBeNull();
  });

  it('is forgotten after ten minutes', () => {
    let nowMs = 0;
    const watch = new RepeatWatch({ nowMs: () => nowMs, monotonicMs: () => nowMs });
    for (let i = 0; i < 4; i++) watch.note('s', 'digest');
    nowMs = 600_000;
    expect(watch.note('s', 'digest')).toBeNull();
  });

  it('is news in words', () => {
    const { watch, news } = watchAt(null);
    watch.repeated({ session: 's', agent: 'codex', workspaceId: 'w', taskId: null, times: 5 });
    expect(news.all()[0]?.text).toBe(
      'codex has sent the same request 5 times within ten minutes: it may be stuck in a loop.',
    );
  });
});

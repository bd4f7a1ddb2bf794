import { describe, expect, it } from 'vitest';
import { type Usage, unknownUsage, zeroUsage } from '../../../src/domain/usage.ts';
import { type KnownCall, sumRemainders, sumSlack, type ToldSum } from '../../../src/ledger/sumRemainders.ts';

const [droid, codex] = [1, 2];
const [session, child, another, madeUp] = [10, 11, 12, 13];
const [folder, otherFolder] = [20, 21];
const fromMs = 1_000_000;
const untilMs = 2_000_000;

const of = (counts: Partial<Usage>): Usage => ({ ...zeroUsage, ...counts });

function sum(change: Partial<ToldSum> = {}): ToldSum {
  return {
    ...{ id: 'sum', agent: droid, session, subAgent: null, workspace: folder, provider: 'anthropic' },
    ...{ model: 'claude-opus-4-6', isOfAllModels: false, fromMs, untilMs, usage: of({ outputTokens: 100 }) },
    ...change,
  };
}

/** A call of the wire in the session of the sum. */
function known(change: Partial<KnownCall> = {}): KnownCall {
  return {
    ...{ id: 'call', agent: droid, isNameless: false, session, isUnplaced: false, isTold: false, workspace: folder },
    ...{ provider: 'anthropic', model: 'claude-opus-4-6', startedAtMs: 1_500_000, usage: of({ outputTokens: 40 }) },
    ...change,
  };
}

/** A call of the wire in a session that no log knows. */
function unplaced(change: Partial<KnownCall> = {}): KnownCall {
  return known({ session: madeUp, isUnplaced: true, ...change });
}

function told(change: Partial<KnownCall> = {}): KnownCall {
  return known({ isTold: true, ...change });
}

/** What a sum has left once one call is taken out; null where it is none of the sum's. */
function leftOf(whole: ToldSum, call: KnownCall): Usage | null | undefined {
  return sumRemainders([whole], [call]).get(whole);
}

function isTaken(whole: ToldSum, call: KnownCall): boolean {
  return leftOf(whole, call) !== null;
}

/** The output that each sum has left once one call is taken out, by the ids of the sums. */
function outputs(sums: readonly ToldSum[], calls: readonly KnownCall[]): Readonly<Record<string, number | null>> {
  const left = sumRemainders(sums, calls);
  return Object.fromEntries(
    sums.map((each) => [each.id, (left.get(each) ?? each.usage).outputTokens] as const).toSorted(),
  );
}

describe('what calls leave of a sum', () => {
  it('is the rest of each count', () => {
    const whole = { inputTokens: 10, cacheReadTokens: 20, cacheWrite5mTokens: 30, cacheWrite1hTokens: 40 };
    const own = { outputTokens: 50, thinkingTokens: 25, webSearches: 6, toolCalls: 7 };
    const seen = { inputTokens: 1, cacheReadTokens: 2, cacheWrite5mTokens: 3, cacheWrite1hTokens: 4 };
    const call = known({
      usage: of({ ...seen, ...{ outputTokens: 5, thinkingTokens: 6, webSearches: 1, toolCalls: 2 } }),
    });
    expect(leftOf(sum({ usage: of({ ...whole, ...own }) }), call)).toEqual({
      ...{ inputTokens: 9, cacheReadTokens: 18, cacheWrite5mTokens: 27, cacheWrite1hTokens: 36 },
      ...{ outputTokens: 45, thinkingTokens: 19, webSearches: 5, toolCalls: 5 },
    });
  });

  it('is nothing of a count of which they have more', () => {
    const whole = sum({ usage: of({ inputTokens: 10, outputTokens: 100 }) });
    expect(leftOf(whole, known({ usage: of({ inputTokens: 5, outputTokens: 300 }) }))).toEqual(of({ inputTokens: 5 }));
  });

  it('is untouched where a call that may be in it has nothing that it has', () => {
    const whole = sum({ usage: of({ outputTokens: 100 }) });
    expect(leftOf(whole, known({ usage: of({}) }))).toBe(null);
    expect(leftOf(whole, known({ usage: of({ inputTokens: 5, webSearches: 1 }) }))).toBe(null);
    expect(sumRemainders([whole], []).get(whole)).toBe(null);
  });

  it('lacks the input that was counted under another kind, once', () => {
    const whole = sum({ usage: of({ cacheReadTokens: 10, cacheWrite5mTokens: 10, outputTokens: 1 }) });
    const call = known({ usage: of({ inputTokens: 10 }) });
    expect(leftOf(whole, call)).toEqual(of({ cacheWrite5mTokens: 10, outputTokens: 1 }));
  });

  it('lacks cache writes of one life first where the other life’s were written down', () => {
    const whole = sum({ usage: of({ inputTokens: 10, cacheWrite1hTokens: 10 }) });
    expect(leftOf(whole, known({ usage: of({ cacheWrite5mTokens: 10 }) }))).toEqual(of({ inputTokens: 10 }));
  });

  it('keeps unknown what its log did not tell', () => {
    const untold = { inputTokens: null, outputTokens: null, thinkingTokens: null };
    const whole = sum({ usage: { ...unknownUsage, cacheReadTokens: 50 } });
    const call = known({ usage: of({ cacheReadTokens: 20, outputTokens: 40, thinkingTokens: 5 }) });
    expect(leftOf(whole, call)).toEqual({ ...of({ cacheReadTokens: 30 }), ...untold });
  });

  it('is nothing, and nothing is unknown of it, once all that its log told was seen', () => {
    const whole = sum({ usage: { ...unknownUsage, outputTokens: 40 } });
    expect(leftOf(whole, known({ usage: of({ inputTokens: 9, outputTokens: 40 }) }))).toEqual(zeroUsage);
  });

  it('has no more thinking than output, where the wire did not tell thinking apart', () => {
    const whole = sum({ usage: of({ outputTokens: 100, thinkingTokens: 50 }) });
    const call = known({ usage: { ...unknownUsage, outputTokens: 80 } });
    expect(leftOf(whole, call)).toEqual(of({ outputTokens: 20, thinkingTokens: 20 }));
  });
});

describe('a call that a log tells of by itself', () => {
  it('is in what its own agent wrote of its own session', () => {
    expect(isTaken(sum(), told())).toBe(true);
    expect(isTaken(sum(), told({ agent: codex }))).toBe(false);
    expect(isTaken(sum(), told({ session: another }))).toBe(false);
    expect(isTaken(sum({ subAgent: child }), told({ session: child }))).toBe(false);
  });

  it('is in a sum that was last written when it began or after it', () => {
    expect(isTaken(sum(), told({ startedAtMs: untilMs }))).toBe(true);
    expect(isTaken(sum(), told({ startedAtMs: untilMs + 1 }))).toBe(false);
  });

  it('is in it whatever its model, and however long before the sum it was made', () => {
    expect(isTaken(sum(), told({ model: 'gpt-5', startedAtMs: 0 }))).toBe(true);
  });
});

describe('a call of the wire in a session that logs know', () => {
  it('is in the sums of this session, or of the sub-agent of that id, and in no other', () => {
    expect(isTaken(sum(), known())).toBe(true);
    expect(isTaken(sum({ subAgent: child }), known({ session: child }))).toBe(true);
    expect(isTaken(sum(), known({ session: another }))).toBe(false);
  });

  it('is in sums of its model or of all models', () => {
    expect(isTaken(sum(), known({ model: 'gpt-5' }))).toBe(false);
    expect(isTaken(sum({ isOfAllModels: true }), known({ model: 'gpt-5' }))).toBe(true);
  });

  it('is in sums that were written up to a moment before it, however early it was made', () => {
    expect(isTaken(sum(), known({ startedAtMs: 0 }))).toBe(true);
    expect(isTaken(sum(), known({ startedAtMs: untilMs + sumSlack.afterMs }))).toBe(true);
    expect(isTaken(sum(), known({ startedAtMs: untilMs + sumSlack.afterMs + 1 }))).toBe(false);
  });
});

describe('a call of the wire in a session that no log knows', () => {
  it('is in the sums that are over its time, give or take a moment', () => {
    expect(isTaken(sum(), unplaced({ startedAtMs: fromMs - sumSlack.beforeMs }))).toBe(true);
    expect(isTaken(sum(), unplaced({ startedAtMs: fromMs - sumSlack.beforeMs - 1 }))).toBe(false);
    expect(isTaken(sum(), unplaced({ startedAtMs: untilMs + sumSlack.afterMs }))).toBe(true);
    expect(isTaken(sum(), unplaced({ startedAtMs: untilMs + sumSlack.afterMs + 1 }))).toBe(false);
  });

  it('is in those of its agent, and of its model or of all', () => {
    expect(isTaken(sum(), unplaced({ agent: codex }))).toBe(false);
    expect(isTaken(sum({ isOfAllModels: true }), unplaced({ agent: codex }))).toBe(false);
    expect(isTaken(sum(), unplaced({ model: 'gpt-5' }))).toBe(false);
    expect(isTaken(sum({ isOfAllModels: true }), unplaced({ model: 'gpt-5' }))).toBe(true);
  });

  it('is in those of any agent where a library made it, by its model or else by the provider of a sum over all', () => {
    const nameless = unplaced({ agent: codex, isNameless: true });
    expect(isTaken(sum({ provider: 'openai' }), nameless)).toBe(true);
    const other = { ...nameless, model: 'claude-haiku-4-5' };
    expect(isTaken(sum(), other)).toBe(false);
    expect(isTaken(sum({ isOfAllModels: true }), other)).toBe(true);
    expect(isTaken(sum({ isOfAllModels: true, provider: null }), other)).toBe(true);
    expect(isTaken(sum({ isOfAllModels: true, provider: 'openai' }), other)).toBe(false);
  });
});

describe('of several sums that a call may be in', () => {
  /** Ends first, so that it comes first where nothing else decides. */
  const early = (change: Partial<ToldSum>): ToldSum => sum({ id: 'early', untilMs: untilMs - 1, ...change });
  const late = (change: Partial<ToldSum>): ToldSum => sum({ id: 'late', ...change });

  it('the one that ended first loses it', () => {
    expect(outputs([late({}), early({})], [known()])).toEqual({ early: 60, late: 100 });
    expect(outputs([early({}), late({})], [known()])).toEqual({ early: 60, late: 100 });
  });

  it('rather the one of its model does than one that is over all and names another', () => {
    const sums = [early({ isOfAllModels: true, model: 'gpt-5' }), late({})];
    expect(outputs(sums, [known()])).toEqual({ early: 100, late: 60 });
  });

  it('rather the one of its folder does than the one of its model', () => {
    const ofFolder = late({ isOfAllModels: true, model: 'gpt-5' });
    expect(outputs([early({ workspace: otherFolder }), ofFolder], [known()])).toEqual({ early: 100, late: 60 });
  });

  it('rather the one of its session does than the one of its folder and model', () => {
    const ofSession = late({ session: madeUp, workspace: otherFolder, isOfAllModels: true, model: 'gpt-5' });
    expect(outputs([early({}), ofSession], [unplaced()])).toEqual({ early: 100, late: 60 });
  });

  it('it is the same one in whatever order they come, where they are alike but for their ids', () => {
    const [a, b] = [sum({ id: 'a' }), sum({ id: 'b' })];
    expect(outputs([a, b], [known()])).toEqual({ a: 60, b: 100 });
    expect(outputs([b, a], [known()])).toEqual({ a: 60, b: 100 });
  });

  it('the next one loses what the first has no more of', () => {
    const sums = [early({}), late({})];
    expect(outputs(sums, [known({ usage: of({ outputTokens: 130 }) })])).toEqual({ early: 0, late: 70 });
  });

  it('each loses the kind of input that it tells before any is taken for another kind', () => {
    const ofInput = early({ usage: of({ inputTokens: 10 }) });
    const ofCache = late({ usage: of({ cacheReadTokens: 10 }) });
    const left = sumRemainders([ofInput, ofCache], [known({ usage: of({ cacheReadTokens: 10 }) })]);
    expect([left.get(ofInput), left.get(ofCache)]).toEqual([null, zeroUsage]);
  });
});

describe('of several calls', () => {
  /** Either may be in the first sum, and `ofModel` alone in the second, once the first has no more. */
  const sums = [
    sum({ id: 'first', isOfAllModels: true, untilMs: untilMs - 1, usage: of({ outputTokens: 40 }) }),
    sum({ id: 'second' }),
  ];
  const ofModel = (change: Partial<KnownCall>): KnownCall => known(change);
  const ofAnother = (change: Partial<KnownCall>): KnownCall => known({ model: 'gpt-5', ...change });

  it('the one that began first is taken out first, in whatever order they come', () => {
    const calls = [ofModel({ id: 'z', startedAtMs: 1_400_000 }), ofAnother({ id: 'a', startedAtMs: 1_450_000 })];
    for (const order of [calls, calls.toReversed()]) expect(outputs(sums, order)).toEqual({ first: 0, second: 100 });
    const [early, late] = [ofAnother({ id: 'z', startedAtMs: 1_400_000 }), ofModel({ id: 'a' })];
    for (const order of [
      [early, late],
      [late, early],
    ])
      expect(outputs(sums, order)).toEqual({ first: 0, second: 60 });
  });

  it('the one of the lower id is, where they began at once', () => {
    const calls = [ofModel({ id: 'a' }), ofAnother({ id: 'b' })];
    for (const order of [calls, calls.toReversed()]) expect(outputs(sums, order)).toEqual({ first: 0, second: 100 });
  });
});

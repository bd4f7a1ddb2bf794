import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunOutcome, TrialRun } from '../../../src/protocol/trials.ts';
import { freshRun, runOrder } from '../../../src/trials/runOrder.ts';
import { passInterval, summarise, verdictOf } from '../../../src/trials/verdict.ts';
import { planOf, shellAgent } from './trialFixture.ts';

const plan = planOf('/repo', { contenders: [shellAgent('a', ''), shellAgent('b', '')] });
const [fresh] = runOrder(plan);

function run(contender: number, outcome: RunOutcome, costNanoUsd: number | null = 1_000_000_000): TrialRun {
  if (fresh === undefined) throw new Error('no run');
  const unknown = { inputTokens: null, cacheReadTokens: null, cacheWriteTokens: null, outputTokens: null };
  const figures = { ...unknown, costNanoUsd, thinkingTokens: null, calls: 4, toolCalls: 1 };
  return { ...freshRun(fresh), contender, outcome, phase: 'ended', agentMs: 60_000, figures };
}

function told(runs: readonly TrialRun[]): string {
  return verdictOf(plan, summarise(plan, runs), runs);
}

describe('the verdict of a trial', () => {
  it('puts who passed most often first, of these the cheapest, with what a pass came to', () => {
    const summaries = summarise(plan, [
      run(0, 'passed', 4e9),
      run(0, 'failed', 2e9),
      run(1, 'passed', 2e9),
      run(1, 'over-budget', 1e9),
    ]);
    expect(summaries).toMatchObject([
      { contender: 1, passed: 1, runs: 2, medianCostNanoUsd: 1.5e9, costPerPassNanoUsd: 3e9, medianCalls: 4 },
      { contender: 0, passed: 1, runs: 2, medianCostNanoUsd: 3e9, costPerPassNanoUsd: 6e9 },
    ]);
  });

  it('calls nobody better on few runs, and somebody on many', () => {
    const few = [run(0, 'passed'), run(1, 'failed')];
    expect(told(few)).toBe(
      'Command, a passed 1 of 1 (15 % to 100 %) for a median of $1.00 in 1 min 00 s. Command, b passed 0 of 1 (0 % to 85 %) for a median of $1.00 in 1 min 00 s. The intervals of the pass rates overlap: one run each is too few to say who passes more often. All of it is one task; another task may come out otherwise.',
    );
    const many = Array.from({ length: 20 }, () => few).flat();
    expect(told(many)).toContain('Command, a passes more often than the others: their intervals do not meet.');
    expect(told([run(0, 'passed'), run(1, 'passed')])).toContain('The best passed equally often');
    expect(told([run(0, 'failed'), run(1, 'failed')])).toContain('Nobody passed.');
  });

  it('leaves out what says nothing about a model, and says how much that was', () => {
    const text = told([run(0, 'passed'), run(1, 'not-logged-in'), run(1, 'cancelled')]);
    expect(text).toContain('2 of 3 runs say nothing about a model and are left out.');
    expect(text).not.toContain('Command, b');
    expect(told([run(0, 'cancelled')])).toBe('No run got as far as to tell anything about a model.');
  });

  it('knows no cost where one call has none', () => {
    const [summary] = summarise(plan, [run(0, 'passed', null), run(0, 'passed')]);
    expect(summary).toMatchObject({ medianCostNanoUsd: null, costPerPassNanoUsd: null });
    expect(told([run(0, 'passed', null)])).toContain('at an unknown cost');
  });
});

describe('the interval of a pass rate', () => {
  it('is that of Jeffreys', () => {
    expect(passInterval(1, 1).passLow).toBeCloseTo(0.147, 3);
    expect(passInterval(0, 3)).toMatchObject({ passLow: 0 });
    expect(passInterval(0, 3).passHigh).toBeCloseTo(0.536, 3);
    expect(passInterval(0, 0)).toEqual({ passLow: 0, passHigh: 1 });
  });

  it('always holds the rate itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat(100), (runs, part) => {
        const passed = Math.min(part, runs);
        const { passLow, passHigh } = passInterval(passed, runs);
        expect(passLow).toBeLessThanOrEqual(passed / runs);
        expect(passHigh).toBeGreaterThanOrEqual(passed / runs);
      }),
    );
  });
});

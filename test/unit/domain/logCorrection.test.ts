import { describe, expect, it } from 'vitest';
import {
  type BothWaysSums,
  type CorrectableSession,
  correctedCost,
  isLowerBound,
  learnCorrections,
  raisedCost,
} from '../../../src/domain/logCorrection.ts';

const seen = (change: Partial<BothWaysSums> = {}): BothWaysSums => ({
  ...{ agent: 'claude-code', wireOutputTokens: 300, toldOutputTokens: 100, boundCalls: 2 },
  ...change,
});

const session = (change: Partial<CorrectableSession> = {}): CorrectableSession => ({
  ...{ agent: 'claude-code', calls: 4, toldCalls: 4, estimatedCalls: 0, partialCalls: 1 },
  ...{ costNanoUsd: 1200, thinkingNanoUsd: 100, outputNanoUsd: 250 },
  ...change,
});

describe('what is learned of logs that tell too little', () => {
  it('is the output that passed for each token of the log, over all sessions seen both ways', () => {
    const sessions = [seen(), seen({ wireOutputTokens: 500 }), seen({ toldOutputTokens: 200 })];
    expect(learnCorrections(sessions)).toEqual([{ agent: 'claude-code', sessions: 3, outputFactor: 1100 / 400 }]);
  });

  it('is nothing of two sessions, of logs that tell all, and of sessions that teach nothing', () => {
    expect(learnCorrections([seen(), seen()])).toEqual([]);
    expect(learnCorrections([1, 2, 3].map(() => seen({ wireOutputTokens: 100 })))).toEqual([]);
    expect(learnCorrections([seen(), seen(), seen({ boundCalls: 0 }), seen({ toldOutputTokens: 0 })])).toEqual([]);
  });

  it('is learned of each agent by itself', () => {
    const codex = seen({ agent: 'codex', wireOutputTokens: 200 });
    const learned = learnCorrections([seen(), codex, seen(), codex, codex, seen()]);
    expect(learned.map(({ agent, outputFactor }) => [agent, outputFactor])).toEqual([
      ['claude-code', 3],
      ['codex', 2],
    ]);
  });
});

describe('what a lower bound may have cost', () => {
  const corrections = [{ agent: 'claude-code', sessions: 4, outputFactor: 3 }];

  it('has its output and thinking raised, and nothing else', () => {
    expect(correctedCost([session()], corrections)).toEqual({ costNanoUsd: 1200 + 2 * 350, sessions: 4 });
  });

  it('holds the sessions beside it as they are', () => {
    const exact = session({ partialCalls: 0, costNanoUsd: 10 });
    const other = session({ agent: 'codex', costNanoUsd: 100 });
    const unpriced = session({ costNanoUsd: null });
    expect(correctedCost([session(), exact, other, unpriced], corrections)?.costNanoUsd).toBe(1900 + 110);
  });

  it('is nothing to say where no session has one, a log holds estimates, the wire saw some calls, or nothing was learned', () => {
    expect(correctedCost([session({ partialCalls: 0 })], corrections)).toBeNull();
    expect(correctedCost([session({ estimatedCalls: 1 })], corrections)).toBeNull();
    expect(correctedCost([session({ toldCalls: 3 })], corrections)).toBeNull();
    expect(correctedCost([session()], [])).toBeNull();
    expect(correctedCost([], corrections)).toBeNull();
  });

  it('is the same whether whole sessions or the parts of those that are lower bounds are looked at', () => {
    const sessions = [session(), session({ partialCalls: 0 }), session({ agent: 'codex' })];
    const [bound] = sessions.filter(isLowerBound);
    const parts = [0.25, 0.75].map((share) => ({
      agent: bound?.agent ?? '',
      thinkingNanoUsd: share * (bound?.thinkingNanoUsd ?? 0),
      outputNanoUsd: share * (bound?.outputNanoUsd ?? 0),
    }));
    expect(raisedCost(3600, parts, corrections)).toEqual(correctedCost(sessions, corrections));
    expect(raisedCost(3600, [], corrections)).toBeNull();
    expect(raisedCost(3600, parts, [])).toBeNull();
  });
});

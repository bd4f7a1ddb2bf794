import { describe, expect, it } from 'vitest';
import { trialReport } from '../../../src/protocol/trialReport.ts';
import type { Contender, TrialRecord, TrialRun } from '../../../src/protocol/trials.ts';
import { trialTreeNodes } from '../../../src/protocol/trialTreeView.ts';
import { runOrder } from '../../../src/trials/runOrder.ts';
import { summarise } from '../../../src/trials/verdict.ts';
import { planOf } from '../trials/trialFixture.ts';

const claude: Contender = { agent: 'claude-code', model: 'claude-sonnet-4-5', effort: 'high', args: [], command: null };
const codex: Contender = { agent: 'codex', model: 'gpt-5', effort: null, args: [], command: null };

function recordOf(
  contenders: readonly Contender[],
  change: Partial<TrialRun> = {},
  more: Partial<TrialRecord> = {},
): TrialRecord {
  const plan = planOf('/repo', { contenders, name: 'Fix *login* | <b>' });
  const runs = runOrder(plan).map((run, index) => (index === 0 ? { ...run, ...change } : run));
  return {
    version: 1,
    id: 'trial-abcdefghij',
    plan,
    createdAtMs: 0,
    endedAtMs: null,
    state: 'running',
    end: null,
    because: null,
    runner: null,
    starts: [],
    proven: [],
    baseWorktrees: [],
    notices: [],
    estimate: null,
    runs,
    spentNanoUsd: 40_000_000,
    summaries: summarise(plan, runs),
    verdict: null,
    ...more,
  };
}

const figures = {
  costNanoUsd: 40_000_000,
  inputTokens: 1,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 900,
  thinkingTokens: 1_200,
  calls: 3,
  toolCalls: 2,
};

describe('the tree of trials', () => {
  it('says of one that only tries the checks what it is, and lets it be cancelled', () => {
    const [node] = trialTreeNodes([recordOf([claude], {}, { state: 'preparing', isRehearsal: true })], 1_000);
    expect(node).toMatchObject({
      description: 'trying the checks, without agents',
      context: 'trial running',
      children: [],
    });
  });

  it('shows a run at work with its spend, thinking and time, and what can be done with it', () => {
    const record = recordOf([claude], { phase: 'working', startedAtMs: 1_000, figures, commandLine: 'claude --print' });
    const [node] = trialTreeNodes([record], 62_000);
    expect(node).toMatchObject({
      label: 'Fix *login* | <b>',
      description: '0 of 1 runs, $0.04 of $0.10',
      context: 'trial running',
      open: true,
    });
    expect(node?.children[0]).toMatchObject({
      label: 'claude-sonnet-4-5 (high)',
      description: 'at work, $0.04, 1.2K thinking, 1 min 01 s',
      spoken: 'claude-sonnet-4-5 (high): at work, cost $0.04, 1 min 01 s',
      context: 'run live output',
    });
  });

  it('names the agent where there are several', () => {
    const [node] = trialTreeNodes([recordOf([claude, codex])], 0);
    expect(node?.children.map(({ label }) => label).toSorted()).toEqual([
      'Claude Code, claude-sonnet-4-5 (high)',
      'Codex, gpt-5',
    ]);
    expect(node?.children.map(({ context, description }) => [context, description])).toEqual([
      ['run', 'waiting'],
      ['run', 'waiting'],
    ]);
  });

  it.each([
    ['finished', 'trial done'],
    ['failed', 'trial done'],
    ['cancelled', 'trial resumable'],
    ['interrupted', 'trial resumable'],
  ] as const)('of a trial that is %s, says what can be done: %s', (end, context) => {
    const record = recordOf([claude], { phase: 'ended', outcome: 'passed', commit: 'abc' }, { state: 'ended', end });
    const [node] = trialTreeNodes([record], 0);
    expect(node).toMatchObject({ context, open: false });
    expect(node?.children[0]).toMatchObject({ context: 'run result', icon: 'pass' });
  });
});

describe('the results of a trial', () => {
  it('are a table of models and of runs, in which names are no marks', () => {
    const ended = {
      phase: 'ended',
      outcome: 'passed',
      agentMs: 61_000,
      figures,
      diff: { files: 2, insertions: 5, deletions: 1 },
    } as const;
    const record = recordOf([claude], ended, { state: 'ended', end: 'finished', verdict: 'It passed.' });
    const text = trialReport({ ...record, summaries: summarise(record.plan, record.runs) });
    expect(text).toContain('# Fix \\*login\\* \\| \\<b\\>');
    expect(text).toContain('It passed.');
    expect(text).toContain(
      '| Claude Code, claude-sonnet-4-5 \\(high\\) | 1\u00a0of\u00a01 (15\u2060\u2013\u2060100\u00a0%) | $0.04 | $0.04 | 1.2K | 3 | 1\u00a0min\u00a001\u00a0s | 6 |',
    );
    expect(text).toContain('| 2,\u00a0+5\u00a0-1 |');
    expect(text.split('\n').filter((line) => line.startsWith('|'))).toHaveLength(6);
  });

  it('say why a trial failed, and what is unknown', () => {
    const text = trialReport(
      recordOf([claude], {}, { state: 'ended', end: 'failed', because: 'The check passes before any work.' }),
    );
    expect(text).toContain('The check passes before any work.');
    expect(text).toContain('| - | - | - |');
  });
});

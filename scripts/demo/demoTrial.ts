import type { Run } from '../../src/domain/run.ts';
import type { TrialAgentId, TrialRecord, TrialRun } from '../../src/protocol/trials.ts';

const agents: Readonly<Record<string, TrialAgentId>> = {
  'claude-opus-5-5': 'claude-code',
  'claude-haiku-4-5': 'claude-code',
  'gpt-5.4': 'codex',
  'gemini-3-flash-preview': 'gemini-cli',
};

/** The record that a trial of these runs would have left. */
export function demoTrial(runs: readonly Run[], nowMs: number): TrialRecord {
  const tasks = [...new Set(runs.map(({ taskTitle }) => taskTitle))];
  const models = [...new Set(runs.map(({ model }) => model))];
  const spentNanoUsd = runs.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0);
  return {
    version: 1,
    id: 'trial-demodemo00',
    plan: {
      name: 'Five models on nine tasks',
      repository: '/home/demo/shop',
      contenders: models.map((model) => {
        const agent = agents[model] ?? 'opencode';
        return { agent, model, effort: null, args: [], command: null };
      }),
      tasks: tasks.map((name) => ({
        ...{ name, prompt: name, start: 'HEAD', setup: null, checkFiles: null },
        checks: [{ name: 'tests', command: 'npm test' }],
      })),
      ...{ runs: 2, parallel: 2, seed: 1, carry: [], uncommitted: false, checkMayPass: false },
      ...{ runLimitNanoUsd: 10e9, totalLimitNanoUsd: 200e9 },
      ...{ setupTimeoutMs: 600_000, agentTimeoutMs: 1_800_000, checkTimeoutMs: 600_000 },
    },
    createdAtMs: nowMs - 46 * 86_400_000,
    endedAtMs: nowMs - 86_400_000,
    ...{ state: 'ended', end: 'finished', because: null, runner: null, baseWorktrees: [], notices: [] },
    starts: tasks.map(() => '0'.repeat(40)),
    proven: tasks.map((_, task) => task),
    ...{ estimate: null, spentNanoUsd, summaries: [], verdict: null },
    runs: runs.map((run, index) => trialRun(run, { number: index + 1, tasks, models })),
  };
}

function trialRun(
  run: Run,
  at: { readonly number: number; readonly tasks: readonly string[]; readonly models: readonly string[] },
): TrialRun {
  return {
    number: at.number,
    task: at.tasks.indexOf(run.taskTitle),
    contender: at.models.indexOf(run.model),
    attempt: 1 + Number(run.run),
    phase: 'ended',
    outcome: run.passed === true ? 'passed' : 'failed',
    ...{ because: null, taskId: null, worktree: null, checks: [], diff: null, commit: null, commandLine: null },
    startedAtMs: run.startedAtMs,
    endedAtMs: run.startedAtMs,
    agentMs: (run.seconds ?? 0) * 1000,
    limitNanoUsd: 10e9,
    figures: {
      costNanoUsd: run.costNanoUsd,
      inputTokens: run.inputTokens,
      cacheReadTokens: run.cacheReadTokens,
      cacheWriteTokens: run.cacheWriteTokens,
      outputTokens: run.outputTokens,
      thinkingTokens: run.thinkingTokens,
      calls: run.calls ?? 0,
      toolCalls: run.calls ?? 0,
    },
  };
}

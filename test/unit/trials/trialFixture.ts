import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '../../../src/domain/clock.ts';
import type { Contender, RunFigures, TrialPlan, TrialRecord } from '../../../src/protocol/trials.ts';
import { type Preflight, preflight } from '../../../src/trials/preflight.ts';
import type { RunnerParts } from '../../../src/trials/runnerParts.ts';
import { newTrial, TrialRunner } from '../../../src/trials/runTrial.ts';
import type { RunProgress, TrialBooks } from '../../../src/trials/trialBooks.ts';
import { TrialStore } from '../../../src/trials/trialStore.ts';

/** Books that a test fills by hand: an agent of the tests writes its spend into `spend-<task>` of the folder. */
export class ScriptedBooks implements TrialBooks {
  readonly closed: (readonly [taskId: string, outcome: string])[] = [];
  readonly opened: { readonly title: string; readonly limitNanoUsd: number }[] = [];
  meters = 0;
  problem: string | null = null;
  isPriced = true;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async ensureMeter(): Promise<void> {
    this.meters += 1;
  }

  async connectionProblem(): Promise<string | null> {
    return this.problem;
  }

  async openRun({ title, limitNanoUsd }: { readonly title: string; readonly limitNanoUsd: number }) {
    this.opened.push({ title, limitNanoUsd });
    const taskId = `task-${String(this.opened.length).padStart(16, '0')}`;
    const env = { PATH: process.env['PATH'] ?? '', SPEND_FILE: join(this.#folder, `spend-${taskId}`) };
    return { taskId, env, baseUrls: { anthropic: 'http://127.0.0.1:9/t/anthropic' } };
  }

  async progress(taskId: string): Promise<RunProgress> {
    const spentNanoUsd = this.#spent(taskId);
    const limit = this.opened[Number(taskId.slice(5)) - 1]?.limitNanoUsd ?? 0;
    const stoppedBecause = spentNanoUsd > limit ? 'The budget is used up.' : null;
    return { spentNanoUsd, thinkingTokens: 10, outputTokens: 20, calls: 1, toolCalls: 0, stoppedBecause, openHolds: 0 };
  }

  async closeRun(taskId: string, outcome: string): Promise<void> {
    this.closed.push([taskId, outcome]);
  }

  async figures(taskId: string): Promise<RunFigures> {
    const costNanoUsd = this.#spent(taskId);
    const rest = { cacheReadTokens: 0, cacheWriteTokens: 0, toolCalls: 1 };
    return {
      ...rest,
      costNanoUsd,
      inputTokens: 100,
      outputTokens: costNanoUsd > 0 ? 20 : null,
      thinkingTokens: 10,
      calls: 1,
    };
  }

  async providerErrors(): Promise<readonly string[]> {
    return [];
  }

  async priceRange() {
    if (!this.isPriced) return { lowNanoUsd: null, highNanoUsd: null, basis: 'no price is known' };
    return { lowNanoUsd: 1_000_000, highNanoUsd: 5_000_000, basis: 'made up' };
  }

  #spent(taskId: string): number {
    try {
      return Number(readFileSync(join(this.#folder, `spend-${taskId}`), 'utf8'));
    } catch {
      return 0;
    }
  }
}

/** An agent of the tests: a shell script that is told its model. */
export function shellAgent(model: string, script: string): Contender {
  return { agent: 'command', model, effort: null, args: [], command: ['sh', '-c', script] };
}

export const keeperProgram = {
  nodePath: process.execPath,
  script: resolve(import.meta.dirname, '../../../src/trials/processes/keeperMain.ts'),
};

export function planOf(repository: string, more: Partial<TrialPlan> = {}): TrialPlan {
  return {
    name: 'made up',
    repository,
    contenders: [shellAgent('good', 'echo 1000000 > "$SPEND_FILE"; echo done > result.txt')],
    tasks: [
      {
        name: 'write a result',
        prompt: 'Write "done" into result.txt.',
        start: 'HEAD',
        setup: null,
        checks: [{ name: 'check', command: 'grep -q done result.txt' }],
        checkFiles: null,
      },
    ],
    runs: 1,
    parallel: 1,
    seed: 1,
    runLimitNanoUsd: 10_000_000,
    totalLimitNanoUsd: 100_000_000,
    setupTimeoutMs: 20_000,
    agentTimeoutMs: 20_000,
    checkTimeoutMs: 20_000,
    carry: [],
    uncommitted: false,
    checkMayPass: false,
    ...more,
  };
}

export interface Rig {
  readonly parts: RunnerParts;
  readonly books: ScriptedBooks;
  readonly store: TrialStore;
  readonly changes: TrialRecord[];
}

export function rigIn(folder: string, onChange: (record: TrialRecord) => void = () => undefined): Rig {
  const books = new ScriptedBooks(folder);
  const store = new TrialStore(join(folder, 'data'));
  const changes: TrialRecord[] = [];
  const parts: RunnerParts = {
    ...{ store, books },
    keeper: keeperProgram,
    user: { env: process.env, homeDir: folder, platform: process.platform, exists: async () => false },
    clock: systemClock,
    worktreeRoot: join(folder, 'run folder'),
    onChange: (record) => {
      changes.push(record);
      onChange(record);
    },
  };
  return { parts, books, store, changes };
}

export async function startOf(
  plan: TrialPlan,
  rig: Rig,
): Promise<{ readonly runner: TrialRunner; readonly looked: Preflight }> {
  const looked = await preflight(plan, rig.parts);
  if (looked.facts === null || looked.problems.length > 0) throw new Error(looked.problems.join(' '));
  return { runner: new TrialRunner(newTrial(looked, Date.now()), looked.facts, rig.parts), looked };
}

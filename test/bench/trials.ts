import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newRepository } from '../unit/trials/repositoryFixture.ts';
import { planOf, rigIn, shellAgent, startOf } from '../unit/trials/trialFixture.ts';
import type { BenchRow, BenchSection } from './benchSection.ts';

const FILES = 50_000;
const FILES_A_FOLDER = 100;
const RUNS = 5;
const MOST_START_MS = 5_000;

/** How long a run of a trial takes to start in a large repository: from its beginning to its agent at work. */
export async function benchTrials(): Promise<BenchSection> {
  const folder = mkdtempSync(join(tmpdir(), 'outlay-bench-'));
  try {
    return { name: 'trials', rows: await startRows(folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startRows(folder: string): Promise<BenchRow[]> {
  const files: Record<string, string> = {};
  for (let index = 0; index < FILES; index += 1) {
    files[`src/${Math.floor(index / FILES_A_FOLDER)}/file${index}.js`] =
      `export const value${index} = ${index};\n`.repeat(20);
  }
  const repository = newRepository(join(folder, 'repository'), files);
  const begun = new Map<number, number>();
  const starts: number[] = [];
  const rig = rigIn(folder, (record) => {
    for (const { number, phase } of record.runs) {
      if (phase === 'preparing' && !begun.has(number)) begun.set(number, performance.now());
      const at = begun.get(number);
      if (phase !== 'working' || at === undefined || at < 0) continue;
      starts.push(performance.now() - at);
      begun.set(number, -1);
    }
  });
  const beforeMs = performance.now();
  const contenders = [shellAgent('quick', 'echo done > result.txt')];
  const { runner } = await startOf(planOf(repository, { contenders, runs: RUNS }), rig);
  const lookedMs = performance.now() - beforeMs;
  const record = await runner.run();
  const wholeMs = performance.now() - beforeMs;
  if (record.runs.some(({ outcome }) => outcome !== 'passed'))
    throw new Error(`a run did not pass: ${JSON.stringify(record.because)}`);
  const slowest = Math.max(...starts);
  const middle = starts.toSorted((a, b) => a - b)[Math.floor(starts.length / 2)] ?? 0;
  return [
    { metric: 'start of a run, 50,000 files (median of 5)', value: middle, unit: 'ms' },
    {
      metric: 'start of a run, 50,000 files (slowest)',
      value: slowest,
      unit: 'ms',
      target: `<= ${MOST_START_MS}`,
      reached: slowest <= MOST_START_MS,
    },
    { metric: 'what is looked at before', value: lookedMs, unit: 'ms' },
    { metric: 'a whole run, with its diff and its removal', value: (wholeMs - lookedMs) / (RUNS + 1), unit: 'ms' },
  ];
}

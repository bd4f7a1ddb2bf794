import { globSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mutationAreaHere } from '../areas.ts';
import type { Answer, Coverage, DryRunAnswer, MutantAnswer, MutantOrder, Order, RanTest } from './messages.ts';
import { runSuiteHooks, runTest } from './runTest.ts';
import { collecting, newSuite } from './testTree.ts';

/**
 * The process that loads all tests of an area once and then runs the wanted ones for one mutant after the other. Nothing but the
 * number of the active mutant changes between two runs, which is what makes it fast; so each failure is checked by running the
 * same test again without the mutant.
 */
interface MutationState {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: { static: Coverage; perTest: Record<string, Coverage> };
}

/** The name under which Stryker's instrumented sources look for their state. */
const holder = globalThis as { __stryker__?: MutationState };
holder.__stryker__ ??= {};
const state: MutationState = holder.__stryker__;

/** A test gets this, and five times what it took at first; in a second attempt three times as much. */
const graceMs = 1_000;

const answer = (message: Answer) => process.send?.(message);

async function load(): Promise<void> {
  const { area } = mutationAreaHere();
  const leftOut = new Set(area.leaveOut.flatMap((pattern) => globSync(pattern)));
  const files = area.tests.flatMap((pattern) => globSync(pattern)).filter((file) => !leftOut.has(file));
  for (const file of files.sort()) {
    collecting.file = file;
    collecting.suite = newSuite('', null);
    await import(pathToFileURL(resolve(file)).href);
  }
  answer({ kind: 'loaded' });
}

async function dryRun(): Promise<DryRunAnswer> {
  const tests: RanTest[] = [];
  for (const file of new Set(collecting.tests.map((test) => test.file))) {
    const ofFile = collecting.tests.filter((test) => test.file === file);
    const before = await runSuiteHooks('beforeAll', ofFile);
    for (const test of ofFile) {
      state.currentTestId = test.id;
      const { outcome, failure, tookMs } = await runTest(test, test.limitMs ?? 60_000);
      state.currentTestId = undefined;
      const { id, name } = test;
      tests.push({ id, name, file, tookMs, failure: before ?? (outcome === 'passed' ? null : failure) });
    }
    await runSuiteHooks('afterAll', ofFile);
  }
  return { kind: 'dryRun', tests, coverage: state.mutantCoverage ?? { static: {}, perTest: {} } };
}

async function runMutant(order: MutantOrder): Promise<MutantAnswer> {
  const took = (id: string) => order.baselineMs[id] ?? 0;
  const byId = new Map(collecting.tests.map((test) => [test.id, test]));
  const tests = order.testIds.flatMap((id) => byId.get(id) ?? []);
  if (order.hitLimit !== null) state.hitLimit = order.hitLimit;
  state.hitCount = 0;
  state.activeMutant = order.mutantId;
  try {
    const before = await runSuiteHooks('beforeAll', tests);
    const first = tests[0];
    if (before !== null && first !== undefined) {
      return { kind: 'killed', testCount: 0, testId: first.id, failure: before };
    }
    for (const [index, test] of tests.entries()) {
      const verdict = await runForMutant(test, took(test.id), index + 1);
      if (verdict !== null) return verdict;
    }
    return { kind: 'survived', testCount: tests.length };
  } finally {
    state.activeMutant = undefined;
    state.hitCount = undefined;
    await runSuiteHooks('afterAll', tests);
  }
}

/** Null when the test does not notice the mutant. */
async function runForMutant(
  test: (typeof collecting.tests)[number],
  tookMs: number,
  testCount: number,
): Promise<MutantAnswer | null> {
  const limitMs = graceMs + 5 * tookMs;
  let run = await runTest(test, limitMs);
  const isTooOften = () => state.hitLimit !== undefined && (state.hitCount ?? 0) > state.hitLimit;
  if (isTooOften()) return { kind: 'endless', reason: 'It was executed too often.' };
  // A busy machine makes a test late, and an earlier mutant leaves errors that come late: both get a second attempt.
  if (run.outcome === 'late' || run.outcome === 'stray') run = await runTest(test, 3 * limitMs);
  if (isTooOften()) return { kind: 'endless', reason: 'It was executed too often.' };
  if (run.outcome === 'passed') return null;
  const mutantId = state.activeMutant;
  state.activeMutant = undefined;
  const without = await runTest(test, 3 * limitMs);
  state.activeMutant = mutantId;
  const { id } = test;
  if (without.outcome !== 'passed') return { kind: 'spoilt', testId: id, failure: run.failure };
  if (run.outcome === 'late') return { kind: 'endless', reason: run.failure };
  return { kind: 'killed', testCount, testId: id, failure: run.failure };
}

process.on('message', async (order: Order) => {
  answer(order.kind === 'dryRun' ? await dryRun() : await runMutant(order));
});
process.on('disconnect', () => process.exit());

await load();

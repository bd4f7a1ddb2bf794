import { type CollectedTest, collecting, type Suite, suitesFromRoot, type TestFunction } from './testTree.ts';

/** `late` is a test that did not end in time, `stray` an error that nobody caught, by whomever it was thrown. */
export type Outcome = 'passed' | 'failed' | 'late' | 'stray';

export interface TestRun {
  readonly outcome: Outcome;
  readonly failure: string;
  readonly tookMs: number;
}

/** Hooks that close what a test has opened get so long, each. */
const hookLimitMs = 2_000;

const late = Symbol('late');

/** The error of the run at hand that nobody caught, as the process's events tell it. */
let onStray: ((error: unknown) => void) | null = null;

process.on('uncaughtException', (error) => onStray?.(error));
process.on('unhandledRejection', (error) => onStray?.(error));

const words = (error: unknown) => (error instanceof Error ? error.message : String(error)).slice(0, 500);

async function within(limitMs: number, work: () => unknown): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      Promise.resolve(work()),
      new Promise((resolve) => {
        timer = setTimeout(resolve, limitMs, late);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs hooks one after the other whatever they do; the first error is the answer. */
async function runHooks(hooks: readonly TestFunction[]): Promise<unknown> {
  let first: unknown;
  for (const hook of hooks) {
    try {
      const result = await within(hookLimitMs, hook);
      if (result === late) first ??= new Error('A hook did not end.');
    } catch (error) {
      first ??= error;
    }
  }
  return first;
}

/** Runs one test with the hooks that belong to each test, and gives what came of it within `limitMs`. */
export async function runTest(test: CollectedTest, limitMs: number): Promise<TestRun> {
  const suites = suitesFromRoot(test.suite);
  const startMs = performance.now();
  let stray: unknown;
  const strayed = new Promise<void>((resolve) => {
    onStray = (error) => {
      stray ??= error;
      resolve();
    };
  });
  const finishing: TestFunction[] = [];
  collecting.finishing = finishing;
  let failure: unknown;
  let isLate = false;
  try {
    const result = await within(limitMs, () => Promise.race([runBody(test, suites), strayed]));
    isLate = result === late;
  } catch (error) {
    failure = error ?? new Error('The test threw nothing.');
  }
  const tookMs = performance.now() - startMs;
  const closing = await runHooks([...suites.flatMap((suite) => suite.afterEach).reverse(), ...finishing.reverse()]);
  // An error that nobody catches often comes a turn after the test has ended.
  await new Promise((resolve) => setImmediate(resolve));
  onStray = null;
  collecting.finishing = null;
  if (isLate) return { outcome: 'late', failure: `It did not end within ${Math.round(limitMs)} ms.`, tookMs };
  if (failure !== undefined || closing !== undefined) {
    return { outcome: 'failed', failure: words(failure ?? closing), tookMs };
  }
  if (stray !== undefined) return { outcome: 'stray', failure: words(stray), tookMs };
  return { outcome: 'passed', failure: '', tookMs };
}

async function runBody(test: CollectedTest, suites: readonly Suite[]): Promise<void> {
  const teardowns: TestFunction[] = [];
  for (const hook of suites.flatMap((suite) => suite.beforeEach)) {
    const teardown = await hook();
    if (typeof teardown === 'function') teardowns.push(teardown as TestFunction);
  }
  collecting.finishing?.push(...teardowns);
  await test.body();
}

/** Runs what comes before, or after, all tests of the suites of `tests`; null, or what went wrong. */
export async function runSuiteHooks(
  kind: 'beforeAll' | 'afterAll',
  tests: readonly CollectedTest[],
): Promise<string | null> {
  const suites = new Set(tests.flatMap((test) => suitesFromRoot(test.suite)));
  const hooks = [...suites].flatMap((suite) => suite[kind]);
  const error = await runHooks(kind === 'beforeAll' ? hooks : hooks.reverse());
  return error === undefined ? null : words(error);
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { basename, resolve } from 'node:path';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestRunner,
  TestStatus,
} from '@stryker-mutator/api/test-runner';
import type { Answer, MutantAnswer, Order } from './messages.ts';

/** What a process has run so many mutants for is ended, so that what they leave behind stays bounded. */
const mutantsPerHost = 400;

/** Loading and running all tests of an area once is given this; a mutant of it is given what Stryker says. */
const loadLimitMs = 300_000;

/**
 * The tests of one mutant may have taken so much together in the first run; the slow ones beyond it are left out. Nearly every
 * mutant that is noticed is noticed early; one that only a test left out would notice counts as survived.
 */
const budgetMs = 6_000;

/**
 * A test runner for Stryker that keeps the tests loaded in a process of its own. Stryker's runner for Vitest starts a worker and
 * loads the sources again for each mutant, which is most of its time: hours for an area of some thousand mutants.
 */
class InProcessTestRunner implements TestRunner {
  private host: ChildProcess | null = null;
  private mutantCount = 0;
  private baselineMs: Record<string, number> = {};

  capabilities() {
    return { reloadEnvironment: false };
  }

  async dryRun(): Promise<DryRunResult> {
    const answer = await this.ask({ kind: 'dryRun' }, loadLimitMs);
    if (answer?.kind !== 'dryRun') {
      return { status: DryRunStatus.Error, errorMessage: 'The process of the tests ended, or did not answer.' };
    }
    this.baselineMs = Object.fromEntries(answer.tests.map((test) => [test.id, test.tookMs]));
    return {
      status: DryRunStatus.Complete,
      mutantCoverage: answer.coverage,
      tests: answer.tests.map(({ id, name, file, tookMs, failure }) => {
        const known = { id, name, fileName: resolve(file), timeSpentMs: tookMs };
        return failure === null
          ? { ...known, status: TestStatus.Success as const }
          : { ...known, status: TestStatus.Failed as const, failureMessage: failure };
      }),
    };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    // Stryker puts a new runner in the place of one that broke: without what tests take, the slow ones would count as endless.
    if (Object.keys(this.baselineMs).length === 0) await this.dryRun();
    const first = await this.runMutant(options);
    if (first === null) return { status: MutantRunStatus.Timeout, reason: 'The process of the tests did not answer.' };
    if (first.kind !== 'spoilt') return resultOf(first);
    this.endHost();
    const second = await this.runMutant(options);
    if (second === null) return { status: MutantRunStatus.Timeout, reason: 'The process of the tests did not answer.' };
    // In a process that ran nothing else the mutant itself spoils what its test needs: the test has noticed it.
    this.endHost();
    return resultOf(second);
  }

  async dispose(): Promise<void> {
    this.endHost();
  }

  private async runMutant(options: MutantRunOptions): Promise<MutantAnswer | null> {
    if (this.mutantCount >= mutantsPerHost) this.endHost();
    this.mutantCount += 1;
    const testIds = this.testsWithin(options.testFilter ?? Object.keys(this.baselineMs), options.activeMutant.fileName);
    const order: Order = {
      kind: 'mutant',
      mutantId: options.activeMutant.id,
      testIds,
      hitLimit: options.hitLimit ?? null,
      baselineMs: this.baselineMs,
    };
    const limitMs = 30_000 + testIds.reduce((sum, id) => sum + 10 * (this.baselineMs[id] ?? 0), 0);
    const answer = await this.ask(order, limitMs);
    if (answer === null || answer.kind === 'loaded' || answer.kind === 'dryRun') return null;
    return answer;
  }

  /** Those that are run for a mutant of a source: first those of the test of its name, then the others, the quick ones first. */
  private testsWithin(testIds: readonly string[], sourcePath: string): readonly string[] {
    const took = (id: string) => this.baselineMs[id] ?? 0;
    const ownTest = `/${basename(sourcePath, '.ts')}.test.ts#`;
    const isOther = (id: string) => Number(!id.includes(ownTest));
    let leftMs = budgetMs;
    return testIds
      .toSorted((a, b) => isOther(a) - isOther(b) || took(a) - took(b))
      .filter((id, index) => {
        const fits = index === 0 || took(id) <= leftMs;
        if (fits) leftMs -= took(id);
        return fits;
      });
  }

  /** Null when the process ended or did not answer in time; it is a new one next time. */
  private async ask(order: Order, limitMs: number): Promise<Answer | null> {
    const host = await this.runningHost();
    if (host === null) return null;
    host.send(order);
    const answer = await nextAnswer(host, limitMs);
    if (answer === null) this.endHost();
    return answer;
  }

  private async runningHost(): Promise<ChildProcess | null> {
    if (this.host !== null) return this.host;
    const script = (name: string) => resolve('test/mutation/inProcess', name);
    const host = fork(script('testHost.ts'), [], {
      execArgv: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--import', script('resolveShims.ts')],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.host = host;
    this.mutantCount = 0;
    const answer = await nextAnswer(host, loadLimitMs);
    if (answer?.kind === 'loaded') return host;
    this.endHost();
    return null;
  }

  private endHost(): void {
    this.host?.removeAllListeners();
    this.host?.kill('SIGKILL');
    this.host = null;
  }
}

async function nextAnswer(host: ChildProcess, limitMs: number): Promise<Answer | null> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), limitMs);
  try {
    const ended = once(host, 'exit', { signal: stop.signal }).then(() => null);
    const said = once(host, 'message', { signal: stop.signal }).then(([message]) => message as Answer);
    return await Promise.race([said, ended]);
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

function resultOf(answer: MutantAnswer): MutantRunResult {
  switch (answer.kind) {
    case 'survived':
      return { status: MutantRunStatus.Survived, nrOfTests: answer.testCount };
    case 'endless':
      return { status: MutantRunStatus.Timeout, reason: answer.reason };
    case 'killed':
      return {
        status: MutantRunStatus.Killed,
        killedBy: [answer.testId],
        failureMessage: answer.failure,
        nrOfTests: answer.testCount,
      };
    case 'spoilt':
      return {
        status: MutantRunStatus.Killed,
        killedBy: [answer.testId],
        failureMessage: answer.failure,
        nrOfTests: 1,
      };
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessTestRunner)];

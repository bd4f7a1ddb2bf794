import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Disposable } from '../domain/disposable.ts';
import type { NanoUsd } from '../domain/money.ts';
import { contenderLabel, type RunOutcome, type TrialRecord, type TrialRun } from '../protocol/trials.ts';
import { DiskFullError, isDiskFull, refuseFullDisk } from './diskFull.ts';
import type { RepositoryFacts } from './git/inspectRepository.ts';
import { openTrialRepository, TrialRepository } from './git/trialRepository.ts';
import type { Preflight } from './preflight.ts';
import { processStart } from './processes/endProcesses.ts';
import type { KeptProcess } from './processes/keeper.ts';
import { resultLines } from './resultRows.ts';
import { POLL_MS, type RunnerParts } from './runnerParts.ts';
import { runOne } from './runOne.ts';
import { freshRun, runOrder } from './runOrder.ts';
import { runMarker, worktreePath } from './sweep.ts';
import { newTrialId } from './trialStore.ts';
import { summarise, verdictOf } from './verdict.ts';
import { codeText, dropWorktree, makeWorktree, runChecks, runSetup, type WorktreeSite } from './worktreeRuns.ts';

/** Outcomes with which a contender needs no further try: each would only cost time, or money that no budget holds. */
const hopeless: readonly RunOutcome[] = ['not-logged-in', 'model-refused', 'not-metered', 'not-started'];

/** The record of a trial that has not begun. */
export function newTrial({ plan, starts, notices, estimate }: Preflight, nowMs: number): TrialRecord {
  return {
    version: 1,
    id: newTrialId(),
    ...{ plan, starts, notices, estimate },
    createdAtMs: nowMs,
    endedAtMs: null,
    state: 'preparing',
    end: null,
    because: null,
    runner: null,
    proven: [],
    baseWorktrees: [],
    runs: runOrder(plan),
    spentNanoUsd: 0,
    summaries: [],
    verdict: null,
  };
}

/** A trial that was interrupted or cancelled, ready to go on: runs that say something stay, the others are done again. */
export function resumedTrial(record: TrialRecord): TrialRecord {
  const again: readonly (RunOutcome | null)[] = ['interrupted', 'cancelled', 'not-started', null];
  const redone = record.runs.filter(({ outcome }) => again.includes(outcome));
  const runs = record.runs.map((run) => (redone.includes(run) ? freshRun(run) : run));
  // What they spent is spent: a trial that goes on has so much less.
  const redoneNanoUsd = (record.redoneNanoUsd ?? 0) + spentBy(redone);
  return {
    ...record,
    runs,
    redoneNanoUsd,
    state: 'preparing',
    end: null,
    because: null,
    endedAtMs: null,
    runner: null,
  };
}

function spentBy(runs: readonly TrialRun[]): NanoUsd {
  return runs.reduce((sum, { figures }) => sum + (figures?.costNanoUsd ?? 0), 0);
}

/** Of the output of a set-up that failed. */
const TOLD_LINES = 10;
const MOST_TOLD_CHARS = 300;

/** A shell's words for a program that is not there, and for one that may not be started. */
const unrunnable: readonly (number | null)[] = [127, 126];

/** A command that has to work before any agent does, and does not. */
class PreparationError extends Error {
  readonly sentence: string;
  /** The last lines of what it said. */
  readonly said: readonly string[];

  private constructor(sentence: string, log: string, said: readonly string[]) {
    const last = said.at(-1)?.trim() ?? '';
    super(`${sentence}${last === '' ? '' : ` It said: ${last.slice(0, MOST_TOLD_CHARS)}`} (all of it: ${log})`);
    this.sentence = sentence;
    this.said = said;
  }

  static async of(sentence: string, log: string): Promise<PreparationError> {
    const said = await readFile(log, 'utf8').catch(() => '');
    return new PreparationError(sentence, log, said.trimEnd().split('\n').slice(-TOLD_LINES));
  }
}

/** Runs a trial to its end. One instance runs one trial. */
export class TrialRunner {
  readonly #parts: RunnerParts;
  readonly #facts: RepositoryFacts;
  #record: TrialRecord;
  #saving: Promise<void> = Promise.resolve();
  #cancelAll = false;
  readonly #cancelled = new Set<number>();
  /** What runs now, by run; 0 is what is done before any run. */
  readonly #processes = new Map<number, KeptProcess>();
  /** Contenders without hope, and why. */
  readonly #given = new Map<number, string>();

  constructor(record: TrialRecord, facts: RepositoryFacts, parts: RunnerParts) {
    this.#record = record;
    this.#facts = facts;
    this.#parts = parts;
  }

  get record(): TrialRecord {
    return this.#record;
  }

  /** Ends everything, or some runs, waiting ones too. What is under way ends in good order, with its worktree removed. */
  cancel(runs: readonly number[] | 'all' = 'all'): void {
    if (runs === 'all') this.#cancelAll = true;
    else for (const number of runs) this.#cancelled.add(number);
    for (const [number, process] of this.#processes) if (this.#isCancelled(number)) process.cancel();
  }

  /** Resolves when the trial has ended, whatever way; rejects only where its record cannot be written. */
  async run(): Promise<TrialRecord> {
    const { store } = this.#parts;
    const { pid } = process;
    await store.clearCancel(this.#record.id);
    const requests = this.#followRequests();
    try {
      await this.#update({ runner: { pid, startedAt: (await processStart(pid)) ?? '' } });
      await store.reserve(this.#record);
      const repositories = await this.#prepare();
      await this.#update({ state: 'running' });
      await this.#runAll(repositories);
      return await this.#end(this.#cancelAll ? 'cancelled' : 'finished', null);
    } catch (error) {
      if (isDiskFull(error)) return await this.#end('failed', new DiskFullError().message);
      if (this.#cancelAll) return await this.#end('cancelled', null);
      return await this.#end('failed', error instanceof Error ? error.message : String(error));
    } finally {
      requests.dispose();
    }
  }

  /**
   * Tries the set-up and the checks of every task before any work, without any agent. Resolves to what keeps the trial from starting, in
   * sentences, with the record; the trial's folder is the caller's to delete. Rejects only where its record cannot be written.
   */
  async rehearse(): Promise<{ readonly problems: readonly string[]; readonly record: TrialRecord }> {
    const problems: string[] = [];
    const { pid } = process;
    const requests = this.#followRequests();
    try {
      await this.#update({ isRehearsal: true, runner: { pid, startedAt: (await processStart(pid)) ?? '' } });
      for (const [index, task] of this.#record.plan.tasks.entries()) {
        if (this.#cancelAll) break;
        const folder = this.#parts.store.repositoryOf(this.#record.id, index);
        await this.#prepareTask(folder, index, task.start).catch((error: unknown) => {
          if (!this.#cancelAll) problems.push(this.#rehearsed(error));
        });
      }
    } finally {
      requests.dispose();
    }
    if (this.#cancelAll) problems.push('It was ended before all of the checks were tried.');
    return { problems, record: await this.#end(this.#cancelAll ? 'cancelled' : 'finished', null) };
  }

  /** What the set-up said goes with the folder, so that its end is told at once. */
  #rehearsed(error: unknown): string {
    if (error instanceof PreparationError) return [error.sentence, ...error.said].join('\n');
    return error instanceof Error ? error.message : String(error);
  }

  #isCancelled(number: number): boolean {
    return this.#cancelAll || this.#cancelled.has(number);
  }

  /** Other programs ask by a file, which outlives them and us. */
  #followRequests(): Disposable {
    const { store } = this.#parts;
    const stop = new AbortController();
    const follow = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        const { all, runs } = await store.readCancel(this.#record.id);
        if (all) this.cancel();
        else if (runs.length > 0) this.cancel(runs);
        await delay(POLL_MS, undefined, { signal: stop.signal }).catch(() => undefined);
      }
    };
    void follow();
    return { dispose: () => stop.abort() };
  }

  /** A repository a task, and the proof that its checks fail before any work. */
  async #prepare(): Promise<readonly TrialRepository[]> {
    const { plan } = this.#record;
    const repositories: TrialRepository[] = [];
    for (const [index, task] of plan.tasks.entries()) {
      const folder = this.#parts.store.repositoryOf(this.#record.id, index);
      const known = this.#record.proven.includes(index) ? await openTrialRepository(folder) : null;
      repositories.push(known ?? (await this.#prepareTask(folder, index, task.start)));
    }
    return repositories;
  }

  async #prepareTask(folder: string, index: number, revision: string): Promise<TrialRepository> {
    const { plan, starts } = this.#record;
    const start = starts[index] ?? '';
    // A trial that was killed here may have left half of it.
    await rm(folder, { recursive: true, force: true });
    const repository = await TrialRepository.create(folder, this.#facts, start);
    await repository.exclude(plan.carry.map(({ path }) => path));
    const carriesChanges = plan.uncommitted && revision === 'HEAD' && this.#facts.changedFiles > 0;
    const from = carriesChanges ? await repository.commitChanges(this.#facts) : start;
    await this.#tryChecks(repository, index, from);
    await this.#update({
      starts: this.#record.starts.map((commit, at) => (at === index ? from : commit)),
      proven: [...this.#record.proven, index],
    });
    return repository;
  }

  async #tryChecks(repository: TrialRepository, index: number, start: string): Promise<void> {
    const { plan } = this.#record;
    const task = plan.tasks[index];
    if (task === undefined || this.#cancelAll) throw new Error('Cancelled.');
    const site = await this.#site(0, repository, `before-${index + 1}`);
    await this.#update({ baseWorktrees: [site.worktree] });
    try {
      await makeWorktree(site, start, plan);
      const setup = await runSetup(site, this.#parts, { task, plan });
      if (setup !== null) await refuseFullDisk(site.worktree);
      if (setup !== null) throw await PreparationError.of(setup, join(site.folder, 'setup.log'));
      const checks = await runChecks(site, this.#parts, { task, plan });
      if (this.#cancelAll) throw new Error('Cancelled.');
      const hung = checks.find(({ timedOut }) => timedOut);
      if (hung !== undefined)
        throw new Error(
          `The check "${hung.name}" of "${task.name}" does not end within its time, before any work: it cannot tell.`,
        );
      const lost = checks.find(({ code }) => unrunnable.includes(code));
      if (lost !== undefined) {
        const sentence = `The check "${lost.name}" of "${task.name}" cannot be run: a program of it is not there or may not be started (${codeText(lost.code)}). A copy has what git knows and what "carry" and "setup" add.`;
        throw await PreparationError.of(sentence, join(site.folder, lost.log));
      }
      if (!checks.every(({ passed }) => passed)) return;
      const sentence = `The check of "${task.name}" passes before any work, so that it cannot tell whether the work was done.`;
      if (!plan.checkMayPass) throw new Error(`${sentence} To go on all the same, a suite says "checkMayPass: true".`);
      await this.#update({ notices: [...this.#record.notices, sentence] });
    } finally {
      await dropWorktree(site);
      this.#processes.delete(0);
      await this.#update({ baseWorktrees: [] });
    }
  }

  async #runAll(repositories: readonly TrialRepository[]): Promise<void> {
    const waiting = this.#record.runs.filter(({ phase }) => phase === 'waiting');
    const work = async (): Promise<void> => {
      for (;;) {
        const run = waiting.shift();
        if (run === undefined) return;
        await this.#runNext(run, repositories[run.task]);
      }
    };
    // One that cannot go on ends all of them, and nothing is left running behind it.
    const workers = Array.from({ length: this.#record.plan.parallel }, () =>
      work().catch((error: unknown) => {
        this.cancel();
        throw error;
      }),
    );
    for (const result of await Promise.allSettled(workers)) if (result.status === 'rejected') throw result.reason;
  }

  async #runNext(run: TrialRun, repository: TrialRepository | undefined): Promise<void> {
    const { plan, starts } = this.#record;
    const [task, contender] = [plan.tasks[run.task], plan.contenders[run.contender]];
    if (repository === undefined || task === undefined || contender === undefined) return;
    const update = (change: Partial<TrialRun>): Promise<void> => this.#updateRun(run.number, change);
    if (this.#isCancelled(run.number)) return update({ phase: 'ended', outcome: 'cancelled' });
    const given = this.#given.get(run.contender);
    if (given !== undefined) return update({ phase: 'ended', outcome: 'not-started', because: given });
    const limitNanoUsd = Math.min(plan.runLimitNanoUsd, this.#leftNanoUsd());
    if (limitNanoUsd <= 0) {
      return update({ phase: 'ended', outcome: 'not-started', because: 'The budget of the trial is used up.' });
    }
    const site = await this.#site(run.number, repository, `run-${run.number}`);
    const job = {
      ...{ plan, task, contender, limitNanoUsd, site, update },
      record: this.#record,
      start: starts[run.task] ?? '',
      isCancelled: () => this.#isCancelled(run.number),
      stopProcess: () => this.#processes.get(run.number)?.cancel(),
    };
    await runOne(run, job, this.#parts);
    this.#processes.delete(run.number);
    const ended = this.#record.runs[run.number - 1];
    if (ended?.outcome && hopeless.includes(ended.outcome)) {
      this.#given.set(run.contender, `${contenderLabel(contender)} was given up: ${ended.because ?? ended.outcome}`);
    }
  }

  /** What no run has spent or may still spend. */
  #leftNanoUsd(): NanoUsd {
    const taken = this.#record.runs.map(({ phase, figures, limitNanoUsd }) => {
      const spent = figures?.costNanoUsd ?? 0;
      return phase === 'ended' || phase === 'waiting' ? spent : Math.max(spent, limitNanoUsd ?? 0);
    });
    const { plan, redoneNanoUsd = 0 } = this.#record;
    return plan.totalLimitNanoUsd - taken.reduce((sum, amount) => sum + amount, redoneNanoUsd);
  }

  async #site(number: number, repository: TrialRepository, name: string): Promise<WorktreeSite> {
    const { store, worktreeRoot } = this.#parts;
    const { id } = this.#record;
    return {
      repository,
      root: this.#facts.root,
      worktree: worktreePath(worktreeRoot, id, name),
      folder: await store.runFolder(id, number),
      marker: runMarker(id, number),
      onStart: (process) => {
        this.#processes.set(number, process);
        if (this.#isCancelled(number)) process.cancel();
      },
    };
  }

  #updateRun(number: number, change: Partial<TrialRun>): Promise<void> {
    const runs = this.#record.runs.map((run) => (run.number === number ? { ...run, ...change } : run));
    const spentNanoUsd = spentBy(runs) + (this.#record.redoneNanoUsd ?? 0);
    return this.#update({ runs, spentNanoUsd });
  }

  #update(change: Partial<TrialRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change };
    this.#parts.onChange(this.#record);
    // One at a time, each with what is known by then; one that failed must not keep the next from being tried.
    this.#saving = this.#saving
      .catch(() => undefined)
      .then(() => this.#parts.store.save(this.#record))
      .catch((error: unknown) => {
        throw isDiskFull(error) ? new DiskFullError() : error;
      });
    return this.#saving;
  }

  async #end(end: TrialRecord['end'], because: string | null): Promise<TrialRecord> {
    const { store, clock } = this.#parts;
    const runs = this.#record.runs.map((run) =>
      run.phase === 'ended'
        ? run
        : {
            ...run,
            phase: 'ended' as const,
            outcome: end === 'cancelled' ? ('cancelled' as const) : ('not-started' as const),
          },
    );
    const summaries = summarise(this.#record.plan, runs);
    const verdict = end === 'failed' ? null : verdictOf(this.#record.plan, summaries, runs);
    const endedAtMs = clock.nowMs();
    await store.releaseReserve(this.#record.id);
    await this.#update({ runs, summaries, verdict, endedAtMs, end, because, state: 'ended', runner: null });
    await store.writeFile(this.#record.id, 'results.jsonl', resultLines(this.#record));
    return this.#record;
  }
}

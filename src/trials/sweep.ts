import { dirname, join } from 'node:path';
import type { TrialRecord } from '../protocol/trials.ts';
import { TrialRepository } from './git/trialRepository.ts';
import { endRunProcesses, processStart } from './processes/endProcesses.ts';
import { resultLines } from './resultRows.ts';
import type { TrialStore } from './trialStore.ts';
import { summarise, verdictOf } from './verdict.ts';
import { dropEmptyFolder, leftText } from './worktreeRuns.ts';

/** Every process of a run carries this. Run 0 is what is done before any run. */
export function runMarker(id: string, number: number): string {
  return `${id}.${number}`;
}

/** Whether the process that runs a trial is alive. */
export async function hasRunner({ state, runner }: TrialRecord): Promise<boolean> {
  return state !== 'ended' && runner !== null && (await processStart(runner.pid)) === runner.startedAt;
}

/**
 * Cleans up after trials whose runner was killed: ends what it left running, removes its worktrees, and says so in the record. Safe to
 * call at any time, by several programs at once. A trial of the checks alone is deleted, since nothing of it was to be kept, and a trial that
 * goes on from it would be another one. Resolves to the trials that were ended so.
 */
export async function sweepTrials(store: TrialStore, nowMs: number): Promise<readonly TrialRecord[]> {
  const ended: TrialRecord[] = [];
  for (const record of await store.list()) {
    if (record.state === 'ended' || (await hasRunner(record))) continue;
    ended.push(await endOrphan(store, record, nowMs));
  }
  return ended;
}

const goesOn = 'The program that ran it was ended; "outlay trial resume" goes on.';

async function endOrphan(store: TrialStore, record: TrialRecord, nowMs: number): Promise<TrialRecord> {
  await store.releaseReserve(record.id);
  await endRunProcesses(runMarker(record.id, 0), []);
  const left: (string | null)[] = [];
  for (const worktree of record.baseWorktrees) left.push(await removeWorktree(store, record, 0, worktree));
  for (const run of record.runs) {
    if (run.phase === 'ended' || run.phase === 'waiting') continue;
    await endRunProcesses(runMarker(record.id, run.number), []);
    if (run.worktree !== null) left.push(await removeWorktree(store, record, run.task, run.worktree));
  }
  if (record.isRehearsal === true) {
    await store.delete(record.id);
    return { ...record, state: 'ended', end: 'interrupted', endedAtMs: nowMs, baseWorktrees: [], runner: null };
  }
  const runs = record.runs.map((run) =>
    run.phase === 'ended' || run.phase === 'waiting'
      ? run
      : { ...run, phase: 'ended' as const, outcome: 'interrupted' as const, endedAtMs: nowMs, worktree: null },
  );
  const summaries = summarise(record.plan, runs);
  const swept: TrialRecord = {
    ...record,
    runs,
    baseWorktrees: [],
    state: 'ended',
    end: 'interrupted',
    because: [goesOn, ...left].filter((sentence) => sentence !== null).join(' '),
    endedAtMs: nowMs,
    runner: null,
    summaries,
    verdict: verdictOf(record.plan, summaries, runs),
  };
  await store.save(swept);
  await store.writeFile(record.id, 'results.jsonl', resultLines(swept));
  return swept;
}

/** A sentence where it cannot be removed: whoever cleans up has something else to do, and must not be kept from it for ever. */
async function removeWorktree(
  store: TrialStore,
  record: TrialRecord,
  task: number,
  path: string,
): Promise<string | null> {
  const repository = new TrialRepository(store.repositoryOf(record.id, task));
  const left = await repository.removeWorktree(path).then(() => null, leftText(path));
  await dropEmptyFolder(dirname(path));
  return left;
}

/** Where a run's worktree is: outside of the repository and of the data folder, whose files are none of an agent's business. */
export function worktreePath(worktreeRoot: string, id: string, name: string): string {
  return join(worktreeRoot, id, name);
}

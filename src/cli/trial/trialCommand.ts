import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { systemClock } from '../../domain/clock.ts';
import { printUsd } from '../../domain/format.ts';
import { makePrivateFolder } from '../../ledger/makePrivateFolder.ts';
import type { TrialRecord, TrialRun } from '../../protocol/trials.ts';
import { applyAsBranch, applyHere, changesOf, resultOf } from '../../trials/applyRun.ts';
import { DiskFullError, isDiskFull } from '../../trials/diskFull.ts';
import { GitError } from '../../trials/git/gitCommand.ts';
import { hasRunner, sweepTrials } from '../../trials/sweep.ts';
import { TrialStore } from '../../trials/trialStore.ts';
import { CliError } from '../cliError.ts';
import type { CliIo } from '../cliIo.ts';
import { findDataDir } from '../findDataDir.ts';
import { type Column, textTable } from '../textTable.ts';
import { lookAround } from './lookAround.ts';
import { MeterBooks } from './meterBooks.ts';
import { proposeSuite } from './proposeSuite.ts';
import { checkSuite, resumeTrial, runSuite } from './runSuite.ts';
import { oneTrial, type TrialCall } from './trialCall.ts';
import { trialHelp } from './trialHelp.ts';
import { countOf, parseTrialOptions, type TrialOption } from './trialOptions.ts';
import { trialJson, trialText } from './trialText.ts';

const suiteOptions: readonly TrialOption[] = [
  'repository',
  'models',
  'runs',
  'parallel',
  'seed',
  'budget',
  'run-budget',
];

const verbs: Readonly<
  Record<string, { readonly options: readonly TrialOption[]; readonly run: (call: TrialCall) => Promise<number> }>
> = {
  run: { options: [...suiteOptions, 'accept', 'with-parent'], run: runSuite },
  check: { options: [...suiteOptions, 'accept', 'run-checks', 'with-parent'], run: checkSuite },
  resume: { options: ['with-parent'], run: resumeTrial },
  look: { options: ['repository'], run: lookAround },
  propose: { options: ['repository', 'limit', 'commits'], run: proposeSuite },
  list: { options: [], run: listTrials },
  show: { options: [], run: showTrial },
  cancel: { options: ['run'], run: cancelTrial },
  delete: { options: [], run: deleteTrial },
  diff: { options: ['run'], run: printDiff },
  apply: { options: ['run', 'branch', 'patch', 'here', 'dirty'], run: applyRun },
};

/** Runs `outlay trial <verb> ...` and returns its exit code. Throws a sentence where the arguments make no sense or nothing was done. */
export async function runTrialCommand(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseTrialOptions(args);
  const [name = '', ...words] = positionals;
  if (values.help || name === 'help') {
    io.stdout(trialHelp);
    return 0;
  }
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (verb === undefined)
    throw new CliError(`Say what to do with trials: ${Object.keys(verbs).join(', ')} or help.`, 2);
  const allowed: readonly string[] = [...verb.options, 'data-dir', 'json'];
  for (const option of Object.keys(values)) {
    if (!allowed.includes(option)) throw new CliError(`trial ${name} has no option --${option}.`, 2);
  }
  const dataDir = trialDataDir(values['data-dir'], io);
  const store = new TrialStore(dataDir);
  // What a killed trial left is cleaned up by whoever comes next.
  for (const record of await sweepTrials(store, systemClock.nowMs())) {
    await closeTasks(record, new MeterBooks(dataDir, io));
    io.stderr(
      record.isRehearsal === true
        ? `${record.id}, which only tried the checks of a suite, was interrupted; it was deleted with what it left.\n`
        : `${record.id} was interrupted; what it left was cleaned up.\n`,
    );
  }
  try {
    return await verb.run({ dataDir, store, words, values, io });
  } catch (error) {
    if (isDiskFull(error)) throw new CliError(new DiskFullError().message);
    throw error instanceof GitError ? new CliError(error.message) : error;
  }
}

/** The tasks of runs that were interrupted, which nobody else would close. What cannot be closed stays as it is: it holds no money back. */
async function closeTasks({ runs }: TrialRecord, books: MeterBooks): Promise<void> {
  const open = runs.flatMap(({ outcome, taskId }) => (outcome === 'interrupted' && taskId !== null ? [taskId] : []));
  if (open.length === 0) return;
  await books.ensureMeter().catch(() => undefined);
  for (const id of open) await books.closeRun(id, 'abandoned', 'interrupted').catch(() => undefined);
}

/** A folder that is named and missing is made, so that a machine without an editor has one. */
function trialDataDir(named: string | undefined, io: CliIo): string {
  const asked = named ?? io.env['OUTLAY_DATA_DIR'];
  try {
    if (asked) makePrivateFolder(resolve(asked));
  } catch (error) {
    if (isDiskFull(error)) throw new CliError(new DiskFullError().message);
    throw new CliError(`The data folder ${asked} cannot be made: ${error instanceof Error ? error.message : ''}.`);
  }
  return resolve(findDataDir(named, io));
}

async function listTrials({ store, values, io }: TrialCall): Promise<number> {
  const records = await store.list();
  if (values.json) io.stdout(`${JSON.stringify(records.map(trialJson), null, 2)}\n`);
  else if (records.length === 0) io.stdout('No trials yet; "outlay trial help" tells how to run one.\n');
  else io.stdout(textTable(listColumns, records.map(listRow), { width: io.width, rule: null }));
  return 0;
}

const listColumns: readonly Column[] = [
  { title: 'Trial', align: 'left', minWidth: 13 },
  { title: 'State', align: 'left' },
  { title: 'Runs', align: 'right' },
  { title: 'Passed', align: 'right' },
  { title: 'Spent', align: 'right' },
  { title: 'Id', align: 'left' },
];

function listRow({ plan, end, state, runs, spentNanoUsd, id, isRehearsal }: TrialRecord): readonly string[] {
  if (isRehearsal === true) return [plan.name, 'trying the checks', '-', '-', '-', id];
  const passed = runs.filter(({ outcome }) => outcome === 'passed').length;
  return [plan.name, end ?? state, String(runs.length), String(passed), printUsd(spentNanoUsd), id];
}

async function showTrial(call: TrialCall): Promise<number> {
  const record = await oneTrial(call);
  call.io.stdout(
    call.values.json ? `${JSON.stringify(trialJson(record), null, 2)}\n` : trialText(record, call.io.width),
  );
  return 0;
}

async function cancelTrial(call: TrialCall): Promise<number> {
  const { store, values, io } = call;
  const record = await oneTrial(call);
  if (!(await hasRunner(record))) throw new CliError('The trial is not running.');
  const run = countOf('run', values.run, record.runs.length);
  await store.requestCancel(record.id, { all: run === null, runs: run === null ? [] : [run] });
  io.stdout(values.json ? '{}\n' : 'It is being ended.\n');
  return 0;
}

/** Deletes the prompts, outputs and results of a trial. What it cost stays in the books. */
async function deleteTrial(call: TrialCall): Promise<number> {
  const record = await oneTrial(call);
  if (await hasRunner(record)) throw new CliError('The trial is running: cancel it first.');
  await call.store.delete(record.id);
  call.io.stdout(
    call.values.json ? '{}\n' : 'Deleted, with its prompts and outputs. What it cost stays in the books.\n',
  );
  return 0;
}

async function printDiff(call: TrialCall): Promise<number> {
  const record = await oneTrial(call);
  const { repository, start, commit } = resultOf(call.store, record, oneRun(record, call.values.run));
  if (call.values.json) {
    const files = await repository.changedPaths(start, commit);
    call.io.stdout(`${JSON.stringify({ repository: repository.folder, start, commit, files }, null, 2)}\n`);
  } else {
    call.io.stdoutBytes(await repository.patch(start, commit));
  }
  return 0;
}

async function applyRun(call: TrialCall): Promise<number> {
  const { values, io, store } = call;
  const record = await oneTrial(call);
  const run = oneRun(record, values.run);
  const result = resultOf(store, record, run);
  const ways = [values.branch, values.patch, values.here].filter((way) => way !== undefined);
  if (ways.length > 1) throw new CliError('Say one of --branch, --patch and --here.', 2);
  const folder = record.plan.repository;
  if (values.patch !== undefined) {
    const patch = await result.repository.patch(result.start, result.commit);
    await writeFile(values.patch, patch).catch((error: Error) => {
      throw isDiskFull(error) ? error : new CliError(`The patch cannot be written: ${error.message}.`);
    });
    io.stdout(`Written to ${values.patch}.\n`);
  } else if (values.here) {
    const changes = await changesOf(folder);
    if (changes.length > 0 && !values.dirty) {
      const some = changes.slice(0, 3).join(', ');
      throw new CliError(
        `The working tree has changes of its own (${some}${changes.length > 3 ? ', ...' : ''}); --dirty applies the run on top of them.`,
      );
    }
    await applyHere(folder, result);
    io.stdout('Applied to the working tree; nothing is committed.\n');
  } else {
    const branch = values.branch ?? `outlay/${record.id}-run-${run.number}`;
    await applyAsBranch(folder, result, branch);
    io.stdout(`Made the branch ${branch}; the working tree is as it was.\n`);
  }
  return 0;
}

function oneRun(record: TrialRecord, text: string | undefined): TrialRun {
  const number = countOf('run', text, record.runs.length);
  const run = number === null ? undefined : record.runs[number - 1];
  if (run === undefined) throw new CliError('This needs --run N, the number of a run.', 2);
  return run;
}

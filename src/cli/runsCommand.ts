import { basename } from 'node:path';
import { systemClock } from '../domain/clock.ts';
import { printWhole } from '../domain/format.ts';
import type { ImportResult, ImportSummary } from '../ledger/contract.ts';
import { ledgerPathOf } from '../ledger/ledgerFiles.ts';
import { type Ledger, openLedger } from '../ledger/openLedger.ts';
import { acquireOwnerLock } from '../ledger/ownerLock.ts';
import { stageRuns } from '../ledger/stagedRuns.ts';
import { writeRuns } from '../runs/writeRuns.ts';
import { bookedRuns, withBooks } from './bookedRuns.ts';
import { CliError } from './cliError.ts';
import type { CliIo } from './cliIo.ts';
import { readRunsFile } from './compareCommand.ts';
import { askMeter } from './meterClient.ts';
import { notTakenText } from './notTakenText.ts';
import { setAsideText } from './setAsideText.ts';
import { type Column, textTable } from './textTable.ts';

export interface RunsValues {
  readonly name?: string | undefined;
  readonly origin?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface RunsCall {
  readonly dataDir: string;
  readonly words: readonly string[];
  readonly values: RunsValues;
  readonly io: CliIo;
}

const MAX_NAME = 200;
/** Reasons that `--json` prints one by one. */
const MAX_REASONS = 1000;
/** Words that `--origin` has for something else. */
const takenNames = new Set(['trials', 'tasks', 'all']);

/** Runs `outlay runs <verb> ...`. Throws a sentence where the arguments make no sense or nothing was done. */
export async function runRuns(call: RunsCall): Promise<void> {
  const [verb, ...words] = call.words;
  switch (verb) {
    case 'import':
      return importFile(call, oneWord(words, 'import needs one file: outlay runs import FILE.'));
    case 'remove':
      return removeOne(call, oneWord(words, 'remove needs the name of one import; "outlay runs list" shows them.'));
    case 'list':
      return listImports(call, words);
    case 'export':
      return exportRuns(call, words);
    default:
      throw new CliError('Say what to do with runs: import, list, export or remove.', 2);
  }
}

async function importFile(call: RunsCall, path: string): Promise<void> {
  const { values, io } = call;
  const file = basename(path);
  const name = nameOf(values.name ?? file);
  const read = readRunsFile(path, name);
  if (read.runs.length === 0) {
    throw new CliError(`${notTakenText(read, 'imported')}Nothing was imported from ${path}.`);
  }
  const request = { name, file, atMs: systemClock.nowMs(), runs: read.runs };
  const { added, known } = await importInto(call, request);
  if (values.json) io.stdout(importJson(read, { name, added, known }));
  else io.stdout(importText(read, { name, known }));
}

function importJson(
  read: ReturnType<typeof readRunsFile>,
  { name, added, known }: { readonly name: string; readonly added: number; readonly known: number },
): string {
  const answer = {
    import: name,
    rows: read.rows,
    taken: added,
    alreadyThere: known,
    notTakenRows: read.notTaken.length,
    notTaken: read.notTaken.slice(0, MAX_REASONS),
    columns: read.columns,
    ignoredColumns: read.ignoredColumns,
  };
  return `${JSON.stringify(answer, null, 2)}\n`;
}

function importText(
  read: ReturnType<typeof readRunsFile>,
  { name, known }: { readonly name: string; readonly known: number },
): string {
  const isClean = read.notTaken.length === 0 && read.ignoredColumns.length === 0;
  const there = known === 0 ? '' : ` ${printWhole(known)} of them were there already.`;
  const text = isClean ? `${runsText(read.runs.length)} imported.\n` : notTakenText(read, 'imported');
  return `${text}They are kept apart as the import "${name}".${there}\n`;
}

type Staged = Parameters<typeof stageRuns>[1];

/** Through the meter where one runs, else by itself; whole or not at all. */
async function importInto({ dataDir, io }: RunsCall, request: Staged): Promise<ImportResult> {
  const staging = stageRuns(dataDir, request);
  try {
    const answer = await askMeter(dataDir, 'importRuns', { staged: staging.staged });
    if (answer.state === 'answered') return answer.result;
    return withOwnLedger({ dataDir, answer, io }, (ledger) => ledger.writer.importRuns(request));
  } finally {
    staging.dispose();
  }
}

async function removeOne({ dataDir, values, io }: RunsCall, name: string): Promise<void> {
  const answer = await askMeter(dataDir, 'removeImport', { name });
  const removed =
    answer.state === 'answered'
      ? answer.result.removed
      : withOwnLedger({ dataDir, answer, io }, (ledger) => ledger.writer.removeImport(name));
  if (removed === null) throw new CliError(`There is no import "${name}"; "outlay runs list" shows them.`);
  io.stdout(values.json ? `${JSON.stringify({ removed })}\n` : `${runsText(removed)} removed.\n`);
}

interface OwnLedger {
  readonly dataDir: string;
  readonly answer: { readonly state: 'no-meter' } | { readonly state: 'refused'; readonly sentence: string };
  readonly io: CliIo;
}

function withOwnLedger<T>({ dataDir, answer, io }: OwnLedger, work: (ledger: Ledger) => T): T {
  const lock = acquireOwnerLock(dataDir);
  if (lock.state === 'unwritable') throw new CliError(lock.reason);
  if (lock.state === 'taken') {
    if (answer.state === 'refused') throw new CliError(answer.sentence);
    throw new CliError('Another process of Outlay is using the ledger but does not answer; try again in a moment.');
  }
  try {
    const ledger = openLedger({ path: ledgerPathOf(dataDir), clock: systemClock, log: () => undefined });
    try {
      const health = ledger.health();
      if (health.state === 'memory' || health.state === 'newer-schema') throw new CliError(health.reason);
      return work(ledger);
    } finally {
      io.stderr(setAsideText(ledger.health()));
      ledger.close();
    }
  } finally {
    lock.release();
  }
}

function listImports({ dataDir, values, io }: RunsCall, words: readonly string[]): void {
  if (words.length > 0) throw new CliError('list takes options only.', 2);
  const imports = withBooks(dataDir, (reader) => reader.imports());
  const isEmpty = imports.length === 0 && !values.json;
  if (isEmpty) io.stdout('No imports yet; "outlay runs import FILE" makes one.\n');
  else io.stdout(values.json ? importsJson(imports) : importsTable(imports, io.width));
}

function importsJson(imports: readonly ImportSummary[]): string {
  const rows = imports.map(({ name, file, runs, importedAtMs }) => ({
    ...{ import: name, file, runs, importedAt: new Date(importedAtMs).toISOString() },
  }));
  return `${JSON.stringify(rows, null, 2)}\n`;
}

function importsTable(imports: readonly ImportSummary[], width: number): string {
  const columns: readonly Column[] = [
    { title: 'Import', align: 'left', minWidth: 12 },
    { title: 'Runs', align: 'right' },
    { title: 'Imported', align: 'left', dropRank: 1 },
    { title: 'File', align: 'left', dropRank: 2 },
  ];
  const rows = imports.map(({ name, runs, importedAtMs, file }) => [
    name,
    printWhole(runs),
    new Date(importedAtMs).toISOString().slice(0, 10),
    file,
  ]);
  return textTable(columns, rows, { width, rule: null });
}

/** All runs of the books unless one origin is asked for: what is exported is to be looked at, not compared. */
async function exportRuns({ dataDir, values, io }: RunsCall, words: readonly string[]): Promise<void> {
  if (words.length > 0) throw new CliError('export takes options only; it writes to the standard output.', 2);
  const { runs } = await bookedRuns(dataDir, values.origin ?? 'all');
  io.stdout(writeRuns(runs));
}

function oneWord(words: readonly string[], sentence: string): string {
  const [word, ...rest] = words;
  if (word === undefined || word === '' || rest.length > 0) throw new CliError(sentence, 2);
  return word;
}

function nameOf(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > MAX_NAME || /\p{C}/u.test(name) || takenNames.has(name)) {
    throw new CliError(
      `--name: an import needs a name of up to ${MAX_NAME} characters that is none of ${[...takenNames].join(', ')}.`,
      2,
    );
  }
  return name;
}

function runsText(count: number): string {
  return `${printWhole(count)} ${count === 1 ? 'run' : 'runs'}`;
}

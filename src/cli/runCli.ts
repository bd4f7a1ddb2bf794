import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import packageJson from '../../package.json' with { type: 'json' };
import type { LedgerReader, ReportKey } from '../ledger/contract.ts';
import { ledgerPathOf } from '../ledger/ledgerFiles.ts';
import { dayNumberOf } from '../ledger/localDay.ts';
import { openLedgerReader } from '../ledger/openLedgerReader.ts';
import { workspaceTitles } from '../meter/workspaceTitles.ts';
import { callsText } from './callsCommand.ts';
import { CliError } from './cliError.ts';
import type { CliIo } from './cliIo.ts';
import { runCompare } from './compareCommand.ts';
import { deleteCalls } from './deleteCommand.ts';
import { disconnectAgents } from './disconnectCommand.ts';
import { dataDirToMake, findDataDir } from './findDataDir.ts';
import { helpText } from './helpText.ts';
import { type ImportArgs, runImport } from './importCommand.ts';
import { printableLines } from './printable.ts';
import { reconcileText } from './reconcileCommand.ts';
import { reportText } from './reportCommand.ts';
import { runInTask } from './runCommand.ts';
import { runProcess } from './runProcess.ts';
import { runRuns } from './runsCommand.ts';
import { runTask } from './taskCommand.ts';
import { followInterrupts } from './trial/followInterrupts.ts';
import { runTrialCommand } from './trial/trialCommand.ts';
import { runWatch } from './watchCommand.ts';

const reportKeys: readonly ReportKey[] = [
  ...(['model', 'session', 'day', 'agent', 'month', 'folder', 'branch', 'task', 'effort'] as const),
];

const optionTypes = {
  'data-dir': { type: 'string' },
  by: { type: 'string' },
  since: { type: 'string' },
  before: { type: 'string' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
  usd: { type: 'string' },
  thinking: { type: 'string' },
  output: { type: 'string' },
  'tool-calls': { type: 'string' },
  calls: { type: 'string' },
  'warn-only': { type: 'boolean' },
  steady: { type: 'boolean' },
  strict: { type: 'boolean' },
  'count-subscription': { type: 'boolean' },
  outcome: { type: 'string' },
  session: { type: 'string' },
  task: { type: 'string' },
  name: { type: 'string' },
  runs: { type: 'string' },
  origin: { type: 'string' },
  without: { type: 'string', multiple: true },
  'price-weights': { type: 'string' },
  resamples: { type: 'string' },
  seed: { type: 'string' },
  'by-task': { type: 'boolean' },
  'as-paid': { type: 'boolean' },
  home: { type: 'string' },
  agent: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

type OptionName = keyof typeof optionTypes;

const optionsOf: Readonly<Record<string, readonly OptionName[]>> = {
  report: ['data-dir', 'by', 'since', 'json'],
  calls: ['data-dir', 'json'],
  delete: ['data-dir', 'before', 'all', 'json'],
  disconnect: ['data-dir'],
  compare: [
    'data-dir',
    'runs',
    'origin',
    'without',
    'price-weights',
    'resamples',
    'seed',
    'by-task',
    'as-paid',
    'json',
  ],
  import: ['data-dir', 'home', 'agent', 'json'],
  watch: ['data-dir', 'home', 'agent', 'json'],
  reconcile: ['data-dir', 'json'],
  help: [],
};

const limitOptions: readonly OptionName[] = ['usd', 'thinking', 'output', 'tool-calls', 'calls'];

const taskOptionsOf: Readonly<Record<string, readonly OptionName[]>> = {
  new: [...limitOptions, 'warn-only', 'steady', 'strict', 'count-subscription'],
  list: [],
  show: [],
  extend: limitOptions,
  close: ['outcome'],
  assign: ['session'],
};

const runsOptionsOf: Readonly<Record<string, readonly OptionName[]>> = {
  import: ['name', 'json'],
  list: ['json'],
  export: ['origin'],
  remove: ['json'],
};

/** Runs one command and returns its exit code: 0, 1 where it failed, 2 where its arguments make no sense. Never throws. */
export async function runCli(args: readonly string[], io: CliIo): Promise<number> {
  try {
    if (args[0] === 'run') return await runRun(args.slice(1), io);
    if (args[0] === 'trial') return await runTrialCommand(args.slice(1), io);
    await runCommand(args, io);
    return 0;
  } catch (error) {
    if (error instanceof CliError) {
      io.stderr(printableLines(`${error.message}\n`));
      return error.exitCode;
    }
    io.stderr(printableLines(`Outlay failed: ${error instanceof Error ? error.message : String(error)}\n`));
    return 1;
  }
}

/** Runs the command of this process on its own terminal. A reader that goes away (`| head`) ends the output, not in an error. */
export async function runOnProcess(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') return;
      process.exitCode = 1;
      if (stream === process.stdout) process.stderr.write(`The output cannot be written (${error.code}).\n`);
    });
  }
  const programDir = dirname(realpathSync(process.argv[1] ?? ''));
  const exitCode = await runCli(process.argv.slice(2), {
    stdout: (text) => process.stdout.write(text),
    stdoutBytes: (bytes) => process.stdout.write(bytes),
    stderr: (text) => process.stderr.write(text),
    width: process.stdout.columns || Number(process.env['COLUMNS']) || 100,
    env: process.env,
    platform: process.platform,
    homeDir: homedir(),
    launcherDir: join(programDir, '../media/bin'),
    workerDir: programDir,
    programDir,
    onInterrupt: followInterrupts,
    meterHint: (dataDir) =>
      `Open VS Code with Outlay, or start it: ${process.execPath} ${join(programDir, 'meter.js')} --data-dir ${dataDir}`,
    run: runProcess,
  });
  // What could not be printed has failed, although the command has not.
  if (exitCode !== 0) process.exitCode = exitCode;
}

async function runCommand(args: readonly string[], io: CliIo): Promise<void> {
  const { values, positionals } = parse(args);
  const [command, ...extra] = positionals;
  if (values.version) return io.stdout(`${packageJson.version}\n`);
  if (values.help || command === 'help') return io.stdout(helpText);
  if (command === undefined)
    throw new CliError(
      'Say what to do: report, calls, import, compare, runs, task, run, trial, delete, disconnect or help.',
      2,
    );
  if (command === 'task') return runTaskCommand(extra, values, io);
  if (command === 'runs') return runRunsCommand(extra, values, io);
  const allowed = optionsOf[command];
  if (allowed === undefined) throw new CliError(`There is no command "${command}"; try "outlay help".`, 2);
  if (command === 'reconcile') return runReconcile(extra, values, io);
  if (extra.length > 0) throw new CliError(`"${extra[0]}" is too much; ${command} takes options only.`, 2);
  checkOptions(command, values, allowed);
  if (command === 'report') return runReport(values, io);
  if (command === 'calls') return runCalls(values, io);
  if (command === 'watch') return runWatch(importArgs(values, io), io);
  if (command === 'compare') return runCompare(values, io);
  if (command === 'import') return runImport(importArgs(values, io), io);
  if (command === 'disconnect') return io.stdout(await disconnectAgents(values['data-dir'], io));
  return runDelete(values, io);
}

/** `outlay run [options] -- command`; what follows "--" is the command's, options and all. */
async function runRun(args: readonly string[], io: CliIo): Promise<number> {
  const cut = args.indexOf('--');
  const { values, positionals } = parse(cut < 0 ? args : args.slice(0, cut));
  if (values.help) {
    io.stdout(helpText);
    return 0;
  }
  checkOptions('run', values, ['data-dir', 'task']);
  const command = [...positionals, ...(cut < 0 ? [] : args.slice(cut + 1))];
  return runInTask({ dataDir: findDataDir(values['data-dir'], io), taskId: values.task, command, io });
}

async function runTaskCommand(words: readonly string[], values: Values, io: CliIo): Promise<void> {
  const allowed = taskOptionsOf[words[0] ?? ''];
  if (allowed !== undefined) checkOptions(`task ${words[0]}`, values, [...allowed, 'data-dir', 'json']);
  await runTask({ dataDir: findDataDir(values['data-dir'], io), words, values, io });
}

async function runRunsCommand(words: readonly string[], values: Values, io: CliIo): Promise<void> {
  const allowed = runsOptionsOf[words[0] ?? ''];
  if (allowed !== undefined) checkOptions(`runs ${words[0]}`, values, [...allowed, 'data-dir']);
  await runRuns({ dataDir: findDataDir(values['data-dir'], io), words, values, io });
}

function checkOptions(command: string, values: Values, allowed: readonly OptionName[]): void {
  for (const name of Object.keys(values)) {
    if (!allowed.some((option) => option === name)) throw new CliError(`${command} has no option --${name}.`, 2);
  }
}

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: withNegativeValues(args), options: optionTypes, allowPositionals: true });
  } catch (error) {
    const [sentence = 'The arguments make no sense.'] = (error instanceof Error ? error.message : '').split(/(?<=\.) /);
    throw new CliError(sentence, 2);
  }
}

/** Binds a number below zero to the option before it, for which it is wrong and no option of its own: whoever reads it says so. */
function withNegativeValues(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const option = joined.at(-1) ?? '';
    const isBound = /^-\$?\d/.test(arg) && /^--[a-z-]+$/.test(option) && !joined.includes('--');
    if (isBound) joined.splice(-1, 1, `${option}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

function runReport(values: Values, io: CliIo): void {
  const by = reportKeys.find((key) => key === values.by);
  if (by === undefined) {
    const problem = values.by === undefined ? 'report needs --by' : `"${values.by}" is nothing to report by; say`;
    throw new CliError(`${problem} ${reportKeys.slice(0, -1).join(', ')} or ${reportKeys.at(-1)}.`, 2);
  }
  const sinceDay = values.since;
  if (sinceDay !== undefined) checkDay('--since', sinceDay);
  const json = values.json ?? false;
  const titles = by === 'folder' ? workspaceTitles(findDataDir(values['data-dir'], io)) : new Map<string, string>();
  withReader(values, io, (reader) => io.stdout(reportText(reader, { by, sinceDay, json, width: io.width, titles })));
}

function runCalls(values: Values, io: CliIo): void {
  const json = values.json ?? false;
  withReader(values, io, (reader) => io.stdout(callsText(reader, { json, width: io.width })));
}

function runReconcile(words: readonly string[], values: Values, io: CliIo): void {
  checkOptions('reconcile', values, ['data-dir', 'json']);
  const [session, ...extra] = words;
  if (session === undefined || extra.length > 0)
    throw new CliError('reconcile takes one session; see "outlay report".', 2);
  const json = values.json ?? false;
  withReader(values, io, (reader) => io.stdout(reconcileText(reader, session, { json, width: io.width })));
}

function importArgs(values: Values, io: CliIo): ImportArgs {
  const { home = null, agent = null, json = false } = values;
  return { dataDir: dataDirToMake(values['data-dir'], io), home, agent, json };
}

async function runDelete(values: Values, io: CliIo): Promise<void> {
  if ((values.before === undefined) === !values.all) {
    throw new CliError('delete needs either --all or --before YYYY-MM-DD.', 2);
  }
  if (values.before !== undefined) checkDay('--before', values.before);
  const beforeMs = values.before === undefined ? null : startOfLocalDay(values.before);
  const deleted = await deleteCalls(findDataDir(values['data-dir'], io), beforeMs, (text) => io.stderr(`${text}\n`));
  io.stdout(
    values.json ? `${JSON.stringify({ deleted })}\n` : `Deleted ${deleted} ${deleted === 1 ? 'call' : 'calls'}.\n`,
  );
}

function withReader(values: Values, io: CliIo, work: (reader: LedgerReader) => void): void {
  const path = ledgerPathOf(findDataDir(values['data-dir'], io));
  let reader: LedgerReader | null = null;
  try {
    reader = openLedgerReader(path);
    work(reader);
  } catch (error) {
    throw new CliError(`The ledger ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  } finally {
    reader?.close();
  }
}

function checkDay(option: string, text: string): void {
  if (dayNumberOf(text) === null) throw new CliError(`"${text}" is no day; ${option} takes YYYY-MM-DD.`, 2);
}

function startOfLocalDay(text: string): number {
  const [year = 0, month = 1, day = 1] = text.split('-').map(Number);
  return new Date(year, month - 1, day).getTime();
}

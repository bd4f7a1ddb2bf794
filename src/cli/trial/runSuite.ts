import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { systemClock } from '../../domain/clock.ts';
import { printUsd } from '../../domain/format.ts';
import { usdOf } from '../../domain/money.ts';
import type { SuiteCheck, TrialPlan, TrialRecord } from '../../protocol/trials.ts';
import { trialAgents } from '../../trials/agents/trialAgents.ts';
import { inspectRepository } from '../../trials/git/inspectRepository.ts';
import { type Preflight, preflight } from '../../trials/preflight.ts';
import { type ReadSuite, readSuite } from '../../trials/readSuite.ts';
import type { RunnerParts } from '../../trials/runnerParts.ts';
import { newTrial, resumedTrial, TrialRunner } from '../../trials/runTrial.ts';
import { CliError } from '../cliError.ts';
import type { CliIo } from '../cliIo.ts';
import { MeterBooks } from './meterBooks.ts';
import { oneTrial, type TrialCall } from './trialCall.ts';
import { suiteChoices } from './trialOptions.ts';
import { estimateText, labelOf, trialJson, trialText } from './trialText.ts';

/** `outlay trial run FILE`: 0 where the trial came to its end, 1 where it did not. */
export async function runSuite(call: TrialCall): Promise<number> {
  const { store, values, io } = call;
  const { suite, plan, text } = await readPlan(call);
  const isAccepted = values.accept === suite.hash || (await store.isAccepted(suite.hash));
  if (!isAccepted) {
    if (values.accept !== undefined) io.stderr('That is not the hash of this suite as it is now.\n');
    askToAccept({ suite, plan, text }, call);
    return 1;
  }
  await store.accept(suite.hash);
  const looked = await look(plan, call);
  for (const notice of looked.notices) io.stderr(`${notice}\n`);
  if (looked.facts === null || looked.problems.length > 0) throw new CliError(looked.problems.join('\n'));
  io.stderr(`Expected cost: ${estimateText(looked.estimate)}; at most ${printUsd(plan.totalLimitNanoUsd)}.\n`);
  const record = newTrial(looked, systemClock.nowMs());
  return finish(new TrialRunner(record, looked.facts, partsOf(call)), call);
}

/**
 * `outlay trial check FILE`: the same up to the first start. With `--run-checks` the set-up and the checks are run too, in copies that are
 * removed again, which needs the acceptance of the suite.
 */
export async function checkSuite(call: TrialCall): Promise<number> {
  const { values, io, store } = call;
  const { suite, plan, text } = await readPlan(call);
  const isAccepted = values.accept === suite.hash || (await store.isAccepted(suite.hash));
  const runsChecks = values['run-checks'] ?? false;
  if (runsChecks && !isAccepted) {
    askToAccept({ suite, plan, text }, call);
    return 1;
  }
  if (runsChecks) await store.accept(suite.hash);
  const looked = await look(plan, call);
  const tried = runsChecks ? await tryChecks(looked, call) : { problems: [], notices: values.json ? [] : notTried };
  const { estimate } = looked;
  const problems = [...looked.problems, ...tried.problems];
  const notices = [...looked.notices, ...tried.notices];
  const approvals = approvalsOf(plan);
  if (values.json) {
    const range = estimate && {
      lowUsd: usdOrNull(estimate.lowNanoUsd),
      highUsd: usdOrNull(estimate.highNanoUsd),
      basis: estimate.basis,
    };
    const found: SuiteCheck = {
      hash: suite.hash,
      ...{ isAccepted, problems, notices, approvals, text: exactText(suite, text) },
      commands: commandsOf(plan),
      runs: plan.runs * plan.contenders.length * plan.tasks.length,
      estimate: range,
      budgetUsd: usdOf(plan.totalLimitNanoUsd),
      runBudgetUsd: usdOf(plan.runLimitNanoUsd),
    };
    io.stdout(`${JSON.stringify(found, null, 2)}\n`);
  } else {
    const lines = [
      ...problems,
      ...notices,
      ...approvals,
      `Expected cost: ${estimateText(estimate)}.`,
      ...(estimate?.basis ?? []),
    ];
    io.stdout(`${lines.join('\n')}\n`);
  }
  return problems.length === 0 ? 0 : 1;
}

const notTried = [
  'Whether the set-up works and the checks fail before any work, only running them tells: --run-checks does, without any agent.',
];

/** Runs the set-ups and the checks, and leaves nothing behind. */
async function tryChecks(looked: Preflight, call: TrialCall): Promise<Pick<Preflight, 'problems' | 'notices'>> {
  if (looked.facts === null || looked.problems.length > 0) return { problems: [], notices: [] };
  const record = newTrial({ ...looked, notices: [] }, systemClock.nowMs());
  const runner = new TrialRunner(record, looked.facts, { ...partsOf(call), onChange: () => undefined });
  const release = call.io.onInterrupt(() => runner.cancel(), call.values['with-parent'] ?? false);
  try {
    const { problems, record: ended } = await runner.rehearse();
    const works = 'The set-up works, and the checks fail before any work, as they should.';
    return { problems, notices: problems.length === 0 && ended.notices.length === 0 ? [works] : ended.notices };
  } finally {
    release();
    await call.store.delete(record.id);
  }
}

/** `outlay trial resume ID`. What it does was accepted when it began. */
export async function resumeTrial(call: TrialCall): Promise<number> {
  const record = await oneTrial(call);
  if (record.state !== 'ended') throw new CliError('The trial is running.');
  if (record.end === 'finished') throw new CliError('The trial came to its end; there is nothing left to do.');
  const facts = await inspectRepository(record.plan.repository);
  const parts = partsOf(call);
  await parts.books.ensureMeter();
  return finish(new TrialRunner(resumedTrial(await settled(record, parts.books)), facts, parts), call);
}

/** With what the books say of runs that a kill interrupted: calls that were under way then were booked after their last figures. */
async function settled(record: TrialRecord, books: RunnerParts['books']): Promise<TrialRecord> {
  const runs = record.runs.map(async (run) => {
    if (run.outcome !== 'interrupted' || run.taskId === null) return run;
    const figures = await books.figures(run.taskId, run.startedAtMs ?? record.createdAtMs);
    return figures.costNanoUsd === null ? run : { ...run, figures };
  });
  return { ...record, runs: await Promise.all(runs) };
}

async function finish(runner: TrialRunner, { io, values }: TrialCall): Promise<number> {
  io.stderr(`${runner.record.id}\n`);
  const release = io.onInterrupt(() => {
    io.stderr('Ending the runs...\n');
    runner.cancel();
  }, values['with-parent'] ?? false);
  try {
    const record = await runner.run();
    io.stdout(values.json ? `${JSON.stringify(trialJson(record), null, 2)}\n` : trialText(record, io.width));
    // The text for people says it too.
    if (values.json && record.end === 'failed') io.stderr(`${record.because ?? 'It failed.'}\n`);
    return record.end === 'finished' ? 0 : 1;
  } finally {
    release();
  }
}

function partsOf(call: TrialCall): RunnerParts {
  const { store, dataDir, io, values } = call;
  const shown = new Map<number, string>();
  return {
    store,
    books: new MeterBooks(dataDir, io),
    keeper: { nodePath: process.execPath, script: join(io.programDir, 'trialKeeper.js') },
    user: userFacts(io),
    clock: systemClock,
    worktreeRoot: worktreeRootOf(io),
    onChange: (record) => {
      if (!values.json) showProgress(record, shown, io);
    },
  };
}

/** A line for each new state of a run. */
function showProgress(record: TrialRecord, shown: Map<number, string>, io: CliIo): void {
  for (const run of record.runs) {
    const state = run.outcome ?? run.phase;
    if (run.phase === 'waiting' || shown.get(run.number) === state) continue;
    shown.set(run.number, state);
    const cost =
      run.outcome === null || run.figures?.costNanoUsd == null ? '' : `, ${printUsd(run.figures.costNanoUsd)}`;
    io.stderr(`run ${run.number} of ${record.runs.length}, ${labelOf(record.plan, run)}: ${state}${cost}\n`);
  }
}

interface PlanRead {
  readonly suite: ReadSuite;
  readonly plan: TrialPlan;
  readonly text: string;
}

async function readPlan({ words, values, io }: TrialCall): Promise<PlanRead> {
  const [file, ...rest] = words;
  if (file === undefined || rest.length > 0) throw new CliError('This needs one suite: outlay trial run FILE.', 2);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new CliError(`There is no suite ${file}.`);
    throw new CliError(`The suite ${file} cannot be read: ${error.message}.`);
  });
  const folder = dirname(resolve(file));
  const suite = await readSuite({
    text,
    fallbackName: basename(file, extname(file)),
    repository: resolve(values.repository ?? folder),
    choices: suiteChoices(values),
    readPrompt: (path) => readFile(isAbsolute(path) ? path : join(folder, path), 'utf8').catch(() => null),
  });
  if (suite.plan === null) {
    if (values.json) io.stdout(`${JSON.stringify({ hash: suite.hash, problems: suite.problems })}\n`);
    throw new CliError(suite.problems.join('\n'));
  }
  return { suite, plan: suite.plan, text };
}

function look(plan: TrialPlan, call: TrialCall): Promise<Preflight> {
  const { books, user, worktreeRoot } = partsOf(call);
  return preflight(plan, { books, user, worktreeRoot });
}

/** Everything that an acceptance is about: the suite, and the files of its prompts after it. */
function exactText({ promptFiles }: ReadSuite, text: string): string {
  return [text.trimEnd(), ...promptFiles.map((file) => `# The file ${file.path}:\n${file.text.trimEnd()}`)].join(
    '\n\n',
  );
}

/** The exact text, and in short what it does to this machine. */
function askToAccept({ suite, plan, text }: PlanRead, { io, values }: TrialCall): void {
  if (values.json) {
    io.stdout(
      `${JSON.stringify({ hash: suite.hash, accepted: false, text: exactText(suite, text), commands: commandsOf(plan), approvals: approvalsOf(plan), prompts: plan.tasks.map(({ prompt }) => prompt) }, null, 2)}\n`,
    );
  }
  io.stderr(
    [
      exactText(suite, text),
      '',
      'This runs on your machine, as you:',
      ...commandsOf(plan).map((command) => `  ${command}`),
      ...approvalsOf(plan),
      '',
      `If that is what you want, run it again with --accept ${suite.hash}`,
      '',
    ].join('\n'),
  );
}

function commandsOf({ tasks, contenders }: TrialPlan): readonly string[] {
  const commands = [
    ...tasks.flatMap(({ setup, checks }) => [
      ...(setup === null ? [] : [setup]),
      ...checks.map(({ command }) => command),
    ]),
    ...contenders.flatMap(({ command, args }) => [
      ...(command === null ? [] : [JSON.stringify(command)]),
      ...(args.length === 0 ? [] : [`agent arguments ${JSON.stringify(args)}`]),
    ]),
  ];
  return [...new Set(commands)];
}

function approvalsOf({ contenders }: TrialPlan): readonly string[] {
  return [...new Set(contenders.map(({ agent }) => trialAgents[agent].approval))];
}

export function userFacts({ env, platform, homeDir }: CliIo): RunnerParts['user'] {
  const exists = (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  return { env, platform, homeDir, exists };
}

/** The user's cache, since all of it can be made again; OUTLAY_TRIALS_DIR names another place. */
function worktreeRootOf({ env, platform, homeDir }: CliIo): string {
  const named = env['OUTLAY_TRIALS_DIR'];
  if (named) return resolve(named);
  const home = homeDir || homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'outlay', 'trials');
  if (platform === 'win32') return join(env['LOCALAPPDATA'] || join(home, 'AppData', 'Local'), 'outlay', 'trials');
  return join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'outlay', 'trials');
}

function usdOrNull(amount: number | null): number | null {
  return amount === null ? null : usdOf(amount);
}

import { parseArgs } from 'node:util';
import { parseAmount } from '../../domain/parseAmount.ts';
import { parseContender, type SuiteChoices } from '../../trials/readSuite.ts';
import { CliError } from '../cliError.ts';

const types = {
  'data-dir': { type: 'string' },
  repository: { type: 'string' },
  models: { type: 'string' },
  runs: { type: 'string' },
  parallel: { type: 'string' },
  seed: { type: 'string' },
  budget: { type: 'string' },
  'run-budget': { type: 'string' },
  accept: { type: 'string' },
  'run-checks': { type: 'boolean' },
  'with-parent': { type: 'boolean' },
  run: { type: 'string' },
  branch: { type: 'string' },
  patch: { type: 'string' },
  here: { type: 'boolean' },
  dirty: { type: 'boolean' },
  limit: { type: 'string' },
  commits: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export type TrialOption = keyof typeof types;

export type TrialValues = ReturnType<typeof parseTrialOptions>['values'];

/** @throws CliError with the first sentence of what is wrong. */
export function parseTrialOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: types, allowPositionals: true });
  } catch (error) {
    const [sentence = 'The arguments make no sense.'] = (error instanceof Error ? error.message : '').split('. ');
    throw new CliError(sentence, 2);
  }
}

/** What the command line says above the suite. */
export function suiteChoices(values: TrialValues): SuiteChoices {
  return {
    contenders: values.models === undefined ? null : values.models.split(',').map(contenderOf),
    runs: countOf('runs', values.runs, 100),
    parallel: countOf('parallel', values.parallel, 16),
    seed: countOf('seed', values.seed, 4_294_967_295),
    totalLimitNanoUsd: usdOf('budget', values.budget),
    runLimitNanoUsd: usdOf('run-budget', values['run-budget']),
  };
}

/** A number of the command line; null where it was not given. */
export function countOf(name: string, text: string | undefined, most: number): number | null {
  if (text === undefined) return null;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= most) return value;
  throw new CliError(`--${name} takes a whole number from 1 to ${most}.`, 2);
}

function usdOf(name: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  const parsed = parseAmount('costNanoUsd', text);
  if (parsed.ok) return parsed.value;
  throw new CliError(`--${name}: ${parsed.problem}`, 2);
}

function contenderOf(text: string) {
  const read = parseContender(text.trim());
  if (typeof read === 'string') throw new CliError(read, 2);
  return read;
}

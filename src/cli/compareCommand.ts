import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { compareRuns } from '../analysis/compareRuns.ts';
import { type CompareOptions, defaultCompareOptions } from '../analysis/contract.ts';
import type { Run } from '../domain/run.ts';
import { type ReadRuns, readRuns } from '../runs/readRuns.ts';
import { type BookedRuns, bookedRuns } from './bookedRuns.ts';
import { CliError } from './cliError.ts';
import type { CliIo } from './cliIo.ts';
import { compareJson } from './compareJson.ts';
import { comparisonText } from './comparisonText.ts';
import { findDataDir } from './findDataDir.ts';
import { jsonLines } from './jsonLines.ts';
import { notTakenText } from './notTakenText.ts';

/** Options of `outlay compare`, as `parseArgs` gives them. */
export interface CompareValues {
  readonly 'data-dir'?: string | undefined;
  readonly runs?: string | undefined;
  readonly origin?: string | undefined;
  readonly without?: readonly string[] | undefined;
  readonly 'price-weights'?: string | undefined;
  readonly resamples?: string | undefined;
  readonly seed?: string | undefined;
  readonly 'by-task'?: boolean | undefined;
  readonly 'as-paid'?: boolean | undefined;
  readonly json?: boolean | undefined;
}

const MAX_RESAMPLES = 1_000_000;

/** Runs `outlay compare`. Throws a sentence where the arguments make no sense or there is nothing to read. */
export async function runCompare(values: CompareValues, io: CliIo): Promise<void> {
  if (values.runs !== undefined && values['data-dir'] !== undefined) {
    throw new CliError('Say either --runs FILE or --data-dir DIR: a file is compared by itself.', 2);
  }
  if (values.runs !== undefined && values.origin !== undefined) {
    throw new CliError('--origin chooses among the runs of a data folder; a file is compared by itself.', 2);
  }
  const options = optionsOf(values);
  const booked =
    values.runs === undefined
      ? await bookedRuns(findDataDir(values['data-dir'], io), values.origin ?? null)
      : fromFile(values.runs, io);
  checkWithout(options.without, booked.runs);
  const comparison = compareRuns(booked.runs, options, {
    leftOut: { sharedTasks: booked.sharedTasks, otherOrigins: booked.otherOrigins },
  });
  for (const note of booked.notes) io.stderr(`${note}\n`);
  if (!values.json) return io.stdout(comparisonText(comparison, io.width));
  for (const piece of jsonLines(compareJson(comparison))) io.stdout(piece);
}

/** Reads a file of runs. Throws a sentence where it cannot be read at all. */
export function readRunsFile(path: string, name: string): ReadRuns & { readonly ok: true } {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new CliError(`The file ${path} cannot be read (${code}).`);
  }
  const read = readRuns(bytes, `import:${name}`);
  if (!read.ok) throw new CliError(`Nothing was taken from ${path}. ${read.refusal}`);
  return read;
}

function fromFile(path: string, io: CliIo): BookedRuns {
  const read = readRunsFile(path, basename(path));
  if (read.notTaken.length > 0) io.stderr(notTakenText(read, 'compared'));
  if (read.runs.length === 0) throw new CliError(`No run could be taken from ${path}.`);
  return { runs: read.runs, sharedTasks: 0, otherOrigins: 0, notes: [] };
}

function optionsOf(values: CompareValues): CompareOptions {
  return {
    without: values.without ?? [],
    priceWeights: weightsOf(values['price-weights']),
    resamples: wholeNumber('--resamples', values.resamples, {
      otherwise: defaultCompareOptions.resamples,
      most: MAX_RESAMPLES,
    }),
    seed: wholeNumber('--seed', values.seed, { otherwise: defaultCompareOptions.seed, most: Number.MAX_SAFE_INTEGER }),
    byTask: values['by-task'] ?? false,
    reprice: !(values['as-paid'] ?? false),
  };
}

function weightsOf(text: string | undefined): CompareOptions['priceWeights'] {
  if (text === undefined) return defaultCompareOptions.priceWeights;
  const parts = text.split(',').map((part) => part.trim());
  const [input = Number.NaN, output = Number.NaN] = parts.map((part) =>
    /^(?:\d{1,9}(?:\.\d{1,12})?|\.\d{1,12})$/.test(part) ? Number(part) : Number.NaN,
  );
  if (parts.length !== 2 || Number.isNaN(input) || Number.isNaN(output) || input + output === 0) {
    throw new CliError('--price-weights takes two numbers, at least one above 0, for example 1,1 or 3,1.', 2);
  }
  return { input, output };
}

function wholeNumber(
  option: string,
  text: string | undefined,
  { otherwise, most }: { readonly otherwise: number; readonly most: number },
): number {
  if (text === undefined) return otherwise;
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value > most) {
    throw new CliError(`${option} takes a whole number up to ${most.toLocaleString('en-US')}.`, 2);
  }
  return value;
}

/** A name that is not there is more likely misspelt than meant. */
function checkWithout(names: readonly string[], runs: readonly Run[]): void {
  const models = [...new Set(runs.map(({ model }) => model))].toSorted();
  for (const name of names) {
    const isKnown = models.some(
      (model) => name === model || name.startsWith(`${model} (`) || name.startsWith(`${model} in `),
    );
    if (!isKnown) throw new CliError(`--without: there is no model "${name}"; there are ${models.join(', ')}.`, 2);
  }
}

import { createHash } from 'node:crypto';
import type { Run, RunListPrice, RunOrigin } from '../domain/run.ts';
import { type FileRow, fileRows, type RowProblem } from './fileRows.ts';
import { amountCell, type Cell, nameCell, passedCell, timeCell, usdCell } from './runCells.ts';
import type { RunColumn } from './runColumns.ts';

/** What a file of runs came to: what was taken, what was not and why. */
export type ReadRuns =
  | {
      readonly ok: true;
      readonly runs: readonly Run[];
      /** Rows of the file, the first line left out. */
      readonly rows: number;
      /** In the order of the file. */
      readonly notTaken: readonly RowProblem[];
      /** Columns that were read, and those that mean nothing here. */
      readonly columns: readonly string[];
      readonly ignoredColumns: readonly string[];
    }
  | { readonly ok: false; readonly refusal: string };

type Fields = Omit<Run, 'id' | 'origin'>;

/**
 * Reads a file of runs, CSV or JSON lines. A row is taken whole or not at all: one impossible value (negative, no number, more thinking than output) leaves it
 * out with its reason. A row that names the same task, model, effort and run as an earlier one, or that has no run and is equal to an earlier one in every
 * figure, is the same run a second time and is not taken. Never throws. O(bytes).
 */
export function readRuns(bytes: Uint8Array, origin: RunOrigin): ReadRuns {
  const file = fileRows(bytes);
  if (!file.ok) return file;
  const notTaken: RowProblem[] = [...file.problems];
  const runs: Run[] = [];
  const firstLines = new Map<string, number>();
  const attempts = new Map<string, number>();
  for (const row of file.rows) {
    const read = readRow(row);
    if (!read.ok) {
      notTaken.push({ line: row.line, reason: read.problem });
      continue;
    }
    const key = identityOf(read.value);
    const earlier = firstLines.get(key);
    if (earlier !== undefined && isSameRun(read.value)) {
      notTaken.push({ line: row.line, reason: `is the same run as line ${earlier}` });
      continue;
    }
    firstLines.set(key, earlier ?? row.line);
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    runs.push({ id: idOf(origin, key, attempt), origin, ...read.value });
  }
  return {
    ok: true,
    runs,
    rows: file.rows.length + file.problems.length,
    notTaken: notTaken.toSorted((a, b) => a.line - b.line),
    columns: [...file.columns.at.keys()],
    ignoredColumns: file.columns.ignored,
  };
}

function readRow({ text }: FileRow): Cell<Fields> {
  const problems: string[] = [];
  const take = <T>(column: RunColumn, read: (text: string) => Cell<T>): T | null => {
    const cell = read(text(column));
    if (cell.ok) return cell.value;
    problems.push(`${column} ${cell.problem}`);
    return null;
  };
  const task = take('task', nameCell);
  const model = take('model', nameCell);
  const passed = take('passed', passedCell);
  const isCensored = take('censored', passedCell) === true;
  if (isCensored && passed === true)
    problems.push('censored is 1, and passed too: a run that a budget stopped did not pass');
  const fields = {
    effort: take('effort', nameCell),
    agent: null,
    run: take('run', nameCell),
    // How it would have ended is open, whether or not its source counts it as failed.
    passed: isCensored ? null : passed,
    isCensored,
    costNanoUsd: take('cost_usd', usdCell),
    costWithoutThinkingNanoUsd: take('cost_without_thinking_usd', usdCell),
    inputTokens: take('input_tokens', amountCell),
    cacheReadTokens: take('cache_read_tokens', amountCell),
    cacheWriteTokens: take('cache_write_tokens', amountCell),
    outputTokens: take('output_tokens', amountCell),
    thinkingTokens: take('thinking_tokens', amountCell),
    calls: take('calls', amountCell),
    seconds: take('seconds', amountCell),
    startedAtMs: take('started_at', timeCell),
    listPrice: listPrice(take('input_usd_per_mtok', usdCell), take('output_usd_per_mtok', usdCell)),
  };
  if (problems.length === 0 && task === null) problems.push('names no task');
  if (problems.length === 0 && model === null) problems.push('names no model');
  problems.push(...contradictions(fields));
  if (task === null || model === null || problems.length > 0) return { ok: false, problem: problems.join('; ') };
  return { ok: true, value: { task, taskTitle: task, model, ...fields } };
}

function listPrice(input: number | null, output: number | null): RunListPrice | null {
  if (input === null || output === null) return null;
  return {
    inputNanoUsdPerMtok: input,
    outputNanoUsdPerMtok: output,
    cacheReadNanoUsdPerMtok: null,
    cacheWriteNanoUsdPerMtok: null,
  };
}

/** What cannot be true together. Half a percent is the rounding of figures with three digits. */
function contradictions(fields: Omit<Fields, 'task' | 'taskTitle' | 'model'>): readonly string[] {
  const { thinkingTokens, outputTokens, costNanoUsd, costWithoutThinkingNanoUsd } = fields;
  const found: string[] = [];
  if (thinkingTokens !== null && outputTokens !== null && thinkingTokens > outputTokens) {
    found.push(`thinking_tokens is ${thinkingTokens} and output_tokens, of which it is a part, ${outputTokens}`);
  }
  if (costNanoUsd !== null && costWithoutThinkingNanoUsd !== null && costWithoutThinkingNanoUsd > costNanoUsd * 1.005) {
    found.push('cost_without_thinking_usd is more than cost_usd');
  }
  return found;
}

/** What makes two rows the same run: their names and run, or without a run every figure. */
function identityOf(fields: Fields): string {
  const { task, model, effort, run } = fields;
  return JSON.stringify(run === null ? fields : [task, model, effort, run]);
}

/** Rows without a run and without any figure are attempts that happen to look alike: two failures of the same task. */
function isSameRun(fields: Fields): boolean {
  const figures = [
    fields.costNanoUsd,
    fields.inputTokens,
    fields.outputTokens,
    fields.thinkingTokens,
    fields.seconds,
    fields.startedAtMs,
  ];
  return fields.run !== null || figures.some((figure) => figure !== null);
}

/** The same row of the same import has the same id again, wherever in the file it stands. */
function idOf(origin: RunOrigin, key: string, attempt: number): string {
  return createHash('sha256')
    .update(JSON.stringify([origin, key, attempt]))
    .digest('hex')
    .slice(0, 32);
}

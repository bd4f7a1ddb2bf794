import type { Run } from '../domain/run.ts';
import { runColumns } from './runColumns.ts';

type Column = (typeof runColumns)[number];

function byName(a: Run, b: Run): number {
  return compare(a.taskTitle, b.taskTitle) || compare(a.model, b.model) || (a.startedAtMs ?? 0) - (b.startedAtMs ?? 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Runs as CSV with the columns that are read as well, by task, model and start. Unknown is empty; a run that a budget stopped has no outcome and is marked. Own tasks are written with their
 * title, and with their id where two tasks have the same. Agent and origin have no column.
 */
export function writeRuns(runs: readonly Run[]): string {
  const tasksOfTitle = new Map<string, Set<string>>();
  for (const { task, taskTitle } of runs)
    tasksOfTitle.set(taskTitle, (tasksOfTitle.get(taskTitle) ?? new Set()).add(task));
  const lines = runs.toSorted(byName).map((run) => {
    const isUnique = tasksOfTitle.get(run.taskTitle)?.size === 1;
    const texts = textsOf(run, isUnique ? run.taskTitle : `${run.taskTitle} (${run.task})`);
    return runColumns.map((column) => quoted(texts[column])).join(',');
  });
  return `${[runColumns.join(','), ...lines].join('\n')}\n`;
}

function textsOf(run: Run, task: string): Readonly<Record<Column, string>> {
  return {
    task,
    model: run.model,
    effort: run.effort ?? '',
    run: run.run ?? '',
    passed: run.passed === null ? '' : run.passed ? '1' : '0',
    censored: run.isCensored ? '1' : '',
    cost_usd: usdText(run.costNanoUsd),
    input_tokens: amountText(run.inputTokens),
    cache_read_tokens: amountText(run.cacheReadTokens),
    cache_write_tokens: amountText(run.cacheWriteTokens),
    output_tokens: amountText(run.outputTokens),
    thinking_tokens: amountText(run.thinkingTokens),
    calls: amountText(run.calls),
    seconds: amountText(run.seconds),
    started_at: run.startedAtMs === null ? '' : new Date(run.startedAtMs).toISOString(),
    input_usd_per_mtok: usdText(run.listPrice?.inputNanoUsdPerMtok ?? null),
    output_usd_per_mtok: usdText(run.listPrice?.outputNanoUsdPerMtok ?? null),
  };
}

function amountText(value: number | null): string {
  return value === null ? '' : String(value);
}

/** The decimal point is moved in the text, as it is when the figure is read, so that it comes back exactly; the short spelling where that does, too. */
function usdText(nanoUsd: number | null): string {
  if (nanoUsd === null) return '';
  const exact = shifted(String(nanoUsd), -9);
  const short = String(Number(exact));
  return Number(shifted(short, 9)) === nanoUsd ? short : exact;
}

function shifted(text: string, places: number): string {
  const [digits = '0', exponent = '0'] = text.split('e');
  return `${digits}e${Number(exponent) + places}`;
}

function quoted(text: string): string {
  return /[",;|\t\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

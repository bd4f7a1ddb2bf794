import type { RowProblem } from '../runs/fileRows.ts';
import { printableLines } from './printable.ts';

/** Reasons that are printed one by one; beyond them their number says enough. */
const MAX_LINES = 20;

export interface Taken {
  readonly runs: readonly unknown[];
  readonly notTaken: readonly RowProblem[];
  readonly ignoredColumns: readonly string[];
}

/** What was not taken from a file and why, in lines. `done` says what happened to the rest: "compared", "imported". */
export function notTakenText({ runs, notTaken, ignoredColumns }: Taken, done: string): string {
  const count = (value: number) => `${value.toLocaleString('en-US')} ${value === 1 ? 'run' : 'runs'}`;
  const lines = [
    `${count(runs.length)} ${done}, ${notTaken.length.toLocaleString('en-US')} not taken${notTaken.length === 0 ? '.' : ':'}`,
  ];
  lines.push(...notTaken.slice(0, MAX_LINES).map(({ line, reason }) => `  line ${line} ${reason}.`));
  if (notTaken.length > MAX_LINES) lines.push(`  and ${(notTaken.length - MAX_LINES).toLocaleString('en-US')} more.`);
  if (ignoredColumns.length > 0) lines.push(`Columns that mean nothing here: ${ignoredColumns.join(', ')}.`);
  return printableLines(`${lines.join('\n')}\n`);
}

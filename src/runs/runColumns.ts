/** The columns of a file of runs, in the order that they are written in. `task` and `model` are needed; what else is missing is unknown. */
export const runColumns = [
  'task',
  'model',
  'effort',
  'run',
  'passed',
  'censored',
  'cost_usd',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'output_tokens',
  'thinking_tokens',
  'calls',
  'seconds',
  'started_at',
  'input_usd_per_mtok',
  'output_usd_per_mtok',
] as const;

/** Read, never written: a source may know what thinking cost without knowing how many tokens it took. */
const readOnlyColumns = ['cost_without_thinking_usd'] as const;

export type RunColumn = (typeof runColumns)[number] | (typeof readOnlyColumns)[number];

/** Other names that public tables use, after normalising. A column of the right name goes first. */
const otherNames: Readonly<Record<string, RunColumn>> = {
  actual_cost_usd: 'cost_usd',
  prompt_tokens: 'input_tokens',
  completion_tokens: 'output_tokens',
};

/** What a header says: where each column is, and what is not used. */
export interface ColumnMap {
  /** Position in a row, or key in an object, by column. */
  readonly at: ReadonlyMap<RunColumn, string>;
  /** Names as they stand in the file, of columns that mean nothing here. */
  readonly ignored: readonly string[];
  /** What makes the header useless, in one sentence; null where it is fine. */
  readonly problem: string | null;
}

/** Reads names of columns; case, spaces and hyphens do not count. `names` pairs the name in the file with where it is. */
export function mapColumns(names: readonly (readonly [name: string, at: string])[]): ColumnMap {
  const at = new Map<RunColumn, string>();
  const ignored: string[] = [];
  const twice: string[] = [];
  const candidates = names.map(([name, where]) => ({ name, where, ...columnOf(name) }));
  for (const { name, where, column, isExact } of candidates.toSorted((a, b) => Number(b.isExact) - Number(a.isExact))) {
    if (column === null) ignored.push(name);
    else if (!at.has(column)) at.set(column, where);
    else if (isExact) twice.push(column);
    else ignored.push(name);
  }
  return { at, ignored: ignored.filter((name) => name !== ''), problem: problemOf(at, names, twice) };
}

function columnOf(name: string): { readonly column: RunColumn | null; readonly isExact: boolean } {
  const normal = name.trim().toLowerCase().replace(/[ -]/g, '_');
  const exact = [...runColumns, ...readOnlyColumns].find((column) => column === normal);
  if (exact !== undefined) return { column: exact, isExact: true };
  return { column: Object.hasOwn(otherNames, normal) ? (otherNames[normal] ?? null) : null, isExact: false };
}

function problemOf(
  at: ReadonlyMap<RunColumn, string>,
  names: readonly (readonly [string, string])[],
  twice: readonly string[],
): string | null {
  if (twice.length > 0) return `The column ${twice[0]} is there twice, so that nobody can tell which one counts.`;
  const missing = (['task', 'model'] as const).filter((column) => !at.has(column));
  if (missing.length === 0) return null;
  const found = names.map(([name]) => name.slice(0, 40)).slice(0, 20);
  return `There is no column ${missing.join(' and no column ')}; the first line has ${found.length === 0 ? 'nothing' : found.join(', ')}.`;
}

import type { HistoryRow, HistoryRowKey } from '../domain/usageRows.ts';
import { authNamed } from './callRow.ts';
import { dayText } from './localDay.ts';
import { type PackedValue, packedRows } from './packedRows.ts';
import { integerOf, type Statements, textOf, textOrNull } from './sqlite.ts';

type TextsOf = (statements: Statements, ids: ReadonlySet<unknown>) => ReadonlyMap<unknown, string | null>;

/** The column of rollups that tells the keys of a history apart, and where the texts of its numbers are. */
const historyKeys: Readonly<Record<HistoryRowKey, { readonly column: string; readonly textsOf: TextsOf }>> = {
  model: { column: 'model', textsOf: namesOf },
  effort: { column: 'effort', textsOf: namesOf },
  agent: { column: 'agent', textsOf: namesOf },
  folder: { column: 'workspace', textsOf: foldersOf },
  branch: { column: 'task', textsOf: (statements) => textsOfTasks(statements, 'branch') },
  task: { column: 'task', textsOf: (statements) => textsOfTasks(statements, 'id') },
};

type Sums = { -readonly [Name in keyof HistoryRow]: HistoryRow[Name] };

/** After day, key and authorisation. */
const sumColumns = [
  ...['calls', 'output_tokens', 'thinking_tokens', 'unknown_thinking_calls', 'cost_nano_usd', 'unpriced_calls'],
  ...['estimated_calls', 'partial_calls'],
];

/** Use by key and local day, newest day first. Added up here: SQL would sort all rollups first, which takes twice as long. O(rollups). */
export function historyRows(statements: Statements, by: HistoryRowKey): readonly HistoryRow[] {
  const { column, textsOf } = historyKeys[by];
  const rows = packedRows(statements, { columns: ['day', column, 'auth', ...sumColumns], from: 'FROM rollups' });
  const texts = textsOf(statements, new Set(rows.map((row) => row[1])));
  const days = new Map<number, Map<string | null, Sums[]>>();
  for (const row of rows) {
    const day = Number(row[0]);
    const keys = days.get(day) ?? new Map<string | null, Sums[]>();
    if (keys.size === 0) days.set(day, keys);
    addRow(keys, row, texts.get(row[1]) ?? null);
  }
  const newestFirst = [...days].toSorted(([a], [b]) => b - a);
  return newestFirst.flatMap(([day, keys]) => {
    const text = dayText(day);
    return [...keys.values()].flatMap((all) => all.map((sums): HistoryRow => ({ ...sums, day: text })));
  });
}

/** A key has a sum for each kind of authorisation, of which there are three at most. */
function addRow(keys: Map<string | null, Sums[]>, row: readonly PackedValue[], key: string | null): void {
  const auth = authNamed(row[2]);
  const all = keys.get(key) ?? [];
  if (all.length === 0) keys.set(key, all);
  const known = all.find((other) => other.auth === auth);
  const sums = known ?? { day: '', key, auth, ...none };
  if (known === undefined) all.push(sums);
  sums.calls += Number(row[3]);
  sums.outputTokens += Number(row[4]);
  sums.thinkingTokens += Number(row[5]);
  sums.unknownThinkingCalls += Number(row[6]);
  sums.costNanoUsd += Number(row[7]);
  sums.unpricedCalls += Number(row[8]);
  sums.estimatedCalls += Number(row[9]);
  sums.partialCalls += Number(row[10]);
}

const none = {
  ...{ calls: 0, outputTokens: 0, thinkingTokens: 0, unknownThinkingCalls: 0, costNanoUsd: 0, unpricedCalls: 0 },
  ...{ estimatedCalls: 0, partialCalls: 0 },
};

/** Titles of all tasks, by their id. */
export function taskTitles(statements: Statements): ReadonlyMap<string, string> {
  const rows = packedRows(statements, { columns: ['id', 'title'], from: 'FROM tasks' });
  return new Map(rows.map(([id, title]) => [String(id), String(title)]));
}

function namesOf(statements: Statements, ids: ReadonlySet<unknown>): ReadonlyMap<unknown, string> {
  const texts = new Map<unknown, string>();
  for (const id of ids) {
    const row = statements.get('SELECT name FROM names WHERE id = ?', Number(id));
    if (row !== undefined) texts.set(id, textOf(row, 'name'));
  }
  return texts;
}

function textsOfTasks(statements: Statements, column: 'id' | 'branch'): ReadonlyMap<unknown, string | null> {
  const rows = packedRows(statements, { columns: ['seq', column], from: 'FROM tasks' });
  return new Map(rows.map(([seq, text]) => [seq, text === null ? null : String(text)]));
}

/** The path that the newest task of each workspace was made in; the workspace's id where it had none. One pass over tasks, not one a row. */
function foldersOf(statements: Statements, ids: ReadonlySet<unknown>): ReadonlyMap<unknown, string> {
  const texts = new Map(namesOf(statements, ids));
  const rows = statements.all(
    `SELECT t.workspace AS workspace, t.folder AS folder, max(t.seq) FROM tasks t
     WHERE t.folder IS NOT NULL AND t.workspace IS NOT NULL GROUP BY t.workspace`,
  );
  for (const row of rows) texts.set(integerOf(row, 'workspace'), textOrNull(row, 'folder') ?? '');
  return texts;
}

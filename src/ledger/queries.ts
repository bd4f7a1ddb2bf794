import type { CallRecord } from '../domain/call.ts';
import { learnCorrections, type SessionPart } from '../domain/logCorrection.ts';
import { latestPrices } from './bookedPrices.ts';
import { BothWays, type SeenBothWays } from './bothWays.ts';
import { authOf, keyOf, recordOf, selectCalls } from './callRow.ts';
import type { CallsQuery, LedgerReader, ReportKey, ReportQuery, ReportRow, SessionPartsQuery } from './contract.ts';
import { historyRows, taskTitles } from './historyRows.ts';
import { dayNumberOf, dayText } from './localDay.ts';
import type { Names } from './names.ts';
import { newestRequests } from './newestRequests.ts';
import { reconciledCalls } from './reconciledCalls.ts';
import { taskHeads, taskUsage } from './repricedTasks.ts';
import { partRowsOf, startOfNewest } from './rollups.ts';
import { importedRuns, importSummaries } from './runStore.ts';
import { integerOf, integerOrNull, type SqlRow, type SqlValue, type Statements, textOf } from './sqlite.ts';
import { folderOf } from './taskRow.ts';
import { taskRuns } from './taskRuns.ts';
import { countsOf } from './toldRecord.ts';
import { modelUsage } from './usageQueries.ts';

/** What a connection answers; `LedgerReader` without the closing. */
export type LedgerQueries = Omit<LedgerReader, 'close'>;

/**
 * Reads of one connection. Throws what SQLite throws, and DamagedRow for rows that nothing of ours can have written. `kept` is what the
 * connection that writes keeps up to date; any other adds it up when it is asked.
 */
export function ledgerQueries(statements: Statements, names: Names, kept?: BothWays): LedgerQueries {
  const bothWays = (): readonly SeenBothWays[] => (kept ?? new BothWays(statements, names)).sessions();
  return {
    report: (query) => reportRows(statements, query),
    calls: (query) => callRecords(statements, names, query),
    reconcile: (session) => reconciledCalls(statements, names, session),
    taskHeads: (find, limit) => taskHeads(statements, find, limit),
    taskUsage: (taskId) => taskUsage(statements, taskId),
    newestRequests: (limit) => newestRequests(statements, names, limit),
    sessionsBothWays: (limit) =>
      bothWays()
        .slice(0, limit)
        .map(({ session, agent, callsBothWays, lastCallAtMs }) => ({ session, agent, callsBothWays, lastCallAtMs })),
    corrections: () => learnCorrections(bothWays()),
    sessionParts: (query) => sessionParts(statements, query),
    imports: () => importSummaries(statements),
    importedRuns: (name) => importedRuns(statements, name),
    taskRuns: () => taskRuns(statements),
    latestPrices: () => latestPrices(statements),
    modelUsage: () => modelUsage(statements),
    history: (by) => historyRows(statements, by),
    taskTitles: () => taskTitles(statements),
    costSince: (sinceMs) =>
      statements
        .all(
          `SELECT auth, ${exactSum('cost_nano_usd')} AS cost FROM calls
           WHERE ended_at_ms >= ? AND owner_pid IS NULL AND cost_nano_usd IS NOT NULL
             AND NOT (source = 'transcript' AND auth = 'unknown') GROUP BY auth ORDER BY auth`,
          Math.ceil(sinceMs),
        )
        .map((row) => ({ auth: authOf(row), costNanoUsd: integerOf(row, 'cost') })),
  };
}

/** The answers of a ledger that does not exist yet. */
export const emptyQueries: LedgerQueries = {
  report: () => [],
  calls: () => [],
  costSince: () => [],
  reconcile: () => [],
  sessionsBothWays: () => [],
  taskHeads: () => [],
  taskUsage: () => [],
  newestRequests: () => [],
  corrections: () => [],
  sessionParts: () => [],
  imports: () => [],
  importedRuns: () => [],
  taskRuns: () => ({ runs: [], sharedTasks: 0 }),
  latestPrices: () => new Map(),
  modelUsage: () => [],
  history: () => [],
  taskTitles: () => new Map(),
};

/** What each key groups by, and its text, which is '' for none. */
const keyColumns: Readonly<Record<ReportKey, { readonly group: string; readonly text: string }>> = {
  model: { group: 'r.model', text: '(SELECT name FROM names WHERE id = r.model)' },
  session: { group: 'r.session', text: '(SELECT name FROM names WHERE id = r.session)' },
  effort: { group: 'r.effort', text: `ifnull((SELECT name FROM names WHERE id = r.effort), '')` },
  task: { group: 'r.task', text: `ifnull((SELECT title || ' (' || id || ')' FROM tasks WHERE seq = r.task), '')` },
  // Tasks of one branch come together under its name.
  branch: { group: 'key', text: `ifnull((SELECT branch FROM tasks WHERE seq = r.task), '')` },
  agent: { group: 'r.agent', text: '(SELECT name FROM names WHERE id = r.agent)' },
  day: { group: 'r.day', text: 'CAST(r.day AS TEXT)' },
  month: { group: 'r.day / 100', text: `printf('%04d-%02d', r.day / 10000, r.day / 100 % 100)` },
  // The path that a task of the workspace was made in; the workspace's id where it had none.
  folder: {
    group: 'r.workspace',
    text: `coalesce(${folderOf('r.workspace')}, (SELECT name FROM names WHERE id = r.workspace))`,
  },
};

/**
 * Whose output corrections raise. Groups are smaller than those of a report, so that the sums of a session over days and keys are its own.
 * Keys read as those of a report, but that tasks may be named by their id.
 */
function sessionParts(statements: Statements, { by, agents, sinceDay }: SessionPartsQuery): readonly SessionPart[] {
  const { group, text } = by === 'taskId' ? taskIds : keyColumns[by];
  const rows = statements.all(
    `SELECT ${text} AS key, r.day AS day, (SELECT name FROM names WHERE id = r.session) AS session, r.auth AS auth,
       (SELECT name FROM names WHERE id = r.agent) AS agent, ${exactSum('r.thinking_nano_usd')} AS thinking_cost,
       ${exactSum('r.output_nano_usd')} AS output_cost, sum(r.partial_calls) AS partial
     FROM rollups r WHERE r.agent IN (SELECT n.id FROM json_each(?) a JOIN names n ON n.name = a.value) AND r.day >= ?
     GROUP BY r.session, r.day, r.agent, r.auth, ${group}`,
    JSON.stringify(agents),
    sinceDay === undefined ? 0 : dayOrThrow(sinceDay),
  );
  return rows.map((row) => ({
    session: textOf(row, 'session'),
    auth: authOf(row),
    agent: textOf(row, 'agent'),
    day: dayText(integerOf(row, 'day')),
    key: by === 'day' ? dayText(integerOf(row, 'day')) : textOf(row, 'key'),
    thinkingNanoUsd: integerOf(row, 'thinking_cost'),
    outputNanoUsd: integerOf(row, 'output_cost'),
    partialCalls: integerOf(row, 'partial'),
  }));
}

const taskIds = { group: 'r.task', text: `ifnull((SELECT id FROM tasks WHERE seq = r.task), '')` };

/** A sum that stops at the largest exact number: calls of absurd size must not make all others unreadable. */
function exactSum(column: string): string {
  return `min(sum(${column}), ${Number.MAX_SAFE_INTEGER})`;
}

/** The bare columns (agent, model) come from the row that holds the one `max`, as SQLite defines it: the newest call's. */
function reportSql(by: ReportKey, conditions: readonly string[]): string {
  const { group, text } = keyColumns[by];
  const sum = (column: string): string => exactSum(`r.${column}`);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return `SELECT ${text} AS key, r.auth AS auth,
    ${sum('calls')} AS calls, ${sum('input_tokens')} AS input, ${sum('cache_read_tokens')} AS cache_read,
    ${sum('cache_write_5m_tokens')} AS cache_write_5m, ${sum('cache_write_1h_tokens')} AS cache_write_1h,
    ${sum('output_tokens')} AS output, iif(sum(r.known_thinking) > 0, ${sum('thinking_tokens')}, NULL) AS thinking,
    ${sum('unknown_thinking_calls')} AS unknown_thinking, ${sum('thinking_at_least_tokens')} AS thinking_at_least,
    ${sum('web_searches')} AS web_searches, iif(sum(r.priced) > 0, ${sum('cost_nano_usd')}, NULL) AS cost,
    ${sum('input_nano_usd')} AS input_cost, ${sum('cache_nano_usd')} AS cache_cost,
    ${sum('thinking_nano_usd')} AS thinking_cost, ${sum('output_nano_usd')} AS output_cost,
    ${sum('unpriced_calls')} AS unpriced, ${sum('estimated_calls')} AS estimated, ${sum('partial_calls')} AS partial,
    ${sum('told_calls')} AS told_calls, max(r.newest) AS newest,
    (SELECT name FROM names WHERE id = r.agent) AS agent, (SELECT name FROM names WHERE id = r.model) AS model
    FROM rollups r ${where} GROUP BY ${group}, r.auth
    ORDER BY cost IS NULL, cost DESC, newest DESC, key, auth`;
}

function reportRows(statements: Statements, query: ReportQuery): readonly ReportRow[] {
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  const restrict = (condition: string, value: SqlValue) => {
    conditions.push(condition);
    values.push(value);
  };
  if (query.sinceDay !== undefined) restrict('r.day >= ?', dayOrThrow(query.sinceDay));
  if (query.untilDay !== undefined) restrict('r.day <= ?', dayOrThrow(query.untilDay));
  if (query.workspaceId !== undefined) {
    restrict('r.workspace = (SELECT id FROM names WHERE name = ?)', query.workspaceId);
  }
  return statements.all(reportSql(query.by, conditions), ...values).map((row) => rowOf(row, query.by));
}

function rowOf(row: SqlRow, by: ReportKey): ReportRow {
  const key = textOf(row, 'key');
  return {
    key: by === 'day' ? dayText(Number(key)) : key,
    auth: authOf(row),
    calls: integerOf(row, 'calls'),
    inputTokens: integerOf(row, 'input'),
    cacheReadTokens: integerOf(row, 'cache_read'),
    cacheWrite5mTokens: integerOf(row, 'cache_write_5m'),
    cacheWrite1hTokens: integerOf(row, 'cache_write_1h'),
    outputTokens: integerOf(row, 'output'),
    thinkingTokens: integerOrNull(row, 'thinking'),
    unknownThinkingCalls: integerOf(row, 'unknown_thinking'),
    thinkingAtLeastTokens: integerOf(row, 'thinking_at_least'),
    webSearches: integerOf(row, 'web_searches'),
    costNanoUsd: integerOrNull(row, 'cost'),
    inputNanoUsd: integerOf(row, 'input_cost'),
    cacheNanoUsd: integerOf(row, 'cache_cost'),
    thinkingNanoUsd: integerOf(row, 'thinking_cost'),
    outputNanoUsd: integerOf(row, 'output_cost'),
    unpricedCalls: integerOf(row, 'unpriced'),
    estimatedCalls: integerOf(row, 'estimated'),
    partialCalls: integerOf(row, 'partial'),
    toldCalls: integerOf(row, 'told_calls'),
    lastCallAtMs: startOfNewest(integerOf(row, 'newest')),
    agent: textOf(row, 'agent'),
    model: textOf(row, 'model'),
  };
}

function callRecords(statements: Statements, names: Names, query: CallsQuery): readonly CallRecord[] {
  const conditions = ['owner_pid IS NULL', countsOf('calls')];
  const values: SqlValue[] = [];
  if (query.sinceMs !== undefined) {
    conditions.push('started_at_ms >= ?');
    values.push(Math.ceil(query.sinceMs));
  }
  if (query.id !== undefined) {
    conditions.push('id = ?');
    values.push(keyOf(query.id));
  }
  const rows = statements.all(
    `${selectCalls} WHERE ${conditions.join(' AND ')} ORDER BY started_at_ms DESC, seq DESC LIMIT ?`,
    ...values,
    query.limit ?? -1,
  );
  return rows.map((row) => recordOf(row, partRowsOf(statements, row), names));
}

function dayOrThrow(text: string): number {
  const day = dayNumberOf(text);
  if (day === null) throw new RangeError(`"${text}" is no day of the form YYYY-MM-DD`);
  return day;
}

import { type AuthKind, apiKinds } from '../domain/api.ts';
import type {
  CallCost,
  CallRecord,
  CallSource,
  CallStatus,
  CostProvenance,
  RatesUsed,
  UsageProvenance,
} from '../domain/call.ts';
import type { Usage, UsagePart } from '../domain/usage.ts';
import type { Names } from './names.ts';
import type { BookedRecord } from './shares.ts';
import { DamagedRow, integerOf, integerOrNull, type SqlRow, type SqlValue, textOf } from './sqlite.ts';
import { tellsOfSum } from './toldRecord.ts';

const auths: readonly AuthKind[] = ['key', 'subscription', 'unknown'];
const sources: readonly CallSource[] = ['gateway', 'host', 'transcript'];
const statuses: readonly CallStatus[] = ['ok', 'error', 'truncated', 'aborted', 'lost'];
const usageProvenances: readonly UsageProvenance[] = ['reported', 'estimated', 'partial'];
const costProvenances: readonly CostProvenance[] = ['billed', 'priced', 'unpriced'];

/** Whole rows of calls, each with the id of its task, which `recordOf` needs. */
export const selectCalls = 'SELECT calls.*, (SELECT id FROM tasks WHERE tasks.seq = calls.task) AS task_id FROM calls';

export type Columns = Readonly<Record<string, SqlValue>>;

/** The columns of a call besides its day, its end, its owner and its task. Adds new names, so only inside a write transaction. */
export function callColumns(record: CallRecord, names: Names): Columns {
  return {
    id: keyOf(record.id),
    started_at_ms: whole(record.startedAtMs),
    duration_ms: wholeOrNull(record.durationMs),
    ttft_ms: wholeOrNull(record.ttftMs),
    workspace: names.idOf(record.workspaceId),
    agent: names.idOf(record.agent),
    session: names.idOf(record.session),
    sub_agent: names.idOrNull(record.subAgent),
    provider: names.idOf(record.provider),
    api: record.api,
    auth: record.auth,
    source: record.source,
    model: names.idOf(record.model),
    requested_model: names.idOrNull(record.requestedModel),
    effort: names.idOrNull(record.effort),
    status: record.status,
    http_status: wholeOrNull(record.httpStatus),
    error_type: names.idOrNull(record.errorType),
    request_id: record.requestId,
    response_id: record.responseId,
    provenance: record.provenance,
    thinking_at_least_tokens: wholeOrNull(record.thinkingAtLeastTokens),
    problems: names.idOf(JSON.stringify(record.problems)),
    ...usageColumns(record.usage),
    ...costColumns(record.cost, names),
  };
}

export function partColumns(part: UsagePart, cost: CallCost, names: Names): Columns {
  return { model: names.idOrNull(part.model), ...usageColumns(part.usage), ...costColumns(cost, names) };
}

/** A call as it was booked, from a row of `selectCalls`; times and counts were rounded to whole numbers. Throws DamagedRow where the row cannot be one of ours. */
export function recordOf(row: SqlRow, partRows: readonly SqlRow[], names: Names): BookedRecord {
  const text = (column: string) => names.textOf(integerOf(row, column));
  const maybe = (column: string) => names.textOrNull(integerOrNull(row, column));
  const isSum = tellsOfSum(maybe('pricing'));
  return {
    id: idOf(row['id']),
    startedAtMs: integerOf(row, 'started_at_ms'),
    // What a sum is over is no time that a call took.
    durationMs: isSum ? null : integerOrNull(row, 'duration_ms'),
    ttftMs: integerOrNull(row, 'ttft_ms'),
    workspaceId: text('workspace'),
    taskId: row['task_id'] === null ? null : textOf(row, 'task_id'),
    agent: text('agent'),
    session: text('session'),
    subAgent: maybe('sub_agent'),
    provider: text('provider'),
    api: oneOf(apiKinds, row, 'api'),
    auth: authOf(row),
    source: oneOf(sources, row, 'source'),
    model: text('model'),
    requestedModel: maybe('requested_model'),
    effort: maybe('effort'),
    status: oneOf(statuses, row, 'status'),
    httpStatus: integerOrNull(row, 'http_status'),
    errorType: maybe('error_type'),
    requestId: row['request_id'] === null ? null : textOf(row, 'request_id'),
    responseId: row['response_id'] === null ? null : textOf(row, 'response_id'),
    usage: usageOf(row),
    parts: partRows.map((part) => ({
      model: names.textOrNull(integerOrNull(part, 'model')),
      usage: usageOf(part),
    })),
    thinkingAtLeastTokens: integerOrNull(row, 'thinking_at_least_tokens'),
    provenance: oneOf(usageProvenances, row, 'provenance'),
    cost: costOf(row, names),
    partCosts: partRows.map((part) => costOf(part, names)),
    problems: stringsOf(text('problems')),
    ...(isSum ? { isSum: true } : {}),
  };
}

export function authOf(row: SqlRow): AuthKind {
  return oneOf(auths, row, 'auth');
}

/** Throws DamagedRow for what is none. */
export function authNamed(value: unknown): AuthKind {
  return authOf({ auth: typeof value === 'string' ? value : null });
}

export function provenanceOf(row: SqlRow): UsageProvenance {
  return oneOf(usageProvenances, row, 'provenance');
}

/** A UUID as its 16 bytes, which halves the index; any other id as the text it is. */
export function keyOf(id: string): SqlValue {
  return uuid.test(id) ? Buffer.from(id.replaceAll('-', ''), 'hex') : id;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The id of a call as it was before `keyOf`. */
export function idOf(key: unknown): string {
  if (typeof key === 'string') return key;
  if (!(key instanceof Uint8Array) || key.length !== 16) throw new DamagedRow('id is neither a UUID nor text');
  const hex = Buffer.from(key).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

export function usageColumns(usage: Usage): Columns {
  return {
    input_tokens: wholeOrNull(usage.inputTokens),
    cache_read_tokens: whole(usage.cacheReadTokens),
    cache_write_5m_tokens: whole(usage.cacheWrite5mTokens),
    cache_write_1h_tokens: whole(usage.cacheWrite1hTokens),
    output_tokens: wholeOrNull(usage.outputTokens),
    thinking_tokens: wholeOrNull(usage.thinkingTokens),
    web_searches: whole(usage.webSearches),
    tool_calls: whole(usage.toolCalls),
  };
}

/** The counts of a row that has columns for them. */
export function usageOf(row: SqlRow): Usage {
  return {
    inputTokens: integerOrNull(row, 'input_tokens'),
    cacheReadTokens: integerOf(row, 'cache_read_tokens'),
    cacheWrite5mTokens: integerOf(row, 'cache_write_5m_tokens'),
    cacheWrite1hTokens: integerOf(row, 'cache_write_1h_tokens'),
    outputTokens: integerOrNull(row, 'output_tokens'),
    thinkingTokens: integerOrNull(row, 'thinking_tokens'),
    webSearches: integerOf(row, 'web_searches'),
    toolCalls: integerOf(row, 'tool_calls'),
  };
}

function costColumns(cost: CallCost, names: Names): Columns {
  return {
    cost_nano_usd: wholeOrNull(cost.costNanoUsd),
    cost_provenance: cost.provenance,
    input_nano_usd: wholeOrNull(cost.split?.inputNanoUsd ?? null),
    cache_nano_usd: wholeOrNull(cost.split?.cacheNanoUsd ?? null),
    thinking_nano_usd: wholeOrNull(cost.split?.thinkingNanoUsd ?? null),
    output_nano_usd: wholeOrNull(cost.split?.outputNanoUsd ?? null),
    rates: names.idOf(JSON.stringify(cost.rates)),
    price_version: names.idOrNull(cost.priceVersion),
  };
}

function costOf(row: SqlRow, names: Names): CallCost {
  const split = row['input_nano_usd'] === null ? null : splitOf(row);
  return {
    costNanoUsd: integerOrNull(row, 'cost_nano_usd'),
    provenance: oneOf(costProvenances, row, 'cost_provenance'),
    split,
    rates: arrayOf(names.textOf(integerOf(row, 'rates'))).map(ratesOf),
    priceVersion: names.textOrNull(integerOrNull(row, 'price_version')),
  };
}

function splitOf(row: SqlRow): CallCost['split'] {
  return {
    inputNanoUsd: integerOf(row, 'input_nano_usd'),
    cacheNanoUsd: integerOf(row, 'cache_nano_usd'),
    thinkingNanoUsd: integerOf(row, 'thinking_nano_usd'),
    outputNanoUsd: integerOf(row, 'output_nano_usd'),
  };
}

function ratesOf(value: unknown): RatesUsed {
  if (typeof value !== 'object' || value === null) throw new DamagedRow('rates are no object');
  const field = (name: string): unknown => Reflect.get(value, name);
  const rate = (name: string): number => {
    const amount = field(name);
    if (typeof amount !== 'number') throw new DamagedRow(`${name} of the rates is no number`);
    return amount;
  };
  const modifiers = field('modifiers');
  return {
    model: String(field('model')),
    inputNanoUsdPerMtok: rate('inputNanoUsdPerMtok'),
    cacheReadNanoUsdPerMtok: rate('cacheReadNanoUsdPerMtok'),
    cacheWrite5mNanoUsdPerMtok: rate('cacheWrite5mNanoUsdPerMtok'),
    cacheWrite1hNanoUsdPerMtok: rate('cacheWrite1hNanoUsdPerMtok'),
    outputNanoUsdPerMtok: rate('outputNanoUsdPerMtok'),
    webSearchNanoUsdPerThousand: rate('webSearchNanoUsdPerThousand'),
    modifiers: Array.isArray(modifiers) ? modifiers.map(String) : [],
  };
}

function stringsOf(json: string): readonly string[] {
  return arrayOf(json).map(String);
}

function arrayOf(json: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json);
    if (Array.isArray(value)) return value;
  } catch {
    // Reported below, as any other text that we cannot have written.
  }
  throw new DamagedRow('a list is not readable');
}

function oneOf<T extends string>(allowed: readonly T[], row: SqlRow, column: string): T {
  const found = allowed.find((value) => value === row[column]);
  if (found === undefined) throw new DamagedRow(`${column} holds an unknown value`);
  return found;
}

/** Durations come from a monotonic clock with fractions; the books hold whole numbers. What is no number at all counts as 0. */
function whole(value: number): number {
  return Number.isFinite(value) ? Math.round(value) : 0;
}

function wholeOrNull(value: number | null): number | null {
  return value === null || !Number.isFinite(value) ? null : Math.round(value);
}

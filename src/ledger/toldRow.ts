import type { CallCost } from '../domain/call.ts';
import { identityBytes } from './callIdentity.ts';
import type { ImportedCall } from './importContract.ts';
import type { Names } from './names.ts';
import type { SqlValue } from './sqlite.ts';
import { modifiersText } from './toldRecord.ts';

/** The columns of a call that logs tell of, in the order of `toldValues`. Those that are left out are null. */
const columns = [
  ...['id', 'started_at_ms', 'ended_at_ms', 'duration_ms', 'day', 'workspace', 'agent', 'session', 'sub_agent'],
  ...['provider', 'api', 'auth', 'source', 'model', 'effort', 'status', 'request_id', 'response_id', 'provenance'],
  ...['problems', 'input_tokens', 'cache_read_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens'],
  ...['output_tokens', 'thinking_tokens', 'web_searches', 'tool_calls', 'cost_nano_usd', 'cost_provenance'],
  ...['input_nano_usd', 'cache_nano_usd', 'thinking_nano_usd', 'output_nano_usd', 'rates', 'price_version', 'pricing'],
];

export const insertTold = `INSERT INTO calls (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`;
export const updateTold = `UPDATE calls SET ${columns.map((name) => `${name} = ?`).join(', ')} WHERE seq = ?`;

/** The values of a row, made without the detour of a record: an import writes tens of thousands of them. */
export function toldValues(
  call: ImportedCall,
  cost: CallCost,
  { names, day }: { readonly names: Names; readonly day: number },
): SqlValue[] {
  const { usage } = call;
  const modifiers = modifiersText(call);
  const atMs = Math.round(call.atMs);
  const durationMs = call.durationMs === null ? null : Math.round(call.durationMs);
  const { split } = cost;
  return [
    identityBytes(call.id),
    atMs,
    atMs + (durationMs ?? 0),
    durationMs,
    day,
    names.idOf(call.workspaceId),
    names.idOf(call.agent),
    names.idOf(call.session),
    names.idOrNull(call.subAgent),
    names.idOf(call.provider),
    call.api,
    call.auth,
    'transcript',
    names.idOf(call.model),
    names.idOrNull(call.effort),
    'ok',
    call.requestId,
    call.responseId,
    call.provenance,
    names.idOf('[]'),
    usage.inputTokens,
    usage.cacheReadTokens,
    usage.cacheWrite5mTokens,
    usage.cacheWrite1hTokens,
    usage.outputTokens,
    usage.thinkingTokens,
    usage.webSearches,
    usage.toolCalls,
    cost.costNanoUsd,
    cost.provenance,
    split?.inputNanoUsd ?? null,
    split?.cacheNanoUsd ?? null,
    split?.thinkingNanoUsd ?? null,
    split?.outputNanoUsd ?? null,
    names.idOf(JSON.stringify(cost.rates)),
    names.idOrNull(cost.priceVersion),
    modifiers === null ? null : names.idOf(modifiers),
  ];
}

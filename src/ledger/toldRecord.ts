import type { ImportedCall } from './importContract.ts';
import type { PricedTold } from './priceTold.ts';
import type { BookedRecord } from './shares.ts';
import { DamagedRow } from './sqlite.ts';

type Modifiers = Pick<ImportedCall, 'serviceTier' | 'speed' | 'inferenceGeo' | 'isSum' | 'isOfAllModels'>;

/** A call of a log as the books keep every call. */
export function recordOfImported(call: ImportedCall, { cost, parts, partCosts }: PricedTold): BookedRecord {
  return {
    id: uuidOf(call.id),
    startedAtMs: call.atMs,
    durationMs: call.isSum ? null : call.durationMs,
    ttftMs: null,
    workspaceId: call.workspaceId,
    taskId: null,
    agent: call.agent,
    session: call.session,
    subAgent: call.subAgent,
    provider: call.provider,
    api: call.api,
    auth: call.auth,
    source: 'transcript',
    model: call.model,
    requestedModel: null,
    effort: call.effort,
    status: 'ok',
    httpStatus: null,
    errorType: null,
    requestId: call.requestId,
    responseId: call.responseId,
    usage: call.usage,
    parts,
    thinkingAtLeastTokens: null,
    provenance: call.provenance,
    cost,
    partCosts,
    problems: [],
    ...(call.isSum ? { isSum: true } : {}),
  };
}

/** What besides counts decides the price, in one name; null for nothing of it. */
export function modifiersText({ serviceTier, speed, inferenceGeo, isSum, isOfAllModels }: Modifiers): string | null {
  if (isSum) return JSON.stringify([serviceTier, speed, inferenceGeo, ...(isOfAllModels ? [true] : []), true]);
  if (serviceTier === null && speed === null && inferenceGeo === null) return null;
  return JSON.stringify([serviceTier, speed, inferenceGeo]);
}

export function modifiersOf(text: string | null): Modifiers {
  if (text === null) return { serviceTier: null, speed: null, inferenceGeo: null, isSum: false };
  const parts: unknown = JSON.parse(text);
  if (!Array.isArray(parts)) throw new DamagedRow('what decides a price is no list');
  const part = (index: number): string | null => (typeof parts[index] === 'string' ? parts[index] : null);
  return {
    serviceTier: part(0),
    speed: part(1),
    inferenceGeo: part(2),
    isSum: parts[3] === true,
    ...(parts[4] === true ? { isOfAllModels: true } : {}),
  };
}

/** Whether modifiers are those of a sum, without reading them all: most rows have none. */
export function tellsOfSum(text: string | null): boolean {
  return text?.endsWith(sumEnding) ?? false;
}

const sumEnding = ',true]';

/** SQL: 1 for each row that is a call, 0 for a sum of several. Only modifiers are looked at, of which there are few. */
export function isCallOf(calls: string): string {
  return `(${calls}.pricing IS NULL OR (SELECT name FROM names WHERE id = ${calls}.pricing) NOT LIKE '%${sumEnding}')`;
}

/** SQL: the names of what decides the price of sums. */
export const sumNamesSql = `SELECT id FROM names WHERE name LIKE '[%${sumEnding}'`;

/** SQL: 0 for a sum of which all is in the books call by call, so that nothing of it counts. See `ToldSums`. */
export function countsOf(calls: string): string {
  const counted = [
    'input_tokens',
    'output_tokens',
    'cache_read_tokens',
    'cache_write_5m_tokens',
    'cache_write_1h_tokens',
  ];
  const isEmpty = counted.map((name) => `${calls}.${name} IS 0`).join(' AND ');
  return `(${calls}.pricing IS NULL OR ${calls}.web_searches > 0 OR NOT (${isEmpty}) OR ${isCallOf(calls)})`;
}

/** An identity in the form of every other call's id. */
function uuidOf(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

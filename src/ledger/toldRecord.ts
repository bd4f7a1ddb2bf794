import type { ImportedCall } from './importContract.ts';
import type { PricedTold } from './priceTold.ts';
import type { BookedRecord } from './shares.ts';
import { DamagedRow } from './sqlite.ts';

type Modifiers = Pick<ImportedCall, 'serviceTier' | 'speed' | 'inferenceGeo' | 'isSum'>;

/** A call of a log as the books keep every call. */
export function recordOfImported(call: ImportedCall, { cost, parts, partCosts }: PricedTold): BookedRecord {
  return {
    id: uuidOf(call.id),
    startedAtMs: call.atMs,
    durationMs: call.durationMs,
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
export function modifiersText({ serviceTier, speed, inferenceGeo, isSum }: Modifiers): string | null {
  if (isSum) return JSON.stringify([serviceTier, speed, inferenceGeo, true]);
  if (serviceTier === null && speed === null && inferenceGeo === null) return null;
  return JSON.stringify([serviceTier, speed, inferenceGeo]);
}

export function modifiersOf(text: string | null): Modifiers {
  if (text === null) return { serviceTier: null, speed: null, inferenceGeo: null, isSum: false };
  const parts: unknown = JSON.parse(text);
  if (!Array.isArray(parts)) throw new DamagedRow('what decides a price is no list');
  const part = (index: number): string | null => (typeof parts[index] === 'string' ? parts[index] : null);
  return { serviceTier: part(0), speed: part(1), inferenceGeo: part(2), isSum: parts[3] === true };
}

/** Whether modifiers are those of a sum, without reading them all: most rows have none. */
export function tellsOfSum(text: string | null): boolean {
  return text?.endsWith(sumEnding) ?? false;
}

const sumEnding = ',true]';

/** An identity in the form of every other call's id. */
function uuidOf(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

import type { AuthKind } from '../domain/api.ts';
import type { UsageProvenance } from '../domain/call.ts';
import { maxKnown, mergeUsage } from '../domain/mergeUsage.ts';
import { totalInputTokens, totalUsage, type UsagePart } from '../domain/usage.ts';
import type { ImportedCall } from './importContract.ts';

const provenanceRank: Readonly<Record<UsageProvenance, number>> = { partial: 0, estimated: 1, reported: 2 };
const authRank: Readonly<Record<AuthKind, number>> = { unknown: 0, key: 1, subscription: 2 };

/** What a log says that does not know, or does not know yet: the file beside it that does may come later. */
const unknownModel = 'unknown';
const unknownSeller = 'unnamed';
const noFolder = 'no-folder';

/**
 * Two observations of one call as one. Counts are the larger of each; everything else is decided by what the observations say and never
 * by which came first, so that any order and any number of repetitions come to the same.
 */
export function mergeImported(a: ImportedCall, b: ImportedCall): ImportedCall {
  const home = compareHomes(a, b) <= 0 ? a : b;
  const answer = compareAnswers(a, b) <= 0 ? a : b;
  return {
    id: a.id,
    responseId: larger(a.responseId, b.responseId),
    requestId: larger(a.requestId, b.requestId),
    agent: home.agent,
    session: home.session,
    subAgent: home.subAgent,
    workspaceId: home.workspaceId,
    provider: answer.provider,
    api: answer.api,
    auth: authRank[a.auth] >= authRank[b.auth] ? a.auth : b.auth,
    model: answer.model,
    effort: larger(a.effort, b.effort),
    atMs: home.atMs,
    durationMs: a.isSum || b.isSum ? periodMs(a, b) : maxKnown(a.durationMs, b.durationMs),
    usage: mergeUsage(a.usage, b.usage),
    ...fullerParts(a.parts, b.parts),
    isSum: a.isSum || b.isSum,
    ...(a.isOfAllModels || b.isOfAllModels ? { isOfAllModels: true } : {}),
    provenance: provenanceRank[a.provenance] >= provenanceRank[b.provenance] ? a.provenance : b.provenance,
    billedNanoUsd: maxKnown(a.billedNanoUsd, b.billedNanoUsd),
    serviceTier: larger(a.serviceTier, b.serviceTier),
    speed: larger(a.speed, b.speed),
    inferenceGeo: larger(a.inferenceGeo, b.inferenceGeo),
  };
}

/** A call belongs to whoever told of it first; of copies with the same time to the main agent before a sub-agent. */
function compareHomes(a: ImportedCall, b: ImportedCall): number {
  return (
    a.atMs - b.atMs ||
    Number(a.subAgent !== null) - Number(b.subAgent !== null) ||
    compareTexts(a.session, b.session) ||
    compareTexts(a.subAgent ?? '', b.subAgent ?? '') ||
    Number(a.workspaceId === noFolder) - Number(b.workspaceId === noFolder) ||
    compareTexts(a.workspaceId, b.workspaceId) ||
    compareTexts(a.agent, b.agent)
  );
}

/** A sum is over all that its observations are over. */
function periodMs(a: ImportedCall, b: ImportedCall): number {
  const end = ({ atMs, durationMs }: ImportedCall): number => atMs + (durationMs ?? 0);
  return Math.max(end(a), end(b)) - Math.min(a.atMs, b.atMs);
}

/** Of those that know the model the fuller snapshot knows best which one answered. */
function compareAnswers(a: ImportedCall, b: ImportedCall): number {
  return (
    Number(a.model === unknownModel) - Number(b.model === unknownModel) ||
    (b.usage.outputTokens ?? -1) - (a.usage.outputTokens ?? -1) ||
    compareTexts(a.model, b.model) ||
    Number(a.provider === unknownSeller) - Number(b.provider === unknownSeller) ||
    compareTexts(a.provider, b.provider) ||
    compareTexts(a.api, b.api)
  );
}

/** Parts grow as a message streams. Where they are not what all of the usage comes to, whoever prices them leaves them out. */
function fullerParts(a: ImportedCall['parts'], b: ImportedCall['parts']): Pick<ImportedCall, 'parts'> {
  if (a === undefined || b === undefined) {
    const parts = a ?? b;
    return parts === undefined ? {} : { parts };
  }
  const order = tokensOf(a) - tokensOf(b) || compareTexts(JSON.stringify(a), JSON.stringify(b));
  return { parts: order >= 0 ? a : b };
}

function tokensOf(parts: readonly UsagePart[]): number {
  const { outputTokens, ...usage } = totalUsage(parts);
  return (totalInputTokens({ ...usage, outputTokens }) ?? 0) + (outputTokens ?? 0);
}

function larger(a: string | null, b: string | null): string | null {
  if (a === null) return b;
  if (b === null) return a;
  return a >= b ? a : b;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

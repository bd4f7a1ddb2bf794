import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { identityOf } from '../../../src/ledger/callIdentity.ts';
import type { ImportedCall } from '../../../src/ledger/importContract.ts';
import { mergeImported } from '../../../src/ledger/mergeImported.ts';
import type { Observation } from '../../../src/readers/contract.ts';

const homes = resolve(import.meta.dirname, '../../fixtures/homes');

export function homeOf(name: string): string {
  return join(homes, name);
}

/** One call as the golden files write it: what decides whether and how it counts. */
export interface GoldenCall {
  readonly key: string;
  readonly session: string;
  readonly subAgent: string | null;
  readonly model: string;
  readonly auth: string;
  readonly provenance: string;
  /** Input, cache read, cache write 5 min, 1 h, output, thinking, searches, tool calls. */
  readonly counts: readonly (number | null)[];
}

export function goldenOf(name: string): {
  readonly calls: readonly GoldenCall[];
  readonly problems: readonly unknown[];
} {
  return JSON.parse(readFileSync(join(homes, name, 'golden.json'), 'utf8'));
}

/** Observations merged as the books merge them, by key. */
export function callsOf(observations: readonly Observation[]): readonly GoldenCall[] {
  const calls = new Map<string, { key: string; call: ImportedCall }>();
  for (const seen of observations) {
    const { responseId, requestId, ownId } = seen.keys;
    const key = responseId ?? requestId ?? ownId;
    const { keys: _, folder, branch: __, ...rest } = seen;
    const call: ImportedCall = {
      ...rest,
      id: identityOf('own', key),
      ...{ responseId, requestId, agent: '', workspaceId: folder ?? '' },
    };
    const before = calls.get(key);
    calls.set(key, { key, call: before === undefined ? call : mergeImported(before.call, call) });
  }
  return [...calls.values()].map(golden).toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

function golden({ key, call }: { readonly key: string; readonly call: ImportedCall }): GoldenCall {
  const { session, subAgent, model, auth, provenance, usage } = call;
  const counts = [
    ...[usage.inputTokens, usage.cacheReadTokens, usage.cacheWrite5mTokens, usage.cacheWrite1hTokens],
    ...[usage.outputTokens, usage.thinkingTokens, usage.webSearches, usage.toolCalls],
  ];
  return { key, session, subAgent, model, auth, provenance, counts };
}

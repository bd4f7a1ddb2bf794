import { printCompact } from '../domain/format.ts';
import type { SampleKind, ThinkingSample } from './thinkingOutliers.ts';

/** By the number of digits. */
const sizeNames = Array.from({ length: 22 }, (_, digits) => {
  const low = 10 ** Math.max(0, digits - 1);
  return `prompt of ${printCompact(low)} to ${printCompact(low * 10)} tokens`;
});

/** What the books hold of a call that says what kind of request it was; they hold no content. */
export interface RequestFacts {
  readonly id: string;
  readonly startedAtMs: number;
  /** Verbatim. */
  readonly model: string;
  readonly agent: string;
  readonly effort: string | null;
  readonly session: string;
  /** Null for the main agent. */
  readonly subAgent: string | null;
  /** All prompt tokens, cached or not; null where unknown. */
  readonly promptTokens: number | null;
  readonly thinkingTokens: number | null;
  /** Tools that the answer asked for. */
  readonly toolCalls: number;
  /** It ended as it should: only such an answer tells what the next request is. */
  readonly isOk: boolean;
}

/** Where a request stands: after an answer that asked for tools it carries their results, else it begins a turn. */
type Place = 'begins a turn' | 'goes on after tools';

/**
 * Requests as samples, each with its kinds from the finest to the coarsest: agent, effort, main or sub-agent, place in a turn and order of magnitude
 * of the prompt; then without the prompt; without the place; without the role; and at last the model alone.
 *
 * The place follows from the answer before it to the same model in the same session and (sub-)agent: nothing else in the books tells. It is unknown for
 * the first of those that are looked at, and after an answer that was cut; the kinds that need it are then left out. Calls that began in the same
 * millisecond stand in the order of their ids. O(n log n).
 */
export function requestSamples(requests: readonly RequestFacts[]): readonly ThinkingSample[] {
  const places = placesOf(requests);
  // Few kinds for many requests: the same parts share one list.
  const known = new Map<string, readonly SampleKind[]>();
  return requests.map(({ id, model, agent, effort, subAgent, promptTokens, thinkingTokens }) => {
    const parts = [
      ...[agent, effort === null ? 'no effort named' : `effort ${effort}`],
      ...[subAgent === null ? 'main agent' : 'sub-agent', places.get(id) ?? null, sizeOf(promptTokens)],
    ];
    const key = JSON.stringify(parts);
    const kinds = known.get(key) ?? kindsOf(parts);
    known.set(key, kinds);
    return { id, model, kinds, thinkingTokens };
  });
}

function placesOf(requests: readonly RequestFacts[]): ReadonlyMap<string, Place> {
  const inOrder = requests.toSorted((a, b) => a.startedAtMs - b.startedAtMs || (a.id < b.id ? -1 : 1));
  const last = new Map<string, RequestFacts>();
  const places = new Map<string, Place>();
  for (const request of inOrder) {
    const chain = JSON.stringify([request.session, request.subAgent, request.model]);
    const before = last.get(chain);
    if (before?.isOk === true) places.set(request.id, before.toolCalls > 0 ? 'goes on after tools' : 'begins a turn');
    last.set(chain, request);
  }
  return places;
}

/** From all parts to the first two, without the lists that something unknown is in; and at last the model alone. */
function kindsOf(parts: readonly (string | null)[]): readonly SampleKind[] {
  const kinds = [5, 4, 3, 2].flatMap((length): readonly SampleKind[] => {
    const own = parts.slice(0, length);
    return own.includes(null) ? [] : [{ key: JSON.stringify(own), text: own.join(', ') }];
  });
  return [...kinds, { key: '', text: 'any request to this model' }];
}

/** "prompt of 10K to 100K tokens": the power of ten; null where unknown. */
function sizeOf(tokens: number | null): string | null {
  if (tokens === null || !(tokens >= 0)) return null;
  return tokens < 1000 ? 'prompt below 1K tokens' : (sizeNames[String(Math.floor(tokens)).length] ?? null);
}

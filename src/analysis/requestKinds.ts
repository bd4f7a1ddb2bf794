import { printCompact } from '../domain/format.ts';
import { groupBy } from './groupBy.ts';
import type { SampleKind, ThinkingSample } from './thinkingOutliers.ts';

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
  const chains = groupBy(requests, ({ session, subAgent, model }) => JSON.stringify([session, subAgent, model]));
  const places = new Map<string, Place>();
  for (const chain of chains.values()) {
    const inOrder = chain.toSorted((a, b) => a.startedAtMs - b.startedAtMs || (a.id < b.id ? -1 : 1));
    for (const [index, { id }] of inOrder.entries()) {
      const before = inOrder[index - 1];
      if (before?.isOk === true) places.set(id, before.toolCalls > 0 ? 'goes on after tools' : 'begins a turn');
    }
  }
  return requests.map((request) => ({
    id: request.id,
    model: request.model,
    kinds: kindsOf(request, places.get(request.id) ?? null),
    thinkingTokens: request.thinkingTokens,
  }));
}

function kindsOf({ agent, effort, subAgent, promptTokens }: RequestFacts, place: Place | null): readonly SampleKind[] {
  const known = [agent, effort === null ? 'no effort named' : `effort ${effort}`];
  const role = subAgent === null ? 'main agent' : 'sub-agent';
  const size = sizeOf(promptTokens);
  const finest = [...known, role, place, size];
  const levels = [finest, finest.slice(0, 4), finest.slice(0, 3), known];
  const kinds = levels.flatMap((parts): readonly SampleKind[] =>
    parts.includes(null) ? [] : [{ key: JSON.stringify(parts), text: parts.join(', ') }],
  );
  return [...kinds, { key: '', text: 'any request to this model' }];
}

/** "prompt of 10K to 100K tokens": the power of ten; null where unknown. */
function sizeOf(tokens: number | null): string | null {
  if (tokens === null || !(tokens >= 0)) return null;
  if (tokens < 1000) return 'prompt below 1K tokens';
  const low = 10 ** (String(Math.floor(tokens)).length - 1);
  return `prompt of ${printCompact(low)} to ${printCompact(low * 10)} tokens`;
}

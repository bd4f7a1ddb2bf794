import { type JsonObject, objectField } from '../../wire/json.ts';
import type { ReadSink } from '../contract.ts';
import { countField } from '../counts.ts';

/** Codex's own counts: input includes what came from and went to the cache, output includes thinking. */
export interface CodexCounts {
  readonly input: number | null;
  readonly cacheRead: number | null;
  readonly cacheWrite: number | null;
  readonly output: number | null;
  readonly thinking: number | null;
}

/** The counts of a usage object, in Codex's spelling or in ours (what was kept of them); null where there is none. */
export function countsOf(usage: JsonObject | null, sink: ReadSink): CodexCounts | null {
  if (usage === null) return null;
  const kept = (name: string, own: string): number | null =>
    countField(usage, name, sink) ?? countField(usage, own, sink);
  const counts = {
    input: kept('input_tokens', 'input'),
    cacheRead:
      kept('cached_input_tokens', 'cacheRead') ??
      countField(objectField(usage, 'input_tokens_details'), 'cached_tokens', sink),
    cacheWrite: kept('cache_write_input_tokens', 'cacheWrite'),
    output: kept('output_tokens', 'output'),
    thinking:
      kept('reasoning_output_tokens', 'thinking') ??
      countField(objectField(usage, 'output_tokens_details'), 'reasoning_tokens', sink),
  };
  return counts.input === null && counts.output === null ? null : counts;
}

export function sameCounts(a: CodexCounts, b: CodexCounts): boolean {
  return names.every((name) => (a[name] ?? 0) === (b[name] ?? 0));
}

export function isNothing(counts: CodexCounts): boolean {
  return names.every((name) => (counts[name] ?? 0) === 0);
}

/** What came to a sum since it was told before. One that has become smaller began anew. */
export function differenceOf(total: CodexCounts | null, before: CodexCounts | null): CodexCounts | null {
  if (total === null || before === null) return total;
  const isSmaller = names.some((name) => (total[name] ?? 0) < (before[name] ?? 0));
  if (isSmaller) return total;
  const less = (name: (typeof names)[number]): number => (total[name] ?? 0) - (before[name] ?? 0);
  return {
    input: less('input'),
    cacheRead: less('cacheRead'),
    cacheWrite: less('cacheWrite'),
    output: less('output'),
    thinking: less('thinking'),
  };
}

const names = ['input', 'cacheRead', 'cacheWrite', 'output', 'thinking'] as const;

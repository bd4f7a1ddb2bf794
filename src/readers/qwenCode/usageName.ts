import type { Counts } from './qwenCounts.ts';

/** What the list of usage and a chat both tell of a call. */
export interface NamedCall {
  readonly session: string;
  readonly model: string;
  readonly counts: Counts;
  readonly endedAtMs: number;
}

const bucketMs = 1000;

/** The own id of a call of the list, which has no name that its chat has as well: by what both tell of it, and the second. */
export function usageName(call: NamedCall): string {
  return nameAt(call, Math.floor(call.endedAtMs / bucketMs));
}

/** The own ids that the list may tell of a chat's call under: its clock is read a few milliseconds before the chat's. */
export function namesAround(call: NamedCall): readonly string[] {
  const second = Math.floor(call.endedAtMs / bucketMs);
  return [-1, 0, 1].map((offset) => nameAt(call, second + offset));
}

function nameAt({ session, model, counts }: NamedCall, second: number): string {
  const { prompt, cached, answer } = counts;
  // The list has what was cached as the prompt where there is no other.
  return ['usage', session, model, prompt || cached || 0, answer ?? 0, second].join(' ');
}

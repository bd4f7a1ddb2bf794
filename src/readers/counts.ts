import type { Usage } from '../domain/usage.ts';
import { unknownUsage } from '../domain/usage.ts';
import { field, type JsonObject } from '../wire/json.ts';
import type { ReadSink } from './contract.ts';

/** A request of more tokens than this is a defect of the log, and would drown every true figure. */
const maxCount = 1e10;
/** A call that is said to have lasted longer than a week is a defect of the log as well: what began it would lie anywhere in time. */
const maxCallMs = 7 * 24 * 60 * 60 * 1000;

/** A token count of a log's own field: a whole number of at least 0. Absent and null are null; anything else is a problem, and null. */
export function countField(object: JsonObject | null, name: string, sink: ReadSink): number | null {
  const value = field(object, name);
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= maxCount) return value + 0;
  sink.problem({ code: 'bad-count', detail: `${name} is no token count` });
  return null;
}

/** The counts of a log whose input includes what came from and went to the cache, as OpenAI and Google report it. */
export function usageOfWholeInput(counts: {
  readonly input: number | null;
  readonly cacheRead?: number | null;
  readonly cacheWrite?: number | null;
  readonly output: number | null;
  readonly thinking?: number | null;
}): Usage {
  const cacheRead = counts.cacheRead ?? 0;
  const cacheWrite = counts.cacheWrite ?? 0;
  return {
    ...unknownUsage,
    inputTokens: counts.input === null ? null : Math.max(0, counts.input - cacheRead - cacheWrite),
    cacheReadTokens: cacheRead,
    cacheWrite5mTokens: cacheWrite,
    outputTokens: counts.output,
    thinkingTokens: counts.thinking ?? null,
  };
}

/** The instant of an ISO text or of a number of milliseconds; null for anything else, and outside of 2000 to 2100. */
export function instantOf(value: unknown): number | null {
  const atMs = typeof value === 'string' ? Date.parse(value) : typeof value === 'number' ? value : Number.NaN;
  return atMs >= 946_684_800_000 && atMs < 4_102_444_800_000 ? Math.round(atMs) : null;
}

/** When a call began and how long it lasted, of a log that tells when it ended. Without a duration it is told of by its end alone. */
export function spanOfCall(
  endedAtMs: number,
  duration: unknown,
  sink: ReadSink,
): { readonly atMs: number; readonly durationMs: number | null } {
  if (duration === undefined || duration === null) return { atMs: endedAtMs, durationMs: null };
  if (typeof duration === 'number' && duration >= 0 && duration <= maxCallMs) {
    const durationMs = Math.round(duration);
    return { atMs: endedAtMs - durationMs, durationMs };
  }
  sink.problem({ code: 'bad-count', detail: 'what a call is said to have lasted is no duration' });
  return { atMs: endedAtMs, durationMs: null };
}

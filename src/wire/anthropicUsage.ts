import type { Usage, UsagePart } from '../domain/usage.ts';
import { boundedThinking } from './boundedThinking.ts';
import { arrayField, asObject, type JsonObject, nameField, objectField } from './json.ts';
import type { ResponseState } from './responseState.ts';

/** The counts of one usage object or one iteration as Anthropic writes them; null where a field is absent. */
interface Counts {
  input: number | null;
  cacheRead: number | null;
  cacheWrite: number | null;
  cacheWrite5m: number | null;
  cacheWrite1h: number | null;
  output: number | null;
  thinking: number | null;
  webSearches: number | null;
}

interface Iteration {
  readonly type: string;
  readonly model: string | null;
  readonly counts: Counts;
}

/** What the rest of the response tells about its usage. */
export interface UsageContext {
  /** The response has ended and held no thinking block: thinking that was not reported is 0. */
  readonly noThinking: boolean;
  readonly toolCalls: number;
}

/** What reading a usage needs of a response: a log has no more of one. */
export type UsageReading = Pick<ResponseState, 'count' | 'facts' | 'problem' | 'set'>;

/** Merges the cumulative usage objects of one response. */
export interface AnthropicUsage {
  /** Field by field, what is not null replaces what was there, but for zeros that only fill a form. */
  merge(usage: JsonObject): void;
  parts(context: UsageContext): readonly UsagePart[];
}

/** A response has a handful of iterations; beyond this many the list is not kept and the top level is used. */
const maxIterations = 1000;

const noCounts: Counts = {
  input: null,
  cacheRead: null,
  cacheWrite: null,
  cacheWrite5m: null,
  cacheWrite1h: null,
  output: null,
  thinking: null,
  webSearches: null,
};

export function createAnthropicUsage(state: UsageReading): AnthropicUsage {
  let total: Counts | null = null;
  let iterations: readonly Iteration[] = [];

  function readIterations(usage: JsonObject): void {
    const list = arrayField(usage, 'iterations');
    if (list.length === 0) return;
    if (list.length > maxIterations) {
      state.problem('unexpected-shape', 'too many usage iterations');
      return;
    }
    iterations = list.flatMap((entry) => {
      const object = asObject(entry);
      const type = nameField(object, 'type');
      if (object === null || type === null) {
        state.problem('unexpected-shape', 'a usage iteration has no type');
        return [];
      }
      return [{ type, model: nameField(object, 'model'), counts: readCounts(state, object) }];
    });
    const fallback = iterations.findLast((iteration) => iteration.type === 'fallback_message');
    if (fallback?.model) state.set('model', fallback.model);
  }

  return {
    merge(usage) {
      const now = readCounts(state, usage);
      const before = total ?? noCounts;
      // An answer of several samplings may have had a longer prompt before: its list of them tells, and its zeros are meant.
      const meant = arrayField(usage, 'iterations').length > 0 || saysMore(before, now);
      total = mergeCounts(before, meant ? now : withoutZeros(before, now));
      readIterations(usage);
    },
    parts(context) {
      if (total === null) return [];
      return [...servedParts(state, total, iterations, context), ...extraParts(state, iterations, context)];
    },
  };
}

function readCounts(state: UsageReading, usage: JsonObject): Counts {
  const tiers = objectField(usage, 'cache_creation');
  return {
    input: state.count(usage, 'input_tokens'),
    cacheRead: state.count(usage, 'cache_read_input_tokens'),
    cacheWrite: state.count(usage, 'cache_creation_input_tokens'),
    cacheWrite5m: state.count(tiers, 'ephemeral_5m_input_tokens'),
    cacheWrite1h: state.count(tiers, 'ephemeral_1h_input_tokens'),
    output: state.count(usage, 'output_tokens'),
    thinking: state.count(objectField(usage, 'output_tokens_details'), 'thinking_tokens'),
    webSearches: state.count(objectField(usage, 'server_tool_use'), 'web_search_requests'),
  };
}

const promptCounts = ['input', 'cacheRead', 'cacheWrite', 'cacheWrite5m', 'cacheWrite1h'] as const;

/** A later report that has grown anywhere replaces the earlier one as a whole: tokens have moved to where they belong. */
function saysMore(before: Counts, now: Counts): boolean {
  return promptCounts.some((name) => (now[name] ?? 0) > (before[name] ?? 0));
}

/**
 * Some servers, and gateways in front of them, know the prompt when the message starts and fill its place in `message_delta` with
 * zeros. Claude Code passes them over as well.
 */
function withoutZeros(before: Counts, now: Counts): Counts {
  const zeros = promptCounts.filter((name) => now[name] === 0);
  return { ...now, ...Object.fromEntries(zeros.map((name) => [name, before[name] ?? 0])) };
}

function mergeCounts(before: Counts, now: Counts): Counts {
  return {
    input: now.input ?? before.input,
    cacheRead: now.cacheRead ?? before.cacheRead,
    cacheWrite: now.cacheWrite ?? before.cacheWrite,
    cacheWrite5m: now.cacheWrite5m ?? before.cacheWrite5m,
    cacheWrite1h: now.cacheWrite1h ?? before.cacheWrite1h,
    output: now.output ?? before.output,
    thinking: now.thinking ?? before.thinking,
    webSearches: now.webSearches ?? before.webSearches,
  };
}

/**
 * The split of cache writes by lifetime. The total decides how many there were, since a later frame may bring a new total without
 * a new split; of those, what is not known to be kept for an hour is kept for five minutes.
 */
function cacheWrites(counts: Counts): { fiveMinutes: number; oneHour: number } {
  const oneHour = counts.cacheWrite1h ?? 0;
  if (counts.cacheWrite === null) return { fiveMinutes: counts.cacheWrite5m ?? 0, oneHour };
  const kept = Math.min(oneHour, counts.cacheWrite);
  return { fiveMinutes: counts.cacheWrite - kept, oneHour: kept };
}

function usageOf(state: UsageReading, counts: Counts, noThinking: boolean): Usage {
  const writes = cacheWrites(counts);
  return {
    inputTokens: counts.input,
    cacheReadTokens: counts.cacheRead ?? 0,
    cacheWrite5mTokens: writes.fiveMinutes,
    cacheWrite1hTokens: writes.oneHour,
    outputTokens: counts.output,
    thinkingTokens: boundedThinking(state, counts.thinking ?? (noThinking ? 0 : null), counts.output),
    webSearches: counts.webSearches ?? 0,
    toolCalls: 0,
  };
}

/** The parts that the top-level counts stand for: one per sampling iteration where those add up to the top level, else one. */
function servedParts(
  state: UsageReading,
  total: Counts,
  iterations: readonly Iteration[],
  context: UsageContext,
): UsagePart[] {
  const whole = usageOf(state, total, context.noThinking);
  const single = [{ model: null, usage: { ...whole, toolCalls: context.toolCalls } }];
  const fallbacks = iterations.filter(({ type }) => type === 'fallback_message');
  // Attempts before a fallback were declined; they are neither billed nor in the top level.
  const served = fallbacks.length > 0 ? fallbacks : iterations.filter(({ type }) => type === 'message');
  if (served.length < 2) return single;
  const usages = served.map(({ counts }) => usageOf(state, counts, context.noThinking));
  if (!addsUp(usages, whole)) {
    state.problem('unexpected-shape', 'usage iterations do not add up to the top level');
    return single;
  }
  const answering = state.facts().model;
  return spreadThinking(usages, whole.thinkingTokens).map((usage, index) => {
    const model = served[index]?.model ?? null;
    return {
      model: model === answering ? null : model,
      usage: {
        ...usage,
        webSearches: index === 0 ? whole.webSearches : 0,
        toolCalls: index === 0 ? context.toolCalls : 0,
      },
    };
  });
}

function addsUp(usages: readonly Usage[], whole: Usage): boolean {
  const sum = (read: (usage: Usage) => number | null) =>
    usages.reduce((all, usage) => all + (read(usage) ?? 0), 0) === (read(whole) ?? 0);
  return (
    sum((usage) => usage.inputTokens) &&
    sum((usage) => usage.cacheReadTokens) &&
    sum((usage) => usage.cacheWrite5mTokens + usage.cacheWrite1hTokens) &&
    sum((usage) => usage.outputTokens)
  );
}

/**
 * Iterations carry no thinking count of their own, the top level does. It is given to them in order, each up to its output: where
 * exactly it fell is not known and does not change what it cost, as thinking is priced as output.
 */
function spreadThinking(usages: readonly Usage[], thinkingTokens: number | null): readonly Usage[] {
  if (thinkingTokens === null) return usages;
  let left = thinkingTokens;
  return usages.map((usage) => {
    const share = Math.min(left, usage.outputTokens ?? 0);
    left -= share;
    return { ...usage, thinkingTokens: share };
  });
}

/** Compactions and advisors are sampled besides the answer: the top level does not include them. */
function extraParts(state: UsageReading, iterations: readonly Iteration[], context: UsageContext): UsagePart[] {
  return iterations.flatMap((iteration) => {
    switch (iteration.type) {
      case 'compaction':
        return [{ model: null, usage: usageOf(state, iteration.counts, context.noThinking) }];
      case 'advisor_message':
        // An advisor's own thinking is not in this response, so that its absence here tells nothing.
        return [{ model: iteration.model, usage: usageOf(state, iteration.counts, false) }];
      case 'message':
      case 'fallback_message':
        return [];
      default:
        state.problem('unexpected-shape', 'a usage iteration of unknown type');
        return [];
    }
  });
}

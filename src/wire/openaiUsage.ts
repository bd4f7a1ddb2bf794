import type { Usage } from '../domain/usage.ts';
import { boundedThinking } from './boundedThinking.ts';
import { type JsonObject, objectField } from './json.ts';
import type { ResponseState } from './responseState.ts';

/** Counts in the spelling of OpenAI and of those who speak its APIs; null where a field is absent. */
export interface OpenaiCounts {
  /** Cache reads and writes included. */
  readonly prompt: number | null;
  readonly completion: number | null;
  readonly total: number | null;
  readonly cached: number | null;
  readonly cacheWrite: number | null;
  readonly reasoning: number | null;
  readonly webSearches: number | null;
}

/**
 * Reads one usage object of Chat Completions (`prompt_tokens`, ...) or Responses (`input_tokens`, ...). Beyond OpenAI's own fields:
 * `prompt_cache_hit_tokens` (DeepSeek), `cached_tokens` (Kimi), `num_cached_tokens` (Mistral), `cache_creation_input_tokens`
 * (Alibaba), the same and `cache_read_input_tokens` outside the details (LiteLLM and other gateways, of Claude),
 * `server_tool_use_details.web_search_requests` (OpenRouter), `num_search_queries` (Perplexity).
 */
export function readOpenaiCounts(state: ResponseState, usage: JsonObject): OpenaiCounts {
  const inputDetails = objectField(usage, 'prompt_tokens_details') ?? objectField(usage, 'input_tokens_details');
  const outputDetails = objectField(usage, 'completion_tokens_details') ?? objectField(usage, 'output_tokens_details');
  const serverTools = objectField(usage, 'server_tool_use_details') ?? objectField(usage, 'server_tool_use');
  return {
    prompt: state.count(usage, 'prompt_tokens') ?? state.count(usage, 'input_tokens'),
    completion: state.count(usage, 'completion_tokens') ?? state.count(usage, 'output_tokens'),
    total: state.count(usage, 'total_tokens'),
    // Where a provider fills several of these, they name the same tokens, and a field it does not maintain stays 0.
    cached: largest([
      state.count(inputDetails, 'cached_tokens'),
      state.count(usage, 'prompt_cache_hit_tokens'),
      state.count(usage, 'cached_tokens'),
      state.count(usage, 'num_cached_tokens'),
      state.count(usage, 'cache_read_input_tokens'),
    ]),
    cacheWrite: largest([
      state.count(inputDetails, 'cache_write_tokens'),
      state.count(inputDetails, 'cache_creation_input_tokens'),
      state.count(usage, 'cache_creation_input_tokens'),
    ]),
    reasoning: state.count(outputDetails, 'reasoning_tokens') ?? state.count(usage, 'reasoning_tokens'),
    webSearches: state.count(serverTools, 'web_search_requests') ?? state.count(usage, 'num_search_queries'),
  };
}

function largest(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** Cumulative counts: what a later report knows replaces what an earlier one said. */
export function mergeOpenaiCounts(before: OpenaiCounts | null, now: OpenaiCounts): OpenaiCounts {
  if (before === null) return now;
  return {
    prompt: now.prompt ?? before.prompt,
    completion: now.completion ?? before.completion,
    total: now.total ?? before.total,
    cached: now.cached ?? before.cached,
    cacheWrite: now.cacheWrite ?? before.cacheWrite,
    reasoning: now.reasoning ?? before.reasoning,
    webSearches: now.webSearches ?? before.webSearches,
  };
}

/** The usage that the counts stand for; tool calls are the caller's to fill in. Cache writes are OpenAI's at 1.25 times the input price. */
export function openaiUsageOf(state: ResponseState, counts: OpenaiCounts): Usage {
  const output = outputTokens(counts);
  return {
    ...promptSplit(state, counts),
    cacheWrite1hTokens: 0,
    outputTokens: output,
    thinkingTokens: boundedThinking(state, counts.reasoning ?? unlistedThinking(counts), output),
    webSearches: counts.webSearches ?? 0,
    toolCalls: 0,
  };
}

/**
 * Some report thinking beside the completion instead of inside it, which only the total gives away: xAI with a count of its own,
 * Google's OpenAI-compatible API without one.
 */
function outputTokens(counts: OpenaiCounts): number | null {
  const { prompt, completion, total, reasoning } = counts;
  if (completion === null || prompt === null || total === null) return completion;
  if (reasoning === null) return completion + (unlistedThinking(counts) ?? 0);
  return total === prompt + completion + reasoning ? completion + reasoning : completion;
}

/** What the total has beyond prompt and completion, unless it is the cache that was counted beside the prompt; null for nothing. */
function unlistedThinking({ prompt, completion, total, cached, cacheWrite }: OpenaiCounts): number | null {
  if (completion === null || prompt === null || total === null) return null;
  const unlisted = total - prompt - completion;
  return unlisted > 0 && unlisted !== (cached ?? 0) + (cacheWrite ?? 0) ? unlisted : null;
}

function promptSplit(
  state: ResponseState,
  counts: OpenaiCounts,
): Pick<Usage, 'inputTokens' | 'cacheReadTokens' | 'cacheWrite5mTokens'> {
  const { prompt } = counts;
  const cached = counts.cached ?? 0;
  const written = counts.cacheWrite ?? 0;
  if (prompt === null || isCacheBeside(counts)) {
    return { inputTokens: prompt, cacheReadTokens: cached, cacheWrite5mTokens: written };
  }
  if (cached + written <= prompt) {
    return { inputTokens: prompt - cached - written, cacheReadTokens: cached, cacheWrite5mTokens: written };
  }
  state.problem('bad-count', 'more cached than prompt tokens were reported');
  const read = Math.min(cached, prompt);
  return { inputTokens: 0, cacheReadTokens: read, cacheWrite5mTokens: prompt - read };
}

/** The prompt was counted without its cache, which only the total shows. What it shows as thinking already is no cache. */
function isCacheBeside({ prompt, completion, total, cached, cacheWrite, reasoning }: OpenaiCounts): boolean {
  const cache = (cached ?? 0) + (cacheWrite ?? 0);
  return cache > 0 && cache !== reasoning && total === (prompt ?? 0) + (completion ?? 0) + cache;
}

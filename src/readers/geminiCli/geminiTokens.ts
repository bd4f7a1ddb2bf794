import { type Usage, unknownUsage } from '../../domain/usage.ts';
import type { JsonObject } from '../../wire/json.ts';
import type { ReadSink } from '../contract.ts';
import { countField } from '../counts.ts';

/**
 * Gemini's own counts: the prompt includes what was cached, the answer excludes what was thought, and what tools of the server's put
 * into the prompt is counted apart and paid for as input.
 */
export function usageOfGeminiTokens(tokens: JsonObject, sink: ReadSink): Usage {
  const prompt = countField(tokens, 'input', sink);
  const cached = countField(tokens, 'cached', sink) ?? 0;
  const tool = countField(tokens, 'tool', sink) ?? 0;
  const answer = countField(tokens, 'output', sink);
  const thoughts = countField(tokens, 'thoughts', sink);
  return {
    ...unknownUsage,
    inputTokens: prompt === null ? null : Math.max(0, prompt - cached) + tool,
    cacheReadTokens: cached,
    outputTokens: answer === null && thoughts === null ? null : (answer ?? 0) + (thoughts ?? 0),
    thinkingTokens: thoughts,
  };
}

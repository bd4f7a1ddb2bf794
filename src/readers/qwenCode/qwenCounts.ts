import { type Usage, unknownUsage } from '../../domain/usage.ts';
import type { Observation } from '../contract.ts';
import { sellerOf } from '../providers.ts';

/** Qwen Code's own counts: the prompt has the cache inside. */
export interface Counts {
  readonly prompt: number | null;
  readonly cached: number | null;
  readonly answer: number | null;
  readonly thoughts: number | null;
  readonly total: number | null;
}

export function isNothing({ prompt, answer, thoughts }: Counts): boolean {
  return (prompt ?? 0) + (answer ?? 0) + (thoughts ?? 0) === 0;
}

/** The whole prompt has the cache inside. Thoughts are inside of the answer, but for Gemini's own API, as the total tells. */
export function usageOf({ prompt, cached, answer, thoughts, total }: Counts): Usage {
  const isBeside = thoughts !== null && thoughts > 0 && total === (prompt ?? 0) + (answer ?? 0) + thoughts;
  return {
    ...unknownUsage,
    inputTokens: prompt === null ? null : Math.max(0, prompt - (cached ?? 0)),
    cacheReadTokens: cached ?? 0,
    outputTokens: isBeside ? (answer ?? 0) + thoughts : answer,
    thinkingTokens: thoughts === null ? null : isBeside ? thoughts : Math.min(thoughts, answer ?? thoughts),
  };
}

/** "openai" is every server that speaks OpenAI's API: only the model tells whose it may be. */
export function sellerOfCall(authType: string | null, model: string | null): Pick<Observation, 'provider' | 'api'> {
  if (authType !== null && authType !== 'openai') return sellerOf(authType.startsWith('qwen') ? 'alibaba' : authType);
  if (/^(?:gpt-|o\d|codex-)/.test(model ?? '')) return { provider: 'openai', api: 'openai-chat' };
  if (/^(?:qwen|qwq|coder-model)/i.test(model ?? '')) return { provider: 'alibaba', api: 'openai-chat' };
  return { provider: 'unnamed', api: 'openai-chat' };
}

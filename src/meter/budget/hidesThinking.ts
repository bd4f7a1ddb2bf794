import type { CallHead } from '../../gateway/contract.ts';
import type { RequestFacts } from '../../wire/contract.ts';

/** Sellers whose Chat streams bill reasoning that they never show. */
const silentChat: ReadonlySet<string> = new Set(['openai', 'azure', 'google', 'google-vertex', 'x-ai', 'openrouter']);

/**
 * Whether an answer may think without showing it, so that counting its stream tells too little and the worst case is reserved.
 * Claude streams a summary of its thinking, or where that is left out an estimate of its size, if it is asked for one. A request that turns
 * thinking off hides none.
 */
export function hidesThinking(
  { api, provider, countsThinking }: CallHead,
  { effort, omitsThinking }: RequestFacts,
): boolean {
  if (effort === 'none' || effort === 'disabled' || effort === 'budget 0') return false;
  switch (api) {
    case 'openai-responses':
    case 'gemini-generate':
      return true;
    case 'openai-chat':
      return silentChat.has(provider);
    case 'anthropic-messages':
      return omitsThinking === true && countsThinking !== true;
    case 'bedrock-converse':
    case 'bedrock-invoke':
      return omitsThinking === true;
    case 'ollama-native':
      return false;
  }
}

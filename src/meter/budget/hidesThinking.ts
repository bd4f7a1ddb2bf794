import type { CallHead } from '../../gateway/contract.ts';
import type { RequestFacts } from '../../wire/contract.ts';

/** Sellers whose Chat streams bill reasoning that they never show. */
const silentChat: ReadonlySet<string> = new Set(['openai', 'azure', 'google', 'google-vertex', 'x-ai', 'openrouter']);

/**
 * Whether an answer may think without showing it, so that counting its stream tells too little and the worst case is reserved.
 * Anthropic streams its thinking, or an estimate of its size. A request that turns thinking off hides none.
 */
export function hidesThinking({ api, provider }: CallHead, { effort }: RequestFacts): boolean {
  if (effort === 'none' || effort === 'disabled' || effort === 'budget 0') return false;
  switch (api) {
    case 'openai-responses':
    case 'gemini-generate':
      return true;
    case 'openai-chat':
      return silentChat.has(provider);
    case 'anthropic-messages':
    case 'bedrock-converse':
    case 'bedrock-invoke':
    case 'ollama-native':
      return false;
  }
}

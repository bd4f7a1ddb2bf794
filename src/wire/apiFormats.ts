import type { ApiKind } from '../domain/api.ts';
import { createAnthropicMessagesDecoder } from './anthropicMessages.ts';
import type { ApiDecoder } from './apiDecoder.ts';
import { createBedrockConverseDecoder } from './bedrockConverse.ts';
import { createBedrockInvokeDecoder } from './bedrockInvoke.ts';
import { createGeminiGenerateDecoder } from './geminiGenerate.ts';
import { createOllamaNativeDecoder } from './ollamaNative.ts';
import { createOpenaiChatDecoder } from './openaiChat.ts';
import { createOpenaiResponsesDecoder } from './openaiResponses.ts';
import type { ResponseState } from './responseState.ts';

/** How an API's responses are framed besides server-sent events, and what reads them. */
export interface ApiFormat {
  /** `pathModel` is the model that the request's path named, null where it named none. */
  readonly createDecoder: (state: ResponseState, pathModel: string | null) => ApiDecoder;
  /** What JSON means: one body, the elements of an array as a stream's events, or objects one after another. */
  readonly json: 'body' | 'arrayOfEvents' | 'lines';
  /** Streams come as AWS's binary event stream. */
  readonly awsEvents: boolean;
}

const plain = { json: 'body', awsEvents: false } as const;

export const apiFormats: Readonly<Record<ApiKind, ApiFormat>> = {
  'anthropic-messages': { ...plain, createDecoder: createAnthropicMessagesDecoder },
  'openai-chat': { ...plain, createDecoder: createOpenaiChatDecoder },
  'openai-responses': { ...plain, createDecoder: createOpenaiResponsesDecoder },
  'gemini-generate': { ...plain, json: 'arrayOfEvents', createDecoder: createGeminiGenerateDecoder },
  'bedrock-converse': { ...plain, awsEvents: true, createDecoder: createBedrockConverseDecoder },
  'bedrock-invoke': { ...plain, awsEvents: true, createDecoder: createBedrockInvokeDecoder },
  'ollama-native': { ...plain, json: 'lines', createDecoder: createOllamaNativeDecoder },
};

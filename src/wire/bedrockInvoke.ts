import type { Usage } from '../domain/usage.ts';
import { createAnthropicMessagesDecoder } from './anthropicMessages.ts';
import type { ApiDecoder } from './apiDecoder.ts';
import { readAwsError } from './awsError.ts';
import { createBedrockConverseDecoder } from './bedrockConverse.ts';
import { asObject, field, type JsonObject, objectField, parseJson, textField } from './json.ts';
import { createOpenaiChatDecoder } from './openaiChat.ts';
import type { ResponseState } from './responseState.ts';

/**
 * Bedrock's InvokeModel and InvokeModelWithResponseStream, which carry each maker's own format: Anthropic's Messages, Chat
 * Completions (gpt-oss, DeepSeek, Qwen, Mistral) or Amazon's own (Nova), which is Converse's. In a stream every event is
 * `{chunk: {bytes}}` with that format's JSON in base64, and the last one adds `amazon-bedrock-invocationMetrics`, whose counts
 * exclude the cache; they serve models whose own format has none. A body of such a model has its counts in response headers only,
 * which are not read.
 */
export function createBedrockInvokeDecoder(state: ResponseState, pathModel: string | null): ApiDecoder {
  const shared = withPathModel(state, pathModel);
  const makers: Readonly<Record<Maker, ApiDecoder>> = {
    anthropic: createAnthropicMessagesDecoder(shared),
    chat: createOpenaiChatDecoder(shared),
    amazon: createBedrockConverseDecoder(shared),
  };

  function readMetrics(data: JsonObject): void {
    const metrics = objectField(data, 'amazon-bedrock-invocationMetrics');
    if (metrics === null) return;
    state.set('complete', true);
    if (state.facts().usageState === 'final') return;
    const { thinkingSeen, toolCalls } = state.facts();
    state.setParts([
      { model: null, usage: { ...usageOf(state, metrics), thinkingTokens: thinkingSeen ? null : 0, toolCalls } },
    ]);
    state.set('usageState', 'final');
  }

  function readChunk(chunk: JsonObject): void {
    const encoded = textField(chunk, 'bytes');
    const value = encoded === null ? undefined : parseJson(Buffer.from(encoded, 'base64').toString('utf8'));
    const data = asObject(value);
    if (data === null) {
      state.problem(
        value === undefined ? 'malformed-json' : 'unexpected-shape',
        'a chunk of the stream holds no object',
      );
      return;
    }
    const maker = makerOf(data);
    if (maker !== null) makers[maker].event(data);
    readMetrics(data);
  }

  return {
    event(data) {
      readAwsError(state, data);
      const chunk = objectField(data, 'chunk');
      if (chunk !== null) readChunk(chunk);
    },
    done() {
      state.set('complete', true);
    },
    body(value) {
      const maker = makerOf(value);
      if (maker !== null) makers[maker].body(value);
      else readAwsError(state, value);
      state.set('complete', true);
    },
  };
}

type Maker = 'anthropic' | 'chat' | 'amazon';

/** Whose format an object has; null for a format that is not read. */
function makerOf(data: JsonObject): Maker | null {
  if (typeof field(data, 'type') === 'string') return 'anthropic';
  if (Array.isArray(field(data, 'choices'))) return 'chat';
  const amazon = ['output', 'messageStart', 'contentBlockStart', 'contentBlockDelta', 'messageStop', 'metadata'];
  return amazon.some((name) => asObject(field(data, name)) !== null) ? 'amazon' : null;
}

/**
 * The id in the path names seller and region, which decide the price; the one in the body does not. Only where the path has a
 * profile of the user's own, whose name tells no model, the body's is kept.
 */
function withPathModel(state: ResponseState, pathModel: string | null): ResponseState {
  if (pathModel === null || isOpaque(pathModel)) return state;
  return {
    ...state,
    set(name, value) {
      if (name !== 'model') state.set(name, value);
    },
  };
}

function isOpaque(pathModel: string): boolean {
  return /^arn:/i.test(pathModel) && !/:(?:foundation-model|inference-profile)\//i.test(pathModel);
}

function usageOf(state: ResponseState, metrics: JsonObject): Usage {
  return {
    inputTokens: state.count(metrics, 'inputTokenCount'),
    cacheReadTokens: state.count(metrics, 'cacheReadInputTokenCount') ?? 0,
    cacheWrite5mTokens: state.count(metrics, 'cacheWriteInputTokenCount') ?? 0,
    cacheWrite1hTokens: 0,
    outputTokens: state.count(metrics, 'outputTokenCount'),
    thinkingTokens: null,
    webSearches: 0,
    toolCalls: 0,
  };
}

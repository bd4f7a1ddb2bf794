import type { Usage } from '../domain/usage.ts';
import type { ApiDecoder } from './apiDecoder.ts';
import { readAwsError } from './awsError.ts';
import { arrayField, asObject, field, type JsonObject, nameField, objectField, textField } from './json.ts';
import type { ResponseState } from './responseState.ts';

/**
 * Bedrock's Converse and ConverseStream. A body is `{output: {message}, stopReason, usage}`; a stream has one object an event:
 * `messageStart`, `contentBlockStart`, `contentBlockDelta`, `contentBlockStop`, `messageStop` and last `metadata`, which alone has
 * the usage. Neither names the model: the path does. `inputTokens` excludes what came from or went to the cache; thinking is a
 * part of `outputTokens` and has no count of its own. Source: the Bedrock Runtime API reference (TokenUsage, ContentBlock).
 */
export function createBedrockConverseDecoder(state: ResponseState): ApiDecoder {
  let usage: JsonObject | null = null;

  function readReasoning(reasoning: JsonObject): void {
    state.set('thinkingSeen', true);
    const text = textField(reasoning, 'text') ?? textField(objectField(reasoning, 'reasoningText'), 'text');
    if (text !== null) state.text('thinking', text);
    if (field(reasoning, 'redactedContent') !== undefined) state.set('thinkingHidden', true);
  }

  /** A content block of a body, or the start or a delta of one: they use the same members. */
  function readBlock(block: JsonObject | null): void {
    const text = textField(block, 'text');
    if (text !== null) state.text('visible', text);
    const reasoning = objectField(block, 'reasoningContent');
    if (reasoning !== null) readReasoning(reasoning);
    const tool = objectField(block, 'toolUse');
    if (tool === null) return;
    // A delta of a tool's input does not repeat its name; a tool that Bedrock runs itself says so.
    if (nameField(tool, 'name') !== null && nameField(tool, 'type') !== 'server_tool_use') {
      state.set('toolCalls', state.facts().toolCalls + 1);
    }
    const input = field(tool, 'input');
    if (typeof input === 'string') state.text('toolArguments', input);
    else if (input !== undefined && input !== null) state.text('toolArguments', JSON.stringify(input));
  }

  function readEnd(source: JsonObject): void {
    const reason = nameField(source, 'stopReason');
    if (reason !== null) state.set('stopReason', reason);
  }

  /** Members that a body and a stream's `metadata` share. */
  function readMetadata(source: JsonObject): void {
    usage = objectField(source, 'usage') ?? usage;
    const tier = nameField(objectField(source, 'serviceTier'), 'type');
    if (tier !== null) state.set('serviceTier', tier);
    const latency = nameField(objectField(source, 'performanceConfig'), 'latency');
    if (latency === 'optimized') state.set('speed', latency);
  }

  function finish(): void {
    state.set('complete', true);
    if (usage === null) return;
    const { thinkingSeen, toolCalls } = state.facts();
    state.setParts([
      { model: null, usage: { ...usageOf(state, usage), thinkingTokens: thinkingSeen ? null : 0, toolCalls } },
    ]);
    state.set('usageState', 'final');
  }

  return {
    event(data) {
      readAwsError(state, data);
      readBlock(objectField(objectField(data, 'contentBlockStart'), 'start'));
      readBlock(objectField(objectField(data, 'contentBlockDelta'), 'delta'));
      const stop = objectField(data, 'messageStop');
      if (stop !== null) readEnd(stop);
      const metadata = objectField(data, 'metadata');
      if (metadata === null) return;
      readMetadata(metadata);
      finish();
    },
    done() {
      finish();
    },
    body(value) {
      readAwsError(state, value);
      const message = objectField(objectField(value, 'output'), 'message');
      for (const block of arrayField(message, 'content')) readBlock(asObject(block));
      readEnd(value);
      readMetadata(value);
      finish();
    },
  };
}

function usageOf(state: ResponseState, usage: JsonObject): Usage {
  // InvokeModel spells Nova's cache counts like its metrics, Converse in both ways.
  const written = state.count(usage, 'cacheWriteInputTokens') ?? state.count(usage, 'cacheWriteInputTokenCount') ?? 0;
  const read = state.count(usage, 'cacheReadInputTokens') ?? state.count(usage, 'cacheReadInputTokenCount') ?? 0;
  let hour = 0;
  for (const entry of arrayField(usage, 'cacheDetails')) {
    const detail = asObject(entry);
    if (nameField(detail, 'ttl') === '1h') hour += state.count(detail, 'inputTokens') ?? 0;
  }
  // The total decides how many there were, as in Anthropic's own usage.
  const cacheWrite1hTokens = Math.min(hour, written);
  return {
    inputTokens: state.count(usage, 'inputTokens'),
    cacheReadTokens: read,
    cacheWrite5mTokens: written - cacheWrite1hTokens,
    cacheWrite1hTokens,
    outputTokens: state.count(usage, 'outputTokens'),
    thinkingTokens: null,
    webSearches: 0,
    toolCalls: 0,
  };
}

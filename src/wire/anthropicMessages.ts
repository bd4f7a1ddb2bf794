import { createAnthropicUsage } from './anthropicUsage.ts';
import type { ApiDecoder } from './apiDecoder.ts';
import { readBilled } from './billedCost.ts';
import { arrayField, asObject, field, type JsonObject, nameField, objectField, textField } from './json.ts';
import { errorTypeOf, type ResponseState } from './responseState.ts';

/**
 * Anthropic Messages. Shapes: `message_start` with a first usage, content blocks with deltas, `message_delta` with cumulative usage
 * and the stop reason, `message_stop`; `error` may come at any time after HTTP 200. A body is the message itself or an error.
 * Tool calls are those that the client runs (`tool_use`); tools that the server runs are not counted as tool calls.
 * Source: the types of @anthropic-ai/sdk (resources/messages, resources/beta/messages).
 */
export function createAnthropicMessagesDecoder(state: ResponseState): ApiDecoder {
  const usage = createAnthropicUsage(state);
  let estimateTokens: number | null = null;
  /** The last thinking block is open and has shown no text yet. */
  let silentThinking = false;

  function readUsage(object: JsonObject | null): void {
    if (object === null) return;
    usage.merge(object);
    for (const [name, fact] of [
      ['service_tier', 'serviceTier'],
      ['speed', 'speed'],
      ['inference_geo', 'inferenceGeo'],
    ] as const) {
      const value = nameField(object, name);
      if (value !== null) state.set(fact, value);
    }
    const billed = readBilled(state, object);
    if (billed !== null) state.set('billedNanoUsd', billed);
    if (state.facts().usageState === 'none') state.set('usageState', 'interim');
  }

  function refreshParts(): void {
    const facts = state.facts();
    state.setParts(usage.parts({ noThinking: facts.complete && !facts.thinkingSeen, toolCalls: facts.toolCalls }));
    const reported = state.facts().parts.some((part) => (part.usage.thinkingTokens ?? 0) > 0 && part.model === null);
    if (!reported) return;
    state.set('thinkingSeen', true);
    if (state.facts().complete && !state.saw('thinking')) state.set('thinkingHidden', true);
  }

  function finish(): void {
    endThinkingBlock();
    state.set('complete', true);
    if (state.facts().usageState === 'interim') state.set('usageState', 'final');
    refreshParts();
  }

  function endThinkingBlock(): void {
    if (silentThinking) state.set('thinkingHidden', true);
    silentThinking = false;
  }

  function readMessageHead(message: JsonObject | null): void {
    const model = nameField(message, 'model');
    if (model !== null) state.set('model', model);
    const id = nameField(message, 'id');
    if (id !== null) state.set('responseId', id);
    const stopReason = nameField(message, 'stop_reason');
    if (stopReason !== null) state.set('stopReason', stopReason);
    readUsage(objectField(message, 'usage'));
  }

  function startBlock(block: JsonObject | null): void {
    endThinkingBlock();
    const type = nameField(block, 'type');
    if (type === 'text') emit('visible', textField(block, 'text'));
    else if (type === 'compaction') emit('visible', textField(block, 'content'));
    else if (type === 'redacted_thinking') {
      state.set('thinkingSeen', true);
      state.set('thinkingHidden', true);
    } else if (type === 'thinking') {
      state.set('thinkingSeen', true);
      silentThinking = true;
      emit('thinking', textField(block, 'thinking'));
    } else if (type === 'tool_use' || type === 'server_tool_use' || type === 'mcp_tool_use') {
      if (type === 'tool_use') state.set('toolCalls', state.facts().toolCalls + 1);
      // A streamed block starts with an empty input that its deltas fill; a body has the whole of it here.
      const input = field(block, 'input');
      const text = input === undefined || input === null ? '{}' : JSON.stringify(input);
      if (text !== '{}' && text !== '""') emit('toolArguments', text);
    }
  }

  function emit(kind: 'visible' | 'thinking' | 'toolArguments', text: string | null): void {
    if (text === null) return;
    if (kind === 'thinking') silentThinking = false;
    state.text(kind, text);
  }

  function readDelta(delta: JsonObject | null): void {
    switch (nameField(delta, 'type')) {
      case 'text_delta':
        emit('visible', textField(delta, 'text'));
        return;
      case 'compaction_delta':
        emit('visible', textField(delta, 'content'));
        return;
      case 'input_json_delta':
        emit('toolArguments', textField(delta, 'partial_json'));
        return;
      case 'signature_delta':
        state.set('thinkingSeen', true);
        return;
      case 'thinking_delta': {
        state.set('thinkingSeen', true);
        emit('thinking', textField(delta, 'thinking'));
        // Each frame carries an increment; the provider says to add them up.
        const increment = state.count(delta, 'estimated_tokens');
        if (increment === null) return;
        estimateTokens = Math.min(Number.MAX_SAFE_INTEGER, (estimateTokens ?? 0) + increment);
        state.set('thinkingEstimateTokens', estimateTokens);
        return;
      }
    }
  }

  function readError(data: JsonObject): void {
    state.set('errorType', errorTypeOf(field(data, 'error')) ?? 'error');
  }

  return {
    event(data) {
      switch (nameField(data, 'type')) {
        case 'message_start':
          readMessageHead(objectField(data, 'message'));
          return refreshParts();
        case 'content_block_start': {
          startBlock(objectField(data, 'content_block'));
          return refreshParts();
        }
        case 'content_block_delta':
          return readDelta(objectField(data, 'delta'));
        case 'content_block_stop':
          return endThinkingBlock();
        case 'message_delta': {
          const stopReason = nameField(objectField(data, 'delta'), 'stop_reason');
          if (stopReason !== null) state.set('stopReason', stopReason);
          readUsage(objectField(data, 'usage'));
          if (state.facts().stopReason !== null && objectField(data, 'usage') !== null) {
            state.set('usageState', 'final');
          }
          return refreshParts();
        }
        case 'message_stop':
          return finish();
        case 'error':
          return readError(data);
        default:
          if (asObject(field(data, 'error')) !== null) readError(data);
      }
    },
    done() {
      finish();
    },
    body(value) {
      if (field(value, 'error') !== undefined && field(value, 'error') !== null) readError(value);
      for (const block of arrayField(value, 'content')) startBlock(asObject(block));
      readMessageHead(value);
      finish();
    },
  };
}

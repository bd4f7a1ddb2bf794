import type { Usage } from '../domain/usage.ts';
import type { ApiDecoder } from './apiDecoder.ts';
import { arrayField, asObject, field, type JsonObject, nameField, objectField, textField } from './json.ts';
import { errorTypeOf, type ResponseState } from './responseState.ts';

/**
 * Ollama's own /api/chat and /api/generate. A stream is one object a line and ends with `done: true`, which alone has the counts;
 * without streaming there is that one object. Ollama leaves out counts of 0, and `prompt_eval_count` leaves out the prompt's
 * cached beginning. Thinking is a part of `eval_count` and has no count of its own.
 */
export function createOllamaNativeDecoder(state: ResponseState): ApiDecoder {
  function readToolCalls(message: JsonObject | null): void {
    for (const entry of arrayField(message, 'tool_calls')) {
      const call = objectField(asObject(entry), 'function');
      if (call === null) continue;
      state.set('toolCalls', state.facts().toolCalls + 1);
      const args = field(call, 'arguments');
      if (args !== undefined && args !== null) state.text('toolArguments', JSON.stringify(args));
    }
  }

  function finish(data: JsonObject): void {
    const reason = nameField(data, 'done_reason');
    if (reason !== null) state.set('stopReason', reason);
    state.set('complete', true);
    const { thinkingSeen, toolCalls } = state.facts();
    state.setParts([
      { model: null, usage: { ...usageOf(state, data), thinkingTokens: thinkingSeen ? null : 0, toolCalls } },
    ]);
    state.set('usageState', 'final');
  }

  function read(data: JsonObject): void {
    const error = errorTypeOf(field(data, 'error'));
    if (error !== null) state.set('errorType', error);
    const model = nameField(data, 'model');
    if (model !== null) state.set('model', model);
    const message = objectField(data, 'message');
    const thinking = textField(message, 'thinking') ?? textField(data, 'thinking');
    if (thinking !== null) state.text('thinking', thinking);
    const text = textField(message, 'content') ?? textField(data, 'response');
    if (text !== null) state.text('visible', text);
    readToolCalls(message);
    if (field(data, 'done') === true) finish(data);
  }

  return { event: read, done: () => undefined, body: read };
}

function usageOf(state: ResponseState, data: JsonObject): Usage {
  return {
    inputTokens: state.count(data, 'prompt_eval_count') ?? 0,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: state.count(data, 'eval_count') ?? 0,
    thinkingTokens: null,
    webSearches: 0,
    toolCalls: 0,
  };
}

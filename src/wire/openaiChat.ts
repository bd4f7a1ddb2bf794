import type { ApiDecoder } from './apiDecoder.ts';
import { readBilled } from './billedCost.ts';
import type { TextKind } from './contract.ts';
import { arrayField, asObject, field, type JsonObject, nameField, objectField, textField } from './json.ts';
import { mergeOpenaiCounts, type OpenaiCounts, openaiUsageOf, readOpenaiCounts } from './openaiUsage.ts';
import { errorTypeOf, type ResponseState } from './responseState.ts';
import { createToolCallCounter } from './toolCallCounter.ts';

/**
 * OpenAI Chat Completions and the many who speak it. Usage is cumulative wherever it stands (`usage`, `choices[].usage`,
 * `x_groq.usage`) and never ends a stream: only `[DONE]` does. It is final once a choice has finished, since some send a
 * running total with every chunk.
 */
export function createOpenaiChatDecoder(state: ResponseState): ApiDecoder {
  let counts: OpenaiCounts | null = null;
  let finished = false;
  const tools = createToolCallCounter();

  function readHead(data: JsonObject): void {
    const model = nameField(data, 'model');
    if (model !== null) state.set('model', model);
    const id = nameField(data, 'id');
    if (id !== null) state.set('responseId', id);
    const tier = nameField(data, 'service_tier');
    if (tier !== null) state.set('serviceTier', tier);
    const error = errorTypeOf(field(data, 'error'));
    if (error !== null) state.set('errorType', error);
  }

  function readUsage(usage: JsonObject | null): void {
    if (usage === null) return;
    const read = readOpenaiCounts(state, usage);
    if (read.prompt === null && read.completion === null && read.total === null) return;
    counts = mergeOpenaiCounts(counts, read);
    const billed = readBilled(state, usage);
    if (billed !== null) state.set('billedNanoUsd', billed);
    const tier = nameField(usage, 'service_tier');
    if (tier !== null && state.facts().serviceTier === null) state.set('serviceTier', tier);
  }

  function readChoice(entry: unknown): void {
    const choice = asObject(entry);
    if (choice === null) {
      state.problem('unexpected-shape', 'a choice is no object');
      return;
    }
    const message = objectField(choice, 'delta') ?? objectField(choice, 'message');
    readThinking(state, message);
    readContent(state, message);
    emit('visible', textField(message, 'refusal'));
    readToolCalls(field(choice, 'index'), message);
    const reason = nameField(choice, 'finish_reason');
    if (reason !== null) {
      finished = true;
      state.set('stopReason', reason);
    }
    const error = errorTypeOf(field(choice, 'error'));
    if (error !== null) state.set('errorType', error);
  }

  function readToolCalls(choiceIndex: unknown, message: JsonObject | null): void {
    const choice = typeof choiceIndex === 'number' ? choiceIndex : 0;
    arrayField(message, 'tool_calls').forEach((entry, position) => {
      const call = asObject(entry);
      if (call === null) return;
      const index = field(call, 'index');
      tools.see(`${choice}:${typeof index === 'number' ? index : position}`, nameField(call, 'id'));
      emitArguments(field(objectField(call, 'function'), 'arguments'));
      emitArguments(field(objectField(call, 'custom'), 'input'));
    });
    const legacy = objectField(message, 'function_call');
    if (legacy !== null) {
      tools.see(`${choice}:function_call`, null);
      emitArguments(field(legacy, 'arguments'));
    }
    state.set('toolCalls', tools.count());
  }

  function emitArguments(value: unknown): void {
    if (value === undefined || value === null) return;
    emit('toolArguments', typeof value === 'string' ? value : JSON.stringify(value));
  }

  function emit(kind: TextKind, text: string | null): void {
    if (text !== null) state.text(kind, text);
  }

  function read(data: JsonObject): void {
    readHead(data);
    for (const choice of arrayField(data, 'choices')) {
      readChoice(choice);
      readUsage(objectField(asObject(choice), 'usage'));
    }
    readUsage(objectField(objectField(data, 'x_groq'), 'usage'));
    readUsage(objectField(data, 'usage'));
  }

  function refresh(): void {
    if (counts === null) return;
    const facts = state.facts();
    const usage = { ...openaiUsageOf(state, counts), toolCalls: facts.toolCalls };
    state.setParts([{ model: null, usage }]);
    state.set('usageState', finished || facts.complete ? 'final' : 'interim');
    if ((usage.thinkingTokens ?? 0) === 0) return;
    state.set('thinkingSeen', true);
    if (state.facts().usageState === 'final' && !state.saw('thinking')) state.set('thinkingHidden', true);
  }

  return {
    event(data) {
      read(data);
      // A chunk without choices that carries usage is the last word too, whatever became of the finish reason.
      if (
        Array.isArray(field(data, 'choices')) &&
        arrayField(data, 'choices').length === 0 &&
        objectField(data, 'usage')
      ) {
        finished = true;
      }
      refresh();
    },
    done() {
      state.set('complete', true);
      refresh();
    },
    body(value) {
      read(value);
      // Mistral writes its errors without an envelope.
      if (field(value, 'object') === 'error') state.set('errorType', errorTypeOf(value));
      state.set('complete', true);
      refresh();
    },
  };
}

/** Several fields may carry the same reasoning; the first that has text is taken, so that it is counted once. */
function readThinking(state: ResponseState, message: JsonObject | null): void {
  const plain = textField(message, 'reasoning_content') ?? textField(message, 'reasoning');
  if (plain !== null) state.text('thinking', plain);
  for (const entry of arrayField(message, 'reasoning_details')) {
    const detail = asObject(entry);
    const type = nameField(detail, 'type');
    if (type === 'reasoning.encrypted' || type === 'reasoning.summary') {
      state.set('thinkingSeen', true);
      state.set('thinkingHidden', true);
    }
    const text = textField(detail, 'text') ?? textField(detail, 'summary');
    if (plain === null && text !== null) state.text('thinking', text);
  }
}

/** Content is a string or (Mistral) a list of parts, where `thinking` parts hold lists of their own. */
function readContent(state: ResponseState, message: JsonObject | null): void {
  const content = textField(message, 'content');
  if (content !== null) state.text('visible', content);
  for (const entry of arrayField(message, 'content')) {
    const part = asObject(entry);
    if (nameField(part, 'type') === 'thinking') {
      state.set('thinkingSeen', true);
      const text = textField(part, 'thinking');
      if (text !== null) state.text('thinking', text);
      for (const inner of arrayField(part, 'thinking')) emitText(state, 'thinking', inner);
    } else emitText(state, 'visible', part);
  }
}

function emitText(state: ResponseState, kind: TextKind, part: unknown): void {
  const text = textField(asObject(part), 'text');
  if (text !== null) state.text(kind, text);
}

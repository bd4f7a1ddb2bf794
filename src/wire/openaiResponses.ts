import type { ApiDecoder } from './apiDecoder.ts';
import { readBilled } from './billedCost.ts';
import { codexLimitsOfEvent } from './codexLimits.ts';
import type { TextKind } from './contract.ts';
import { arrayField, asObject, field, type JsonObject, nameField, objectField, textField } from './json.ts';
import { mergeOpenaiCounts, type OpenaiCounts, openaiUsageOf, readOpenaiCounts } from './openaiUsage.ts';
import { errorTypeOf, type ResponseState } from './responseState.ts';

/** Output items that the client has to run. Tools that the provider runs are not counted as tool calls. */
const clientTools = new Set([
  'function_call',
  'custom_tool_call',
  'local_shell_call',
  'shell_call',
  'apply_patch_call',
  'computer_call',
]);

/** Delta events that carry model text. */
const deltaKinds: ReadonlyMap<string, TextKind> = new Map([
  ['response.output_text.delta', 'visible'],
  ['response.refusal.delta', 'visible'],
  ['response.reasoning_text.delta', 'thinking'],
  ['response.reasoning_summary_text.delta', 'thinking'],
  ['response.function_call_arguments.delta', 'toolArguments'],
  ['response.custom_tool_call_input.delta', 'toolArguments'],
  ['response.mcp_call_arguments.delta', 'toolArguments'],
  ['response.code_interpreter_call_code.delta', 'toolArguments'],
  ['response.shell_call_command.delta', 'toolArguments'],
]);

/** Items beyond this many are no longer told apart, and no longer counted. */
const maxItems = 10_000;

/** The ids of items that were seen, so that an item's start and end count once. */
interface ItemCounts {
  readonly tools: Set<string>;
  readonly searches: Set<string>;
}

function createItemCounts(): ItemCounts {
  return { tools: new Set(), searches: new Set() };
}

function note(ids: Set<string>, id: string): void {
  if (ids.size < maxItems) ids.add(id);
}

/**
 * OpenAI Responses. Usage comes once, in `response.completed`, `.incomplete` or `.failed`; a body is that response itself.
 * Source: the types of openai (resources/responses).
 */
export function createOpenaiResponsesDecoder(state: ResponseState): ApiDecoder {
  let counts: OpenaiCounts | null = null;
  /** What the provider says is billable, which leaves out opened pages and discounted searches. */
  let billableSearches: number | null = null;
  let searches = 0;
  let sawDelta = false;
  let items = createItemCounts();

  function readHead(response: JsonObject): void {
    const model = nameField(response, 'model');
    if (model !== null) state.set('model', model);
    const id = nameField(response, 'id');
    if (id !== null) state.set('responseId', id);
    const tier = nameField(response, 'service_tier');
    if (tier !== null) state.set('serviceTier', tier);
    const error = errorTypeOf(field(response, 'error'));
    if (error !== null) state.set('errorType', error);
    const usage = objectField(response, 'usage');
    if (usage !== null) readUsage(usage);
  }

  function readUsage(usage: JsonObject): void {
    const read = readOpenaiCounts(state, usage);
    if (read.prompt === null && read.completion === null && read.total === null) return;
    counts = mergeOpenaiCounts(counts, read);
    const billed = readBilled(state, usage);
    if (billed !== null) state.set('billedNanoUsd', billed);
  }

  /** Counts an item and marks hidden reasoning; called for an item's start, its end and its place in the final response alike. */
  function readItem(entry: unknown, place: number): void {
    const item = asObject(entry);
    const type = nameField(item, 'type');
    if (item === null || type === null) return;
    // GitHub Copilot names an item anew in every event, but never its call.
    const key = nameField(item, 'call_id') ?? nameField(item, 'id') ?? `at ${place}`;
    if (isClientTool(type, item)) note(items.tools, key);
    else if (type === 'web_search_call') note(items.searches, key);
    else if (type === 'reasoning') readReasoning(state, item);
    state.set('toolCalls', Math.max(state.facts().toolCalls, items.tools.size));
    searches = Math.max(searches, items.searches.size);
  }

  function readOutput(response: JsonObject): void {
    const output = arrayField(response, 'output');
    // The list repeats what was streamed, maybe under other ids, and may also be left empty: it is counted by itself.
    items = createItemCounts();
    output.forEach(readItem);
    if (!sawDelta) for (const item of output) emitItem(state, asObject(item));
  }

  function finish(response: JsonObject | null): void {
    if (response !== null) {
      readHead(response);
      readOutput(response);
      billableSearches = state.count(objectField(objectField(response, 'tool_usage'), 'web_search'), 'num_requests');
      const reason = nameField(objectField(response, 'incomplete_details'), 'reason') ?? nameField(response, 'status');
      if (reason !== null) state.set('stopReason', reason);
    }
    state.set('complete', true);
    refresh();
  }

  function refresh(): void {
    if (counts === null) return;
    const usage = openaiUsageOf(state, counts);
    const webSearches = billableSearches ?? Math.max(usage.webSearches, searches);
    state.setParts([{ model: null, usage: { ...usage, webSearches, toolCalls: state.facts().toolCalls } }]);
    state.set('usageState', state.facts().complete ? 'final' : 'interim');
    if ((usage.thinkingTokens ?? 0) === 0) return;
    state.set('thinkingSeen', true);
    if (!state.saw('thinking')) state.set('thinkingHidden', true);
  }

  function fail(error: unknown): void {
    state.set('errorType', errorTypeOf(error) ?? 'error');
  }

  return {
    event(data) {
      const type = nameField(data, 'type');
      const kind = deltaKinds.get(type ?? '');
      if (kind !== undefined) {
        sawDelta = true;
        if (type === 'response.reasoning_summary_text.delta') state.set('thinkingHidden', true);
        return state.text(kind, textField(data, 'delta') ?? '');
      }
      switch (type) {
        case 'response.output_item.added':
        case 'response.output_item.done': {
          const place = field(data, 'output_index');
          readItem(field(data, 'item'), typeof place === 'number' ? place : 0);
          return;
        }
        case 'response.completed':
        case 'response.incomplete':
        case 'response.failed':
        case 'response.cancelled':
          if (type === 'response.failed') fail(field(objectField(data, 'response'), 'error'));
          return finish(objectField(data, 'response'));
        case 'codex.rate_limits': {
          const limits = codexLimitsOfEvent(data);
          if (limits !== null) state.limits(limits);
          return;
        }
        case 'error':
          return fail(field(data, 'error') ?? withoutType(data));
        default: {
          const response = objectField(data, 'response');
          if (response !== null) {
            readHead(response);
            refresh();
          }
          if (type === null && field(data, 'error')) fail(field(data, 'error'));
        }
      }
    },
    done() {
      // OpenAI sends no [DONE] here and a router's says nothing about the response, whose own end event counts.
    },
    body(value) {
      finish(value);
    },
  };
}

/** An `error` event may carry its fields beside `type: "error"`, which is the event's name and not the error's. */
function withoutType(event: JsonObject): JsonObject {
  return { code: field(event, 'code') };
}

/** A search for tools says who runs it. */
function isClientTool(type: string, item: JsonObject): boolean {
  if (type === 'tool_search_call') return field(item, 'execution') === 'client';
  return clientTools.has(type) && !isHosted(item);
}

/** A shell that runs in the provider's container is the provider's; on the client's machine its environment is local or absent. */
function isHosted(item: JsonObject): boolean {
  return nameField(objectField(item, 'environment'), 'type')?.startsWith('container') ?? false;
}

function readReasoning(state: ResponseState, item: JsonObject): void {
  state.set('thinkingSeen', true);
  const shown = arrayField(item, 'content').length > 0;
  if (!shown && (textField(item, 'encrypted_content') !== null || arrayField(item, 'summary').length > 0)) {
    state.set('thinkingHidden', true);
  }
}

/** The text of an output item, for bodies and for streams that came without deltas. */
function emitItem(state: ResponseState, item: JsonObject | null): void {
  // A compaction's list repeats the user's own messages in front of what it made of the rest.
  if (nameField(item, 'role') === 'user') return;
  const reasoning = nameField(item, 'type') === 'reasoning';
  for (const part of [...arrayField(item, 'content'), ...arrayField(item, 'summary')]) {
    const object = asObject(part);
    const text = textField(object, 'text') ?? textField(object, 'refusal');
    if (text !== null) state.text(reasoning ? 'thinking' : 'visible', text);
  }
  const args = textField(item, 'arguments') ?? textField(item, 'input') ?? textField(item, 'code');
  if (args !== null) state.text('toolArguments', args);
  for (const command of arrayField(objectField(item, 'action'), 'commands')) {
    if (typeof command === 'string') state.text('toolArguments', command);
  }
}

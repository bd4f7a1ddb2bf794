import { field, type JsonObject, nameField, objectField, textField } from '../json.ts';
import { type EndingEvent, type EndingTracker, madeUpId, outputTokens, type Sentence } from './contract.ts';

const ends: ReadonlySet<string> = new Set([
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
  'error',
]);

/**
 * Ends a Responses stream. `incomplete`: a message says the sentence, and the response is incomplete for its maximum of output tokens.
 * `failed`: the response fails with the sentence as its error. Codex asks no more after either, but shows the first as "Incomplete
 * response returned, reason: max_output_tokens" below the sentence, and the second as the sentence alone.
 * Items that are open stay so: only an item that is done is acted on, and half a tool call must not be.
 */
export function createOpenaiResponsesEnding(style: 'incomplete' | 'failed'): EndingTracker {
  let id: string | null = null;
  let model: string | null = null;
  let createdAt = 0;
  let sequence = 0;
  let nextItem = 0;
  let streamedBytes = 0;
  let started = false;
  let ended = false;

  function readHead(response: JsonObject | null): void {
    if (response === null) return;
    started = true;
    id = nameField(response, 'id') ?? id;
    model = nameField(response, 'model') ?? model;
    const at = field(response, 'created_at');
    if (typeof at === 'number') createdAt = at;
  }

  function responseOf(sentence: Sentence, status: 'in_progress' | 'completed' | 'incomplete' | 'failed'): object {
    const isOpen = status === 'in_progress';
    const said = isOpen || status === 'failed' ? [] : [messageItem(sentence.message, 'completed')];
    return {
      ...responseShell(id ?? madeUpId('resp'), model ?? sentence.model, createdAt),
      status,
      output: said,
      incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
      // Codex tries again after `rate_limit_exceeded` and has words of its own for `insufficient_quota`.
      error: status === 'failed' ? { code: 'invalid_prompt', message: sentence.message } : null,
      usage: isOpen ? null : usageOf(outputTokens(0, streamedBytes)),
    };
  }

  return {
    event(data) {
      const type = nameField(data, 'type');
      if (type === null) return;
      const number = field(data, 'sequence_number');
      if (typeof number === 'number' && Number.isSafeInteger(number)) sequence = Math.max(sequence, number + 1);
      const place = field(data, 'output_index');
      if (typeof place === 'number' && Number.isSafeInteger(place)) nextItem = Math.max(nextItem, place + 1);
      if (type.endsWith('.delta')) streamedBytes += textField(data, 'delta')?.length ?? 0;
      readHead(objectField(data, 'response'));
      if (ends.has(type)) ended = true;
    },
    done() {
      ended = true;
    },
    ending(sentence, reason) {
      if (ended) return [];
      const events: { readonly type: string }[] = [];
      if (!started) events.push(withResponse('response.created', responseOf(sentence, 'in_progress')));
      if (style === 'failed') {
        events.push(withResponse('response.failed', responseOf(sentence, 'failed')));
      } else {
        const status = reason === 'stopped' ? 'incomplete' : 'completed';
        events.push(...messageEvents(sentence.message, nextItem));
        events.push(withResponse(`response.${status}`, responseOf(sentence, status)));
      }
      return events.map(
        (event, index): EndingEvent => ({
          name: event.type,
          data: { ...event, sequence_number: sequence + index },
        }),
      );
    },
  };
}

export function openaiResponsesWhole({ message, model }: Sentence): object {
  return {
    ...responseShell(madeUpId('resp'), model, 0),
    status: 'completed',
    output: [messageItem(message, 'completed')],
    incomplete_details: null,
    error: null,
    usage: usageOf(0),
  };
}

function withResponse(type: string, response: object): { readonly type: string } {
  return { type, ...{ response } };
}

function responseShell(id: string, model: string, createdAt: number): object {
  return {
    id,
    object: 'response',
    created_at: createdAt,
    model,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
  };
}

function usageOf(output: number): object {
  return {
    input_tokens: 0,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: output,
  };
}

function messageItem(text: string, status: 'in_progress' | 'completed'): object {
  const content = status === 'completed' ? [textPart(text)] : [];
  return { id: madeUpId('msg'), type: 'message', role: 'assistant', status, content };
}

function textPart(text: string): object {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

function messageEvents(text: string, output_index: number): readonly { readonly type: string }[] {
  const at = { output_index, item_id: madeUpId('msg'), content_index: 0 };
  const events = [
    { type: 'response.output_item.added', output_index, item: messageItem(text, 'in_progress') },
    { type: 'response.content_part.added', ...at, part: textPart('') },
    { type: 'response.output_text.delta', ...at, delta: text, logprobs: [] },
    { type: 'response.output_text.done', ...at, text, logprobs: [] },
    { type: 'response.content_part.done', ...at, part: textPart(text) },
    { type: 'response.output_item.done', output_index, item: messageItem(text, 'completed') },
  ];
  return events;
}

import { describe, expect, it } from 'vitest';
import { type Ended, endAfter, sentence } from './endStream.ts';

const { message } = sentence;
const end = (events: readonly unknown[], agent?: string) => endAfter('openai-responses', events, agent);

const shell = (head: object) => ({
  id: 'resp_outlay',
  object: 'response',
  created_at: 0,
  model: 'asked-model',
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  tool_choice: 'auto',
  tools: [],
  ...head,
});
const usage = (output_tokens: number) => ({
  input_tokens: 0,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: output_tokens,
});
const part = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] });
const item = (status: string, content: readonly object[]) => ({
  id: 'msg_outlay',
  type: 'message',
  role: 'assistant',
  status,
  content,
});
const whole = item('completed', [part(message)]);
const created = {
  type: 'response.created',
  response: shell({ status: 'in_progress', output: [], incomplete_details: null, error: null, usage: null }),
};
const incomplete = (output_tokens: number, head: object = {}) => ({
  type: 'response.incomplete',
  response: shell({
    status: 'incomplete',
    output: [whole],
    incomplete_details: { reason: 'max_output_tokens' },
    error: null,
    usage: usage(output_tokens),
    ...head,
  }),
});
const failed = {
  type: 'response.failed',
  response: shell({
    status: 'failed',
    output: [],
    incomplete_details: null,
    error: { code: 'invalid_prompt', message },
    usage: usage(0),
  }),
};
const said = (output_index: number) => {
  const at = { output_index, item_id: 'msg_outlay', content_index: 0 };
  return [
    { type: 'response.output_item.added', output_index, item: item('in_progress', []) },
    { type: 'response.content_part.added', ...at, part: part('') },
    { type: 'response.output_text.delta', ...at, delta: message, logprobs: [] },
    { type: 'response.output_text.done', ...at, text: message, logprobs: [] },
    { type: 'response.content_part.done', ...at, part: part(message) },
    { type: 'response.output_item.done', output_index, item: whole },
  ];
};
const numbered = (from: number, events: readonly { readonly type: string }[]): readonly Ended[] =>
  events.map((event, index) => ({ name: event.type, data: { ...event, sequence_number: from + index } }));

const begun = (response: object = {}) => ({ type: 'response.created', sequence_number: 0, response });

describe('a Responses stream that is ended', () => {
  it('is a whole response of the model that was asked for where nothing came', () => {
    expect(end([])).toEqual(numbered(0, [created, ...said(0), incomplete(0)]));
    expect(end([{ no: 'type', sequence_number: 7 }])).toEqual(numbered(0, [created, ...said(0), incomplete(0)]));
  });

  it('goes on under the id, model, time and numbers of what came', () => {
    const head = { id: 'resp_1', model: 'served', created_at: 5 };
    expect(end([begun(head)])).toEqual(numbered(1, [...said(0), incomplete(0, head)]));
    const events = [
      begun(head),
      { type: 'response.in_progress', sequence_number: 4, response: { created_at: 'soon' } },
      { type: 'response.output_item.added', sequence_number: 3, output_index: 2 },
      { type: 'response.output_item.done', sequence_number: 9.5, output_index: 1 },
      { type: 'response.output_item.done', sequence_number: '9', output_index: '9' },
      { type: 'response.output_item.done', output_index: 8.5 },
    ];
    expect(end(events)).toEqual(numbered(5, [...said(3), incomplete(0, head)]));
  });

  it('estimates what was said at a fourth of the text', () => {
    const delta = (type: string, text: unknown) => ({ type, delta: text });
    const tokens = (...events: readonly unknown[]) => end([begun(), ...events]).at(-1);
    const [expected] = numbered(7, [incomplete(6)]).slice(-1);
    expect(
      tokens(
        delta('response.output_text.delta', '12345678'),
        delta('response.function_call_arguments.delta', '1234567890123'),
        delta('response.output_text.done', 'x'.repeat(99)),
        delta('response.output_text.delta', 9),
      ),
    ).toEqual(expected);
  });

  it('fails for Codex, with the sentence as the error', () => {
    expect(end([], 'codex')).toEqual(numbered(0, [created, failed]));
    expect(end([begun()], 'codex')).toEqual(numbered(1, [failed]));
  });

  it.each<{ readonly last: unknown }>([
    { last: '[DONE]' },
    ...['response.completed', 'response.incomplete', 'response.failed', 'response.cancelled', 'error'].map((type) => ({
      last: { type },
    })),
  ])('adds nothing after $last', ({ last }) => {
    expect(end([begun(), last])).toEqual([]);
  });
});

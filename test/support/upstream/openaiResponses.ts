import { allInputTokens, pieces, type Speaker, type StreamEvent, type Turn, toolCalls } from './script.ts';

const createdAt = 1_767_225_600;

export const openaiResponses: Speaker = {
  api: 'openai-responses',
  responseId: (turn) => `resp_scripted_${turn.number}`,
  error: (error) => ({ error: { message: error.message, type: error.type, param: null, code: error.type } }),
  whole: (turn) => response(turn, 'completed'),

  stream: (turn) => {
    const items = itemsOf(turn).flatMap((item, index) => [
      { type: 'response.output_item.added', output_index: index, item: { ...item.whole, ...item.empty } },
      ...item.events.map((body) => ({ ...body, output_index: index, item_id: item.id })),
      { type: 'response.output_item.done', output_index: index, item: item.whole },
    ]);
    const events = [
      { type: 'response.created', response: response(turn, 'in_progress') },
      { type: 'response.in_progress', response: response(turn, 'in_progress') },
      ...items,
      { type: 'response.completed', response: response(turn, 'completed') },
    ];
    return events.map((data, index): StreamEvent => ({ event: data.type, data: { ...data, sequence_number: index } }));
  },
};

function response(turn: Turn, status: 'in_progress' | 'completed'): object {
  const isDone = status === 'completed';
  return {
    id: openaiResponses.responseId(turn),
    object: 'response',
    created_at: createdAt,
    status,
    model: turn.model,
    output: isDone ? itemsOf(turn).map((item) => item.whole) : [],
    parallel_tool_calls: true,
    tool_choice: 'auto',
    tools: [],
    error: null,
    incomplete_details: null,
    instructions: null,
    metadata: {},
    service_tier: isDone ? 'default' : 'auto',
    usage: isDone ? usage(turn) : null,
  };
}

interface Item {
  readonly id: string;
  readonly whole: object;
  /** What `response.output_item.added` says instead: nothing has come yet. */
  readonly empty: object;
  readonly events: readonly { readonly type: string; readonly [key: string]: unknown }[];
}

function itemsOf(turn: Turn): readonly Item[] {
  const { script, number, usage } = turn;
  const items: Item[] = [];
  if (script.thinking !== undefined || (usage.thinkingTokens ?? 0) > 0) items.push(reasoning(turn));
  if (script.text !== undefined) items.push(message(turn));
  for (const [index, call] of toolCalls(turn).entries()) {
    const id = `fc_${number}_${index}`;
    items.push({
      id,
      whole: {
        id,
        type: 'function_call',
        status: 'completed',
        call_id: call.id,
        name: call.name,
        arguments: call.json,
      },
      empty: { status: 'in_progress', arguments: '' },
      events: [
        ...pieces(call.json, script).map((delta) => ({ type: 'response.function_call_arguments.delta', delta })),
        { type: 'response.function_call_arguments.done', arguments: call.json },
      ],
    });
  }
  return items;
}

function reasoning({ script, number }: Turn): Item {
  const id = `rs_${number}`;
  const text = script.thinking;
  const summary = text === undefined ? [] : [{ type: 'summary_text', text }];
  const at = { summary_index: 0 };
  const events =
    text === undefined
      ? []
      : [
          { type: 'response.reasoning_summary_part.added', ...at, part: { type: 'summary_text', text: '' } },
          ...pieces(text, script).map((delta) => ({ type: 'response.reasoning_summary_text.delta', ...at, delta })),
          { type: 'response.reasoning_summary_text.done', ...at, text },
          { type: 'response.reasoning_summary_part.done', ...at, part: { type: 'summary_text', text } },
        ];
  return { id, whole: { id, type: 'reasoning', summary }, empty: { summary: [] }, events };
}

function message({ script, number }: Turn): Item {
  const id = `msg_${number}`;
  const text = script.text ?? '';
  const part = { type: 'output_text', text, annotations: [], logprobs: [] };
  const at = { content_index: 0 };
  return {
    id,
    whole: { id, type: 'message', status: 'completed', role: 'assistant', content: [part] },
    empty: { status: 'in_progress', content: [] },
    events: [
      { type: 'response.content_part.added', ...at, part: { ...part, text: '' } },
      ...pieces(text, script).map((delta) => ({ type: 'response.output_text.delta', ...at, delta, logprobs: [] })),
      { type: 'response.output_text.done', ...at, text, logprobs: [] },
      { type: 'response.content_part.done', ...at, part },
    ],
  };
}

function usage({ usage }: Turn): object {
  return {
    input_tokens: allInputTokens(usage),
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      ...(usage.cacheWrite5mTokens === 0 ? {} : { cache_write_tokens: usage.cacheWrite5mTokens }),
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: usage.thinkingTokens === null ? {} : { reasoning_tokens: usage.thinkingTokens },
    total_tokens: allInputTokens(usage) + usage.outputTokens,
  };
}

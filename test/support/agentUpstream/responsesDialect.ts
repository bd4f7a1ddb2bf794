import { type AnswerInput, type Dialect, modelAndStream } from './dialect.ts';

/** OpenAI's Responses API, at OpenAI's own path and at the one of a ChatGPT login. Input counts include what was cached. */
export const responsesDialect: Dialect = {
  api: 'openai-responses',
  match: (method, path, body) =>
    method === 'POST' && (path === '/v1/responses' || path === '/backend-api/codex/responses')
      ? modelAndStream(body)
      : null,
  pieces: (input) => (input.stream ? events(input) : [JSON.stringify(response(input, 'completed'))]),
  usage: (number, thinks) => ({
    inputTokens: 2000 + number,
    cacheReadTokens: 30_000 + number,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 800 + number,
    thinkingTokens: thinks ? 700 + number : 0,
  }),
  refusal: (status) =>
    JSON.stringify({
      error: {
        message: 'A made-up refusal.',
        type: 'server_error',
        param: null,
        code: status === 429 ? 'rate_limit_exceeded' : null,
      },
    }),
};

function items({ answer, responseId }: AnswerInput): readonly Record<string, unknown>[] {
  if (answer.kind === 'tool') {
    const call = { id: `fc_${responseId}`, call_id: `call_${responseId}`, name: answer.name, status: 'completed' };
    return [{ type: 'function_call', ...call, arguments: JSON.stringify(answer.input) }];
  }
  const { thinking = [], text } = answer;
  const reasoning = {
    type: 'reasoning',
    id: `rs_${responseId}`,
    summary: thinking.map((part) => ({ type: 'summary_text', text: part })),
    encrypted_content: 'bWFkZS11cA==',
  };
  const message = {
    type: 'message',
    id: `msg_${responseId}`,
    status: 'completed',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [] }],
  };
  return [...(thinking.length > 0 ? [reasoning] : []), message];
}

function response(input: AnswerInput, status: 'in_progress' | 'completed'): Record<string, unknown> {
  const { responseId, model, usage } = input;
  const done = status === 'completed';
  const prompt = usage.inputTokens + usage.cacheReadTokens;
  return {
    id: responseId,
    object: 'response',
    created_at: 1_790_000_000,
    status,
    model,
    output: done ? items(input) : [],
    usage: done
      ? {
          input_tokens: prompt,
          input_tokens_details: { cached_tokens: usage.cacheReadTokens },
          output_tokens: usage.outputTokens,
          output_tokens_details: { reasoning_tokens: usage.thinkingTokens },
          total_tokens: prompt + usage.outputTokens,
        }
      : null,
  };
}

function events(input: AnswerInput): readonly string[] {
  const body: (readonly [string, object])[] = [
    ['response.created', { response: response(input, 'in_progress') }],
    ['response.in_progress', { response: response(input, 'in_progress') }],
    ...items(input).flatMap((item, index) => itemEvents(item, index)),
    ['response.completed', { response: response(input, 'completed') }],
  ];
  return body.map(
    ([type, fields], sequence) =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence, ...fields })}\n\n`,
  );
}

function itemEvents(item: Record<string, unknown>, index: number): readonly (readonly [string, object])[] {
  const place = { output_index: index, item_id: item['id'] };
  const added: readonly [string, object] = [
    'response.output_item.added',
    { output_index: index, item: { ...item, ...emptied(item) } },
  ];
  const done: readonly [string, object] = ['response.output_item.done', { output_index: index, item }];
  return [added, ...deltas(item).map(([type, fields]) => [type, { ...place, ...fields }] as const), done];
}

function emptied(item: Record<string, unknown>): object {
  if (item['type'] === 'function_call') return { arguments: '', status: 'in_progress' };
  return item['type'] === 'message' ? { content: [], status: 'in_progress' } : { summary: [] };
}

function deltas(item: Record<string, unknown>): readonly (readonly [string, object])[] {
  if (item['type'] === 'function_call') {
    return [['response.function_call_arguments.delta', { delta: item['arguments'] }]];
  }
  if (item['type'] === 'message') {
    const [part] = item['content'] as readonly { readonly text: string }[];
    return [
      ['response.content_part.added', { content_index: 0, part: { type: 'output_text', text: '', annotations: [] } }],
      ['response.output_text.delta', { content_index: 0, delta: part?.text ?? '' }],
    ];
  }
  const summary = item['summary'] as readonly { readonly text: string }[];
  return summary.flatMap((part, summary_index) => [
    ['response.reasoning_summary_part.added', { summary_index, part: { type: 'summary_text', text: '' } }] as const,
    ['response.reasoning_summary_text.delta', { summary_index, delta: part.text }] as const,
  ]);
}

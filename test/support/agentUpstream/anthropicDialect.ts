import { type AnswerInput, type Dialect, modelAndStream } from './dialect.ts';

/** Anthropic's Messages API: usage in `message_start`, and again, cumulative, in `message_delta`. */
export const anthropicDialect: Dialect = {
  api: 'anthropic-messages',
  match: (method, path, body) => (method === 'POST' && path === '/v1/messages' ? modelAndStream(body) : null),
  pieces: (input) => (input.stream ? events(input) : [JSON.stringify(message(input))]),
  usage: (number, thinks) => ({
    inputTokens: 1000 + number,
    cacheReadTokens: 20_000 + number,
    cacheWrite5mTokens: 300 + number,
    cacheWrite1hTokens: 400 + number,
    outputTokens: 600 + number,
    thinkingTokens: thinks ? 500 + number : 0,
  }),
  refusal: (status) =>
    JSON.stringify({
      type: 'error',
      error: { type: status === 529 ? 'overloaded_error' : 'rate_limit_error', message: 'A made-up refusal.' },
    }),
};

function usageOf({ usage }: AnswerInput): Record<string, unknown> {
  return {
    input_tokens: usage.inputTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation_input_tokens: usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5mTokens,
      ephemeral_1h_input_tokens: usage.cacheWrite1hTokens,
    },
    service_tier: 'standard',
  };
}

function finalUsage(input: AnswerInput): Record<string, unknown> {
  const { outputTokens, thinkingTokens } = input.usage;
  return {
    ...usageOf(input),
    output_tokens: outputTokens,
    output_tokens_details: { thinking_tokens: thinkingTokens },
  };
}

function contentBlocks({ answer, responseId }: AnswerInput): readonly Record<string, unknown>[] {
  if (answer.kind === 'tool') {
    return [{ type: 'tool_use', id: `toolu_${responseId}`, name: answer.name, input: answer.input }];
  }
  const { thinking = [], text } = answer;
  const thought = { type: 'thinking', thinking: thinking.join(''), signature: 'bWFkZS11cA==' };
  return [...(thinking.length > 0 ? [thought] : []), { type: 'text', text }];
}

function head({ responseId, model }: AnswerInput): Record<string, unknown> {
  return { id: responseId, type: 'message', role: 'assistant', model };
}

function stopReason({ answer }: AnswerInput): string {
  return answer.kind === 'tool' ? 'tool_use' : 'end_turn';
}

function message(input: AnswerInput): Record<string, unknown> {
  return {
    ...head(input),
    content: contentBlocks(input),
    stop_reason: stopReason(input),
    stop_sequence: null,
    usage: finalUsage(input),
  };
}

function events(input: AnswerInput): readonly string[] {
  const start = { ...head(input), content: [], stop_reason: null, stop_sequence: null };
  return [
    event('message_start', { message: { ...start, usage: { ...usageOf(input), output_tokens: 1 } } }),
    event('ping', {}),
    ...contentBlocks(input).flatMap((block, index) => blockEvents(input, block, index)),
    event('message_delta', {
      delta: { stop_reason: stopReason(input), stop_sequence: null },
      usage: finalUsage(input),
    }),
    event('message_stop', {}),
  ];
}

function blockEvents({ answer }: AnswerInput, block: Record<string, unknown>, index: number): readonly string[] {
  const delta = (fields: object) => event('content_block_delta', { index, delta: fields });
  const framed = (empty: object, deltas: readonly string[]) => [
    event('content_block_start', { index, content_block: { ...block, ...empty } }),
    ...deltas,
    event('content_block_stop', { index }),
  ];
  if (block['type'] === 'tool_use') {
    return framed({ input: {} }, [delta({ type: 'input_json_delta', partial_json: JSON.stringify(block['input']) })]);
  }
  if (block['type'] === 'text') return framed({ text: '' }, [delta({ type: 'text_delta', text: block['text'] })]);
  const thoughts = answer.kind === 'text' ? (answer.thinking ?? []) : [];
  return framed({ thinking: '', signature: '' }, [
    ...thoughts.map((thinking) => delta({ type: 'thinking_delta', thinking })),
    delta({ type: 'signature_delta', signature: block['signature'] }),
  ]);
}

function event(type: string, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
}

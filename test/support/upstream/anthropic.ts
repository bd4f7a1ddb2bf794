import { pieces, type Speaker, type StreamEvent, type Turn, toolCalls } from './script.ts';

export const anthropic: Speaker = {
  api: 'anthropic-messages',
  responseId: (turn) => `msg_scripted_${turn.number}`,
  error: (error) => ({ type: 'error', error: { type: error.type, message: error.message } }),

  whole: (turn) => ({
    ...message(turn),
    content: blocks(turn).map((block) => block.whole),
    stop_reason: stopReason(turn),
    usage: usage(turn),
  }),

  stream: (turn) => [
    event('message_start', { message: { ...message(turn), usage: { ...usage(turn), output_tokens: 1 } } }),
    event('ping', {}),
    ...blocks(turn).flatMap((block, index) => [
      event('content_block_start', { index, content_block: block.start }),
      ...block.deltas.map((delta) => event('content_block_delta', { index, delta })),
      event('content_block_stop', { index }),
    ]),
    event('message_delta', { delta: { stop_reason: stopReason(turn), stop_sequence: null }, usage: usage(turn) }),
    event('message_stop', {}),
  ],
};

function event(type: string, body: object): StreamEvent {
  return { event: type, data: { type, ...body } };
}

function message(turn: Turn): object {
  return {
    id: anthropic.responseId(turn),
    type: 'message',
    role: 'assistant',
    model: turn.model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

function usage({ usage }: Turn): object {
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation: {
      ephemeral_5m_input_tokens: usage.cacheWrite5mTokens,
      ephemeral_1h_input_tokens: usage.cacheWrite1hTokens,
    },
    output_tokens: usage.outputTokens,
    ...(usage.thinkingTokens === null ? {} : { output_tokens_details: { thinking_tokens: usage.thinkingTokens } }),
    ...(usage.webSearches === 0 ? {} : { server_tool_use: { web_search_requests: usage.webSearches } }),
    service_tier: 'standard',
  };
}

function blocks(turn: Turn): readonly { start: object; deltas: readonly object[]; whole: object }[] {
  const { thinking, text } = turn.script;
  const found: { start: object; deltas: readonly object[]; whole: object }[] = [];
  if (thinking !== undefined) {
    const signature = `c2NyaXB0ZWQ${turn.number}`;
    const deltas = pieces(thinking, turn.script).map((piece) => ({ type: 'thinking_delta', thinking: piece }));
    found.push({
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [...deltas, { type: 'signature_delta', signature }],
      whole: { type: 'thinking', thinking, signature },
    });
  }
  if (text !== undefined) {
    found.push({
      start: { type: 'text', text: '' },
      deltas: pieces(text, turn.script).map((piece) => ({ type: 'text_delta', text: piece })),
      whole: { type: 'text', text },
    });
  }
  for (const { id, name, json } of toolCalls(turn)) {
    found.push({
      start: { type: 'tool_use', id, name, input: {} },
      deltas: pieces(json, turn.script).map((piece) => ({ type: 'input_json_delta', partial_json: piece })),
      whole: { type: 'tool_use', id, name, input: JSON.parse(json) as unknown },
    });
  }
  return found;
}

function stopReason(turn: Turn): string {
  return (turn.script.toolCalls ?? []).length > 0 ? 'tool_use' : 'end_turn';
}

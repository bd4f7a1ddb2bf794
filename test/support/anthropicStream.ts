/** A small Anthropic stream, event by event, with the usage that it reports. */
export const anthropicUsage = { inputTokens: 1200, cacheReadTokens: 300, outputTokens: 40, thinkingTokens: 10 };

export const anthropicModel = 'claude-sonnet-4-5-20250929';

const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

export function anthropicEvents(model = anthropicModel): readonly string[] {
  return [
    event('message_start', {
      message: {
        id: 'msg_made_up',
        type: 'message',
        role: 'assistant',
        model,
        content: [],
        usage: {
          input_tokens: anthropicUsage.inputTokens,
          cache_read_input_tokens: anthropicUsage.cacheReadTokens,
          cache_creation_input_tokens: 0,
          output_tokens: 1,
        },
      },
    }),
    event('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } }),
    event('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'Let me think about it.' } }),
    event('content_block_stop', { index: 0 }),
    event('content_block_start', { index: 1, content_block: { type: 'text', text: '' } }),
    event('content_block_delta', { index: 1, delta: { type: 'text_delta', text: 'The answer is forty-two.' } }),
    event('content_block_stop', { index: 1 }),
    event('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: {
        output_tokens: anthropicUsage.outputTokens,
        output_tokens_details: { thinking_tokens: anthropicUsage.thinkingTokens },
      },
    }),
    event('message_stop', {}),
  ];
}

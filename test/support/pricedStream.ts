/** A model that only a price of the user's own prices: $25 per million output tokens, everything else free. */
export const pricedModel = 'made-up-model';

export const pricedOverrides = [
  {
    match: pricedModel,
    inputUsdPerMtok: 0,
    outputUsdPerMtok: 25,
    cacheReadUsdPerMtok: 0,
    cacheWrite5mUsdPerMtok: 0,
    cacheWrite1hUsdPerMtok: 0,
  },
];

/** What a call of so many output tokens costs, in dollars. */
export const usdOfOutput = (outputTokens: number): number => (outputTokens * 25) / 1_000_000;

const event = (type: string, fields: object): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

/** The beginning of an answer of the priced model. */
export const pricedStart = (): string =>
  event('message_start', {
    message: {
      id: 'msg_made_up',
      type: 'message',
      role: 'assistant',
      model: pricedModel,
      content: [],
      stop_reason: null,
      usage: { input_tokens: 10, output_tokens: 1 },
    },
  }) + event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });

export const pricedText = (text: string): string =>
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });

/** Its end, with what the provider bills. */
export const pricedEnd = (outputTokens: number): string =>
  event('content_block_stop', { index: 0 }) +
  event('message_delta', {
    delta: { stop_reason: 'end_turn' },
    usage: { input_tokens: 10, output_tokens: outputTokens, output_tokens_details: { thinking_tokens: 0 } },
  }) +
  event('message_stop', {});

export function pricedRequest(maxTokens: number, text = 'a made-up prompt'): string {
  return JSON.stringify({
    model: pricedModel,
    stream: true,
    max_tokens: maxTokens,
    messages: [{ role: 'user', content: text }],
  });
}

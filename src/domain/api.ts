/** The wire formats that Outlay can read. The names are kept in the ledger. */
export const apiKinds = [
  'anthropic-messages',
  'openai-chat',
  'openai-responses',
  'gemini-generate',
  'bedrock-converse',
  'bedrock-invoke',
  'ollama-native',
] as const;

export type ApiKind = (typeof apiKinds)[number];

/** Who sells the call: the owner of prices, of error shapes and of the ids that observations are merged by. */
export type ProviderId = 'anthropic' | 'openai' | 'google' | 'chatgpt' | (string & {});

/** How a call was authorised. Subscription use is priced at API prices but is never a bill. */
export type AuthKind = 'key' | 'subscription' | 'unknown';

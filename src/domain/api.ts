/** The wire formats that Outlay can read. */
export type ApiKind = 'anthropic-messages' | 'openai-chat' | 'openai-responses' | 'gemini-generate';

/** Who sells the call: the owner of prices, of error shapes and of the ids that observations are merged by. */
export type ProviderId = 'anthropic' | 'openai' | 'google' | 'chatgpt' | (string & {});

/** How a call was authorised. Subscription use is priced at API prices but is never a bill. */
export type AuthKind = 'key' | 'subscription' | 'unknown';

/** Token counts in the ledger's terms: each token in one field, except that thinking is a part of output. */
export interface ScriptUsage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  /** Null where the provider does not say. */
  readonly thinkingTokens: number | null;
  readonly webSearches: number;
}

/** What one request is answered with. Everything has a default; the same script and request give the same bytes. */
export interface Script {
  readonly text?: string;
  /** Thinking that the client may read. Hidden thinking is `usage.thinkingTokens` without this. */
  readonly thinking?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: Readonly<Record<string, unknown>> }[];
  /** What is not given is worked out from the texts, at four characters a token. */
  readonly usage?: Partial<ScriptUsage>;
  /** The model that the response names; the requested one unless given. */
  readonly model?: string;
  /** Characters of text or thinking in one event of a stream. */
  readonly chunkChars?: number;
  /** Wait before the first byte of the body, and between the events of a stream. */
  readonly firstPauseMs?: number;
  readonly pauseMs?: number;
  /** Answered instead, in the API's own error shape. */
  readonly error?: { readonly status: number; readonly type: string; readonly message: string };
  /** Breaks the connection off after so many events of a stream. */
  readonly cutAfterEvents?: number;
  readonly encoding?: 'gzip' | 'deflate' | 'br' | 'zstd';
  readonly headers?: Readonly<Record<string, string>>;
}

export type ApiName = 'anthropic-messages' | 'openai-chat' | 'openai-responses' | 'gemini-generate';

/** Everything that a speaker of an API needs to answer one request. */
export interface Turn {
  readonly script: Script;
  readonly usage: ScriptUsage;
  readonly model: string;
  /** Unique in this upstream: "0001", "0002", ... */
  readonly number: string;
  readonly request: Readonly<Record<string, unknown>>;
}

/** One event of a stream. `event` is the SSE name; without it only `data:` is sent. */
export interface StreamEvent {
  readonly event?: string;
  readonly data: unknown;
}

export interface Speaker {
  readonly api: ApiName;
  stream(turn: Turn): readonly StreamEvent[];
  whole(turn: Turn): unknown;
  error(error: NonNullable<Script['error']>): unknown;
  responseId(turn: Turn): string;
}

export function completeUsage(script: Script, bodyChars: number): ScriptUsage {
  const thinking = tokens(script.thinking ?? '');
  const tools = (script.toolCalls ?? []).reduce((sum, call) => sum + tokens(JSON.stringify(call.arguments)) + 8, 0);
  const thinkingTokens = script.usage?.thinkingTokens === undefined ? thinking : script.usage.thinkingTokens;
  return {
    inputTokens: Math.max(1, Math.ceil(bodyChars / 4)),
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: Math.max(1, tokens(script.text ?? '') + (thinkingTokens ?? thinking) + tools),
    webSearches: 0,
    ...script.usage,
    thinkingTokens,
  };
}

function tokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** The text in pieces of `chunkChars`; no piece for an empty text. */
export function pieces(text: string | undefined, script: Script): readonly string[] {
  const size = script.chunkChars ?? 24;
  const found: string[] = [];
  for (let at = 0; at < (text?.length ?? 0); at += size) found.push(text?.slice(at, at + size) ?? '');
  return found;
}

export function toolCalls(
  turn: Turn,
): readonly { readonly id: string; readonly name: string; readonly json: string }[] {
  return (turn.script.toolCalls ?? []).map((call, index) => ({
    id: `call_${turn.number}_${index}`,
    name: call.name,
    json: JSON.stringify(call.arguments),
  }));
}

export function allInputTokens(usage: ScriptUsage): number {
  return usage.inputTokens + usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
}

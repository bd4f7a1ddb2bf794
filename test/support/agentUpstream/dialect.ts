/** What the scripted provider does with one call. */
export type Answer =
  | { readonly kind: 'text'; readonly text: string; readonly thinking?: readonly string[] }
  | { readonly kind: 'tool'; readonly name: string; readonly input: Readonly<Record<string, unknown>> }
  /** An error status in the provider's own shape. */
  | { readonly kind: 'refuse'; readonly status: number; readonly retryAfterSeconds?: number }
  /** A stream that begins like `text` and whose connection breaks before the usage and the end. */
  | { readonly kind: 'cut'; readonly text: string };

/** The figures of `outlay calls --json` that a provider reports. */
export interface ReportedUsage {
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  readonly thinkingTokens: number;
}

export interface AnswerInput {
  readonly answer: Extract<Answer, { kind: 'text' | 'tool' }>;
  readonly responseId: string;
  readonly model: string;
  readonly usage: ReportedUsage;
  readonly stream: boolean;
}

/** One API as the scripted provider speaks it. */
export interface Dialect {
  readonly api: string;
  /** The requested model and whether a stream is wanted, or null where a request is no call of this API. */
  match(method: string, path: string, body: unknown): { readonly model: string; readonly stream: boolean } | null;
  /** The answer in the pieces that it is written in: one event each, or one whole document. */
  pieces(input: AnswerInput): readonly string[];
  /** Different for every call, so that a row of the books belongs to one answer only. */
  usage(number: number, thinks: boolean): ReportedUsage;
  refusal(status: number): string;
}

export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

export function modelAndStream(body: unknown): { readonly model: string; readonly stream: boolean } {
  return { model: String(field(body, 'model')), stream: field(body, 'stream') === true };
}

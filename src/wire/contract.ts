import type { NanoUsd } from '../domain/money.ts';
import type { UsagePart } from '../domain/usage.ts';
import type { CodexLimits } from './codexLimits.ts';

/** The stream of text that a response carries, for live counting. */
export type TextKind = 'visible' | 'thinking' | 'toolArguments';

/** Something a decoder could not read. Codes are stable; `detail` never quotes prompts or answers. */
export interface WireProblem {
  readonly code:
    | 'malformed-json'
    | 'malformed-event'
    | 'bad-encoding'
    | 'unknown-encoding'
    | 'too-large'
    | 'bad-count'
    | 'unexpected-shape';
  readonly detail: string;
}

/** What is known of a response so far. A decoder replaces the whole value; nobody mutates it. */
export interface ResponseFacts {
  readonly model: string | null;
  readonly responseId: string | null;
  /** Usage as the provider reported it, cumulative; empty until it reported any. Tool calls and searches are counted in. */
  readonly parts: readonly UsagePart[];
  /** `interim`: a first report that more will follow (Anthropic's message_start). `final`: the provider's last word. */
  readonly usageState: 'none' | 'interim' | 'final';
  /** What the provider says it charged (OpenRouter's `usage.cost`), else null. */
  readonly billedNanoUsd: NanoUsd | null;
  readonly serviceTier: string | null;
  readonly speed: string | null;
  readonly inferenceGeo: string | null;
  readonly stopReason: string | null;
  /** The provider's short error type, from an error body or an error event in the stream. */
  readonly errorType: string | null;
  /** The response reached its own end marker (message_stop, [DONE], response.completed, finishReason, end of a JSON body). */
  readonly complete: boolean;
  /** Thinking took place, whatever was shown of it. */
  readonly thinkingSeen: boolean;
  /** Some thinking was not streamed as text (encrypted, redacted, summarised): live counts of it are lower bounds. */
  readonly thinkingHidden: boolean;
  /** A running estimate of thinking that the provider streams itself (`thinking_delta.estimated_tokens`), else null. */
  readonly thinkingEstimateTokens: number | null;
  /** Calls of tools that the client has to run; what the provider runs itself (web search, code, MCP) is not counted. */
  readonly toolCalls: number;
}

export interface ResponseSink {
  /** Called for every piece of model text, in order, with what the wire carried. */
  onText(kind: TextKind, text: string): void;
  /** Called after each change of the facts. */
  onFacts(facts: ResponseFacts): void;
  onProblem(problem: WireProblem): void;
  /** Called for each event that tells of subscription windows; absent where nobody asks. */
  onLimits?(limits: CodexLimits): void;
}

/**
 * Reads one response. Push-style, bounded, linear and blind to chunk borders; never throws. `end` resolves when everything that
 * was pushed has been decoded (decompression is asynchronous); the facts are final then.
 */
export interface ResponseReader {
  push(chunk: Uint8Array): void;
  end(): Promise<ResponseFacts>;
}

/** What a request tells before its response: never the prompt. */
export interface RequestFacts {
  readonly model: string | null;
  readonly stream: boolean | null;
  readonly effort: string | null;
  /** Claude is to think and leaves the text of it out of its answer, as far as the request tells. */
  readonly omitsThinking?: true;
  readonly maxOutputTokens: number | null;
  readonly serviceTier: string | null;
  readonly speed: string | null;
  /** Session id found in the body (`metadata.user_id`, `prompt_cache_key`), else null. */
  readonly session: string | null;
  /** Bytes of text in the body that a model would read, long unbroken strings (images) left out; for estimating input. */
  readonly textBytes: number;
  readonly problems: readonly WireProblem[];
}

/** Reads one request body with bounded memory; the body itself is not kept. */
export interface RequestReader {
  push(chunk: Uint8Array): void;
  end(): Promise<RequestFacts>;
}

export const noResponseFacts: ResponseFacts = {
  model: null,
  responseId: null,
  parts: [],
  usageState: 'none',
  billedNanoUsd: null,
  serviceTier: null,
  speed: null,
  inferenceGeo: null,
  stopReason: null,
  errorType: null,
  complete: false,
  thinkingSeen: false,
  thinkingHidden: false,
  thinkingEstimateTokens: null,
  toolCalls: 0,
};

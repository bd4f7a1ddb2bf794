import type { ApiKind, ProviderId } from '../domain/api.ts';
import { spokenAnswer } from '../wire/endings/spokenAnswer.ts';

export interface RefusalQuestion {
  readonly api: ApiKind;
  readonly provider: ProviderId;
  /** A name of `agentOf`. */
  readonly agent: string;
  /** One sentence, shown by the agent as it is. */
  readonly message: string;
  /** Answer with an assistant message instead of an error. */
  readonly asMessage: boolean;
  /** The budget could not be asked. */
  readonly isTemporary: boolean;
  /** The request is too large to be checked, which has nothing to do with money. */
  readonly isTooLarge?: boolean;
  readonly stream: boolean;
  /** The model that the request names, for an answer as a message. */
  readonly model: string;
}

export interface RefusalShape {
  readonly status: number;
  /** Names and values in turn, as Node's `writeHead` takes them; without a length. */
  readonly headers: readonly string[];
  readonly body: string;
}

type Kind = 'budget' | 'temporary' | 'tooLarge';

/**
 * Answers a request that the gate refused so that its agent stops and shows the sentence. What the real agents did, each with its one
 * prompt (test/agents/refusals.test.ts; requests in all, and what was shown):
 * - Claude Code 2.1.330, 402: 1, "API Error: 402 <sentence>"
 * - Codex 0.169, 400 as plain text: 1, "ERROR: <sentence>" (after a 402 it asks five times more)
 * - Gemini CLI 0.61, 402: 2 (its routing call is the first), the sentence in an ApiError
 * - Qwen Code 0.24, 402: 1, "[API Error: 402 <sentence>]"
 * - OpenCode 1.18, 402: 2 (the title is a call of its own), "Error: <sentence>"
 *
 * A 503 is a trouble of ours that may pass, and agents ask again as they do after their provider's own: in the first minute Claude
 * Code 7 times, Codex 30 times in 25 s and then no more, Gemini CLI 3, Qwen Code 15 in 25 s, OpenCode 6 in 15 s.
 */
export function refusalFor(question: RefusalQuestion): RefusalShape {
  const kind: Kind = question.isTooLarge === true ? 'tooLarge' : question.isTemporary ? 'temporary' : 'budget';
  if (question.asMessage && kind !== 'temporary' && !isRouting(question)) {
    const spoken = spokenAnswer(question.api, question, question.stream);
    if (spoken !== null) return { status: 200, headers: ['Content-Type', spoken.contentType], body: spoken.body };
  }
  const { message, agent, api } = question;
  if (agent === 'codex' && api === 'openai-responses' && kind !== 'temporary')
    return { status: 400, headers: ['Content-Type', 'text/plain; charset=utf-8'], body: message };
  const { status } = kinds[kind];
  return {
    status,
    headers: ['Content-Type', 'application/json', ...retryFields(kind), ...(dialects[api].headers?.(kind) ?? [])],
    body: JSON.stringify(dialects[api].body(message, kind)),
  };
}

/**
 * Gemini CLI first asks a small model, unstreamed, which model is to answer, and wants JSON of it: it asks again and again after a
 * sentence, and goes on at once after an error.
 */
function isRouting({ agent, stream }: RefusalQuestion): boolean {
  return agent === 'gemini-cli' && !stream;
}

/** Honoured by the SDKs of Anthropic and OpenAI, and so by everything that is built on them. */
function retryFields(kind: Kind): readonly string[] {
  return kind === 'temporary' ? [] : ['X-Should-Retry', 'false'];
}

const kinds = {
  budget: {
    status: 402,
    anthropic: 'billing_error',
    google: 'FAILED_PRECONDITION',
    aws: 'ServiceQuotaExceededException',
  },
  temporary: { status: 503, anthropic: 'api_error', google: 'UNAVAILABLE', aws: 'ServiceUnavailableException' },
  tooLarge: { status: 413, anthropic: 'request_too_large', google: 'INVALID_ARGUMENT', aws: 'ValidationException' },
} as const;

/**
 * What aider looks for to give up: it tries every error of a status that it does not know again, for a minute, unless the body
 * has both `"code":402` and these two words. They stand beside the message, which stays the sentence. Nothing here has words
 * that Goose takes for a context that is full ("exceeds", "too long", "context limit").
 */
function codeFields(kind: Kind): { readonly code: number; readonly reason?: string } {
  return { code: kinds[kind].status, ...(kind === 'budget' ? { reason: 'insufficient credits' } : {}) };
}

interface Dialect {
  readonly body: (message: string, kind: Kind) => object;
  readonly headers?: (kind: Kind) => readonly string[];
}

const openai: Dialect = {
  // Not `insufficient_quota`, in whose place agents show a sentence of their own.
  body: (message, kind) => ({ error: { message, type: kinds[kind].anthropic, param: null, ...codeFields(kind) } }),
};

const aws: Dialect = {
  body: (message) => ({ message }),
  headers: (kind) => ['X-Amzn-ErrorType', kinds[kind].aws],
};

const dialects: Readonly<Record<ApiKind, Dialect>> = {
  'anthropic-messages': {
    body: (message, kind) => ({
      type: 'error',
      error: { type: kinds[kind].anthropic, message, ...(kind === 'budget' ? codeFields(kind) : {}) },
      request_id: null,
    }),
  },
  'openai-chat': openai,
  'openai-responses': openai,
  'gemini-generate': {
    // Not RESOURCE_EXHAUSTED, which Google's clients wait for or leave for another model.
    body: (message, kind) => ({ error: { message, status: kinds[kind].google, ...codeFields(kind) } }),
  },
  'bedrock-converse': aws,
  'bedrock-invoke': aws,
  'ollama-native': { body: (message) => ({ error: message }) },
};

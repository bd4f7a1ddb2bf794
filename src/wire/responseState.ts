import type { UsagePart } from '../domain/usage.ts';
import type { CodexLimits } from './codexLimits.ts';
import type { ResponseFacts, ResponseSink, TextKind, WireProblem } from './contract.ts';
import { noResponseFacts } from './contract.ts';
import { asObject, field, type JsonObject } from './json.ts';

/** Distinct problems that are reported for one response; a stream of garbage must not become a stream of reports. */
const maxProblems = 32;

/** The facts of one response while it is read: decoders set fields, the sink hears of them once an event is through. */
export interface ResponseState {
  readonly httpStatus: number;
  facts(): ResponseFacts;
  set<K extends keyof ResponseFacts>(name: K, value: ResponseFacts[K]): void;
  setParts(parts: readonly UsagePart[]): void;
  text(kind: TextKind, text: string): void;
  /** From here on no text is told or counted as seen. */
  mute(): void;
  limits(limits: CodexLimits): void;
  /** The same problem is reported once a response. */
  problem(code: WireProblem['code'], detail: string): void;
  /**
   * Reads one count: null where there is none. Anything but a whole number from 0 to 2^53-1 is reported and read as null,
   * so that it can never poison a sum. -0 is 0.
   */
  count(object: JsonObject | null, name: string, most?: number): number | null;
  /** True when any text of this kind was seen. */
  saw(kind: TextKind): boolean;
  /** Hands the facts to the sink if they changed since the last time. */
  flush(): void;
}

export function createResponseState(sink: ResponseSink, httpStatus: number): ResponseState {
  let facts = noResponseFacts;
  let changed = false;
  let partsKey = '[]';
  const problems = new Set<string>();
  const kinds = new Set<TextKind>();
  let muted = false;

  function set<K extends keyof ResponseFacts>(name: K, value: ResponseFacts[K]): void {
    if (Object.is(facts[name], value)) return;
    facts = { ...facts, [name]: value };
    changed = true;
  }

  function problem(code: WireProblem['code'], detail: string): void {
    const key = `${code} ${detail}`;
    if (problems.has(key) || problems.size >= maxProblems) return;
    problems.add(key);
    sink.onProblem({ code, detail });
  }

  return {
    httpStatus,
    facts: () => facts,
    set,
    setParts(parts) {
      const key = JSON.stringify(parts);
      if (key === partsKey) return;
      partsKey = key;
      set('parts', parts);
    },
    text(kind, text) {
      if (text === '' || muted) return;
      kinds.add(kind);
      if (kind === 'thinking') set('thinkingSeen', true);
      sink.onText(kind, text);
    },
    mute() {
      muted = true;
    },
    limits: (limits) => sink.onLimits?.(limits),
    problem,
    count(object, name, most = mostTokens) {
      const value = field(object, name);
      if (value === undefined || value === null) return null;
      if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most) return value + 0;
      problem('bad-count', `${name} is no whole number from 0 to ${most}`);
      return null;
    },
    saw: (kind) => kinds.has(kind),
    flush() {
      if (!changed) return;
      changed = false;
      sink.onFacts(facts);
    },
  };
}

/**
 * No call has ten billion tokens. A larger figure is somebody's mistake, and sums of a few such would leave the range of exact
 * numbers: one answer could make all books unreadable.
 */
const mostTokens = 1e10;

/** Error types are single words; anything else may be a message, which could quote a prompt. */
const errorWord = /^[A-Za-z0-9][\w.:/-]{0,63}$/;

/**
 * The short type of an error object, in any provider's spelling: `type` (Anthropic, OpenAI), `status` (Google), `code` (OpenRouter,
 * Z.ai). Returns "error" where there is an error of unknown type, null where there is none.
 */
export function errorTypeOf(error: unknown): string | null {
  if (error === undefined || error === null || error === false) return null;
  const object = asObject(error);
  for (const name of ['type', 'status', 'code']) {
    const value = field(object, name);
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    if (typeof value === 'string' && errorWord.test(value)) return value;
  }
  return 'error';
}

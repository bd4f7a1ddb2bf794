import type { SeenRequest } from './contract.ts';

/** What requests of one extension have in common and those of others mostly have not: the client and what it says of itself. */
const lookFields = [
  ...['user-agent', 'x-title', 'http-referer', 'x-app', 'originator', 'accept', 'anthropic-version', 'anthropic-beta'],
  ...['x-stainless-package-version', 'x-stainless-lang', 'copilot-integration-id'],
] as const;
/** Of these only whether they are there. */
const credentialFields = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'] as const;

const KEPT_LOOKS = 500;

export interface CallerGuessOptions {
  /** Extensions that run here and are known to call LLM APIs from inside this host without saying who they are. */
  readonly runningAgents: () => readonly string[];
}

/**
 * Guesses who makes a call whose caller is not on the stack: the only extension whose calls looked like this one so far, else the only
 * agent's extension that runs. Null where two would do. A guess is never taken for more: it is shown as one, until the caller is known.
 */
export class CallerGuess {
  readonly #options: CallerGuessOptions;
  /** Who was seen making calls of each look. */
  readonly #callers = new Map<string, Set<string>>();

  constructor(options: CallerGuessOptions) {
    this.#options = options;
  }

  /** The caller of a call is known for certain. */
  learn(seen: SeenRequest, caller: string): void {
    const look = lookOf(seen);
    const callers = this.#callers.get(look);
    if (callers !== undefined) {
      callers.add(caller);
      return;
    }
    if (this.#callers.size >= KEPT_LOOKS) this.#callers.clear();
    this.#callers.set(look, new Set([caller]));
  }

  of(seen: SeenRequest): string | null {
    const candidates = [...(this.#callers.get(lookOf(seen)) ?? this.#options.runningAgents())];
    return candidates.length === 1 ? (candidates[0] ?? null) : null;
  }
}

function lookOf({ origin, field }: SeenRequest): string {
  const told = lookFields.map((name) => field(name) ?? '');
  const credentials = credentialFields.map((name) => field(name) !== undefined);
  return JSON.stringify([origin, ...told, ...credentials]);
}

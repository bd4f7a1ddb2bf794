import { createHmac, randomBytes } from 'node:crypto';
import { apiOfPath } from '../protocol/llmHosts.ts';
import type { SeenRequest } from './contract.ts';

/** What requests of one extension have in common and those of others mostly have not: the client and what it says of itself. */
const lookFields = [
  ...['user-agent', 'x-title', 'http-referer', 'x-app', 'originator', 'accept', 'anthropic-version', 'anthropic-beta'],
  ...['x-stainless-package-version', 'x-stainless-lang', 'copilot-integration-id'],
] as const;
const credentialFields = ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'] as const;

const KEPT_LOOKS = 500;

export interface CallerGuessOptions {
  /** Extensions that run here and are known to call LLM APIs from inside this host without saying who they are. */
  readonly runningAgents: () => readonly string[];
}

/** Who makes a call whose caller is not on the stack. */
export interface GuessedCaller {
  readonly caller: string;
  /**
   * Calls with this very signature, credential included, were made by this extension and by no other. Else it is a guess, and shown as one.
   * Whoever reads the answer has the last word either way.
   */
  readonly isKnown: boolean;
}

/**
 * Tells who makes a call whose caller is not on the stack: the extension whose signature it bears, else the only one whose calls looked like this
 * one so far, else the only agent's extension that runs. Null where two would do.
 */
export class CallerGuess {
  readonly #options: CallerGuessOptions;
  /** Who was seen making calls of each look, and of each signature. */
  readonly #callers = new Map<string, Set<string>>();
  /** Of credentials nothing is kept but what this makes of them, which says nothing outside of this object. */
  readonly #salt = randomBytes(32);

  constructor(options: CallerGuessOptions) {
    this.#options = options;
  }

  /** The caller of a call is known for certain. */
  learn(seen: SeenRequest, caller: string): void {
    this.#note(lookOf(seen), caller);
    const signature = this.#signatureOf(seen);
    if (signature !== null) this.#note(signature, caller);
  }

  of(seen: SeenRequest): GuessedCaller | null {
    const signature = this.#signatureOf(seen);
    const known = signature === null ? null : onlyOne(this.#callers.get(signature));
    if (known !== null) return { caller: known, isKnown: true };
    const guessed = onlyOne(this.#callers.get(lookOf(seen)) ?? this.#options.runningAgents());
    return guessed === null ? null : { caller: guessed, isKnown: false };
  }

  #note(look: string, caller: string): void {
    const callers = this.#callers.get(look);
    if (callers !== undefined) {
      callers.add(caller);
      return;
    }
    if (this.#callers.size >= KEPT_LOOKS) this.#callers.clear();
    this.#callers.set(look, new Set([caller]));
  }

  /** The look, the API, the fields in their order and the credential; null without a credential, since all calls of one client look alike then. */
  #signatureOf(seen: SeenRequest): string | null {
    const { path, field, fieldNames } = seen;
    const credentials = [...credentialFields.map(field), /[?&]key=([^&]*)/.exec(path)?.[1]];
    if (fieldNames === undefined || credentials.every((credential) => credential === undefined)) return null;
    const digest = createHmac('sha256', this.#salt).update(JSON.stringify(credentials)).digest('base64');
    return JSON.stringify([digest, lookOf(seen), apiOfPath(path), ...fieldNames()]);
  }
}

function onlyOne(callers: Iterable<string> = []): string | null {
  const [first, ...others] = callers;
  return first === undefined || others.length > 0 ? null : first;
}

function lookOf({ origin, field }: SeenRequest): string {
  const told = lookFields.map((name) => field(name) ?? '');
  const credentials = credentialFields.map((name) => field(name) !== undefined);
  return JSON.stringify([origin, ...told, ...credentials]);
}

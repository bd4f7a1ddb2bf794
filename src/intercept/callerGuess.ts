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

/** What clients of LLM APIs and of HTTP call themselves: whoever uses one says nothing of itself by that. */
const clientNames: ReadonlySet<string> = new Set([
  ...['openai', 'anthropic', 'googlegenaisdk', 'mistral', 'aisdk', 'langchain', 'litellm'],
  ...['node', 'undici', 'axios', 'nodefetch', 'mozilla', 'applewebkit', 'chrome', 'electron', 'code', 'vscode'],
]);

/** A shorter word says too little: it may be any abbreviation. */
const SHORTEST_NAME = 4;
const LONGEST_NAME = 200;

export interface RunningExtension {
  readonly id: string;
  /** What people call it, as its manifest says. */
  readonly displayName: string;
  /**
   * `agent`: known to call LLM APIs from inside this host without saying who it is; `unlikely`: comes with the editor, and is no such agent;
   * `possible`: any other.
   */
  readonly calls: 'agent' | 'possible' | 'unlikely';
}

export interface CallerGuessOptions {
  /** The extensions that run here, without ourselves. */
  readonly running: () => readonly RunningExtension[];
}

/** Who makes a call whose caller is not on the stack. */
export interface GuessedCaller {
  readonly caller: string;
  /**
   * Calls with this very signature, credential included, were made by this extension and by no other, or the call itself says whose it is. Else
   * it is a guess, and shown as one. Whoever reads the answer has the last word either way.
   */
  readonly isKnown: boolean;
}

/**
 * Tells who makes a call whose caller is not on the stack: the extension whose signature it bears, or whose name is among its fields; else, as a
 * guess, the only one whose calls looked like this one so far, the only agent's extension that runs, or the only extension at all that runs
 * and did not come with the editor. Null where two would do.
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
    const running = this.#options.running();
    const said = onlyOne(idsOfNamed(running, namesIn(seen)));
    if (said !== null) return { caller: said, isKnown: true };
    const alike = this.#callers.get(lookOf(seen));
    const guessed = alike === undefined ? likeliestOf(running) : onlyOne(alike);
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

/** The only agent's extension, where none runs the only one that is not the editor's own. */
function likeliestOf(running: readonly RunningExtension[]): string | null {
  const idsOf = (calls: RunningExtension['calls']) =>
    running.filter((extension) => extension.calls === calls).map(({ id }) => id);
  const agents = idsOf('agent');
  return onlyOne(agents.length > 0 ? agents : idsOf('possible'));
}

/** What a call says of the program that makes it: its title, and the products of its user agent. */
function namesIn({ field }: SeenRequest): ReadonlySet<string> {
  const products = (field('user-agent') ?? '').slice(0, LONGEST_NAME).split(' ');
  const said = [field('x-title'), field('originator'), ...products.map((product) => product.split('/')[0])];
  const names = said.map((name) => comparable(name ?? ''));
  return new Set(names.filter((name) => name.length >= SHORTEST_NAME && !clientNames.has(name)));
}

function idsOfNamed(running: readonly RunningExtension[], names: ReadonlySet<string>): readonly string[] {
  if (names.size === 0) return [];
  const isNamed = ({ id, displayName }: RunningExtension) =>
    [displayName, id, id.slice(id.indexOf('.') + 1)].some((name) => names.has(comparable(name)));
  return running.filter(isNamed).map(({ id }) => id);
}

/** "Roo Code", "roo-code" and "RooCode" are one name. */
function comparable(name: string): string {
  return name
    .slice(0, LONGEST_NAME)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

function lookOf({ origin, field }: SeenRequest): string {
  const told = lookFields.map((name) => field(name) ?? '');
  const credentials = credentialFields.map((name) => field(name) !== undefined);
  return JSON.stringify([origin, ...told, ...credentials]);
}

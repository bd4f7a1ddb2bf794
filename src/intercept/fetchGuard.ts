import type { Disposable } from '../domain/disposable.ts';
import type { ShutAnswer } from '../protocol/hostFeed.ts';
import { isCallPath } from '../protocol/llmHosts.ts';
import type { CallWatcher, FieldReader } from './contract.ts';
import { quietly } from './subscribe.ts';

/** A request as `fetch` is given it. */
export interface FetchTarget {
  readonly origin: string;
  readonly method: string;
  readonly path: string;
  readonly field: FieldReader;
}

/** What is decided about a call: its answer in place of the provider's, or that it goes, which `run` then does. */
export type Admission =
  | { readonly kind: 'answered'; readonly answer: ShutAnswer }
  | { readonly kind: 'goes'; readonly run: (call: () => unknown) => unknown };

export interface FetchGuardParts {
  readonly watcher: Pick<CallWatcher, 'isKnown' | 'failed'>;
  /** Decides at once: whoever calls `fetch` is waited for by nobody, and waits for nobody. */
  readonly admit: (target: FetchTarget, caller: string | null) => Admission;
  readonly findCaller: () => string | null;
}

/**
 * Puts a `fetch` in place of the global one that answers calls which must not leave in the provider's own error shape: their agent shows
 * the sentence and does not try again. Every property, name, length and `this` are the original's, and every other call goes through as
 * it was made. Only there while a hard budget exists. Taken back only where it is still ours: otherwise it lets everything through.
 */
export function installFetchGuard(parts: FetchGuardParts): Disposable {
  const { watcher, admit, findCaller } = parts;
  const original = globalThis.fetch;
  let isOn = true;
  const decide = (args: readonly unknown[]): Admission | null => {
    const wanted = isOn ? targetOf(args) : null;
    if (wanted === null || !watcher.isKnown(wanted.origin) || !isCallPath(wanted.method, wanted.path)) return null;
    return admit(wanted, findCaller());
  };
  const guard = new Proxy(original, {
    apply(target, self: unknown, args: readonly unknown[]): unknown {
      const pass = (): unknown => Reflect.apply(target, self, args);
      const decided: { run: (call: () => unknown) => unknown } = { run: (call) => call() };
      quietly(watcher, () => {
        const admission = decide(args);
        if (admission === null) return;
        // Made here, since somebody may have replaced `Response`: what cannot be answered is aborted where it begins.
        const answer = admission.kind === 'answered' ? responseOf(admission.answer) : null;
        decided.run = admission.kind === 'goes' ? admission.run : () => Promise.resolve(answer);
      });
      return decided.run(pass);
    },
  });
  globalThis.fetch = guard;
  return {
    dispose() {
      isOn = false;
      // Somebody may have made the global unchangeable meanwhile: then ours stays, and passes everything on.
      quietly(watcher, () => {
        if (globalThis.fetch === guard) globalThis.fetch = original;
      });
    },
  };
}

function targetOf([input, init]: readonly unknown[]): FetchTarget | null {
  const address = typeof input === 'string' ? input : input instanceof URL ? input.href : textOf(input, 'url');
  if (address === null || !URL.canParse(address)) return null;
  const { origin, pathname, search } = new URL(address);
  const method = textOf(init, 'method') ?? textOf(input, 'method') ?? 'GET';
  return { origin, method: method.toUpperCase(), path: pathname + search, field: fieldOf(input, init) };
}

/** Fields in whatever shape `fetch` takes them; read only where somebody asks. */
function fieldOf(input: unknown, init: unknown): FieldReader {
  return (name) => {
    const given = [init, input].map((value) =>
      typeof value === 'object' && value !== null && 'headers' in value ? value.headers : undefined,
    );
    const headers = given.find((value) => value !== undefined);
    return headers === undefined || isReadOnce(headers)
      ? undefined
      : (new Headers(headers as ConstructorParameters<typeof Headers>[0]).get(name) ?? undefined);
  };
}

/** What `map.entries()` and generators give can be read but once, which is for `fetch` to do: only lists, maps and `Headers` are known to stay whole. */
function isReadOnce(headers: unknown): boolean {
  if (typeof headers !== 'object' || headers === null || !(Symbol.iterator in headers)) return false;
  return !Array.isArray(headers) && !('get' in headers);
}

function textOf(value: unknown, name: string): string | null {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : null;
  return typeof found === 'string' ? found : null;
}

function responseOf({ status, headers, body }: ShutAnswer): Response {
  const fields = new Headers();
  for (let i = 0; i + 1 < headers.length; i += 2) fields.append(headers[i] ?? '', headers[i + 1] ?? '');
  return new Response(body, { status, headers: fields });
}

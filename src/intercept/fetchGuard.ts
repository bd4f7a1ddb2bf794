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
      const decided: { admission: Admission | null } = { admission: null };
      quietly(watcher, () => {
        decided.admission = decide(args);
      });
      const { admission } = decided;
      if (admission === null) return pass();
      return admission.kind === 'answered' ? Promise.resolve(responseOf(admission.answer)) : admission.run(pass);
    },
  });
  globalThis.fetch = guard;
  return {
    dispose() {
      isOn = false;
      if (globalThis.fetch === guard) globalThis.fetch = original;
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
    return headers === undefined
      ? undefined
      : (new Headers(headers as ConstructorParameters<typeof Headers>[0]).get(name) ?? undefined);
  };
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

import type { Disposable } from '../domain/disposable.ts';
import type { CallWatcher, FieldReader, HostTap } from './contract.ts';
import { endOfError } from './networkError.ts';
import { followChannels, quietly } from './subscribe.ts';

/** What is used of `http.ClientRequest`; nothing of it is imported, for every extension may have a copy of the module of its own. */
interface Request {
  readonly method?: unknown;
  readonly path?: unknown;
  readonly protocol?: unknown;
  readonly host?: unknown;
  getHeader?(name: string): unknown;
  destroy?(error: Error): unknown;
  once?(event: 'close', listener: () => void): unknown;
}

interface Followed {
  readonly tap: HostTap;
  isSent: boolean;
}

/** Sees what goes through `node:http` and `node:https`: axios, node-fetch, got, and every SDK that is built on them. */
export function installHttpHook(watcher: CallWatcher): Disposable {
  const followed = new WeakMap<object, Followed>();
  /** A call of which nothing is ever told again, and which nobody can read any more, has ended too. */
  const unreachable = new FinalizationRegistry<HostTap>((tap) => {
    quietly(watcher, () => {
      if (isOn) tap.end('client-gone');
    });
  });
  let isOn = true;
  /** Until there is a first call, answers are not even looked up. */
  let hasFollowed = false;

  function onCreated(request: Request & object): void {
    // Fields that were given as a list are not there yet: the name is all that is known then.
    const host = textOf(request.getHeader?.('host')) ?? textOf(request.host) ?? '';
    if (!watcher.isKnown(host)) return;
    const field: FieldReader = (name) => textOf(request.getHeader?.(name));
    const { method, path, protocol } = request;
    if (typeof method !== 'string' || typeof path !== 'string') return;
    const origin = `${typeof protocol === 'string' ? protocol : 'https:'}//${host}`;
    const seen = watcher.begin({ origin, method, path, field });
    if (seen === null) return;
    if (seen.kind === 'refused') {
      request.destroy?.(new Error(seen.sentence));
      return;
    }
    const state: Followed = { tap: seen.tap, isSent: false };
    followed.set(request, state);
    hasFollowed = true;
    unreachable.register(request, state.tap);
    listen(request, 'write', (args) => {
      takeBody(state, args);
    });
    listen(request, 'end', (args) => {
      takeBody(state, args);
      state.isSent = true;
      state.tap.requestEnd();
    });
    listen(request, 'destroy', ([error]) => state.tap.end(endOfError(error, state)));
    // Whatever happens, this comes last. A listener for errors is deliberately absent: it would hide one that nobody handles.
    request.once?.('close', () => {
      quietly(watcher, () => {
        if (isOn) state.tap.end(state.isSent ? 'client-gone' : 'no-upstream');
      });
    });
  }

  /** Listens at one method of one object: looks first, since what is handed over belongs to others afterwards. */
  function listen(target: object, name: string, take: (args: readonly unknown[]) => void): void {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== 'function') return;
    const listening = function (this: unknown, ...args: readonly unknown[]): unknown {
      quietly(watcher, () => {
        if (isOn) take(args);
      });
      return Reflect.apply(original, this, args);
    };
    Reflect.set(target, name, listening);
  }

  function onResponse(state: Followed, response: object): void {
    const { tap } = state;
    const status: unknown = 'statusCode' in response ? response.statusCode : null;
    const headers: unknown = 'headers' in response ? response.headers : null;
    tap.responseHead(typeof status === 'number' ? status : 0, (name) =>
      typeof headers === 'object' && headers !== null ? textOf(Reflect.get(headers, name)) : undefined,
    );
    listen(response, 'push', ([chunk, encoding]) => {
      if (chunk === null) tap.end('complete');
      else if (!tell(chunk, encoding, (bytes) => tap.responseBytes(bytes))) tap.gap();
    });
    // Called by whoever ends it early: the caller, or Node with the error of a connection that broke off.
    listen(response, 'destroy', ([error]) => tap.end(endOfError(error, state)));
  }

  function of(message: unknown): { readonly state: Followed; readonly message: object } | null {
    if (!hasFollowed || typeof message !== 'object' || message === null || !('request' in message)) return null;
    const { request } = message;
    const state = typeof request === 'object' && request !== null ? followed.get(request) : undefined;
    return state === undefined ? null : { state, message };
  }

  const channels = followChannels(watcher, {
    'http.client.request.created': (message) => {
      if (typeof message !== 'object' || message === null || !('request' in message)) return;
      const { request } = message;
      if (typeof request === 'object' && request !== null) onCreated(request);
    },
    'http.client.response.finish': (message) => {
      const found = of(message);
      if (found === null || !('response' in found.message)) return;
      const { response } = found.message;
      if (typeof response === 'object' && response !== null) onResponse(found.state, response);
    },
    'http.client.request.error': (message) => {
      const found = of(message);
      if (found === null) return;
      const error: unknown = 'error' in found.message ? found.message.error : null;
      found.state.tap.end(endOfError(error, found.state));
    },
  });
  return {
    dispose() {
      isOn = false;
      channels.dispose();
    },
  };
}

function takeBody(state: Followed, [chunk, encoding]: readonly unknown[]): void {
  if (chunk === undefined || chunk === null || typeof chunk === 'function') return;
  state.isSent = true;
  if (!tell(chunk, encoding, (bytes) => state.tap.requestBytes(bytes))) state.tap.gap();
}

function tell(chunk: unknown, encoding: unknown, take: (bytes: Uint8Array) => void): boolean {
  if (typeof chunk === 'string') {
    take(Buffer.from(chunk, typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8'));
    return true;
  }
  if (!(chunk instanceof Uint8Array)) return false;
  take(chunk);
  return true;
}

function textOf(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof first === 'string') return first;
  return typeof first === 'number' ? String(first) : undefined;
}

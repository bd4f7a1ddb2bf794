import type { Disposable } from '../domain/disposable.ts';
import { watchReading } from './answerReader.ts';
import type { CallWatcher, FieldReader, HostTap } from './contract.ts';
import { endOfError } from './networkError.ts';
import { followChannels, quietly } from './subscribe.ts';

/** A request object of any undici, the built-in one and every copy that somebody bundles: what is read of it, none of it for sure. */
interface UndiciRequest {
  readonly origin?: unknown;
  readonly path?: unknown;
  readonly method?: unknown;
  readonly headers?: unknown;
}

interface Followed {
  readonly tap: HostTap;
  /** How often the channels told of a chunk: where they do, the methods are not to count it again. */
  chunkEvents: number;
  isSent: boolean;
}

/**
 * Sees what goes through undici: `fetch`, however it was come by, and every bundled copy of undici 6 to 8. State is kept by the request
 * object, since events of a response run in the context of whoever opened the connection.
 */
export function installUndiciHook(watcher: CallWatcher): Disposable {
  const followed = new WeakMap<object, Followed>();
  /** Kinds of request objects whose chunks the channels tell of. */
  const telling = new WeakSet<object>();
  /** A call of which nothing is ever told again, and which nobody can read any more, has ended too. */
  const unreachable = new FinalizationRegistry<HostTap>((tap) => {
    quietly(watcher, () => {
      if (isOn) tap.end('client-gone');
    });
  });
  let isOn = true;

  function onCreate(request: UndiciRequest & object): void {
    const { origin: given, path, method } = request;
    const origin = typeof given === 'string' ? given : given instanceof URL ? given.origin : '';
    if (!watcher.isKnown(origin) || typeof path !== 'string' || typeof method !== 'string') return;
    const { headers } = request;
    const fieldNames = (): readonly string[] => namesOf(headers);
    const seen = watcher.begin({ origin, method, path, field: fieldsOf(headers), fieldNames, tellsReader: true });
    if (seen === null) return;
    if (seen.kind === 'refused') {
      abortAtStart(request, seen.sentence);
      return;
    }
    const state: Followed = { tap: seen.tap, chunkEvents: 0, isSent: false };
    followed.set(request, state);
    unreachable.register(request, state.tap);
    if (!telling.has(Object.getPrototypeOf(request) as object)) listenToMethods(request, state);
    if (seen.askReader !== null) watchReading(request, { watcher, isOn: () => isOn, onReading: seen.askReader });
  }

  /** For undici 6 and older, whose channels do not tell of chunks: listens at the methods of this one object. */
  function listenToMethods(request: object, state: Followed): void {
    const onSent = (chunk: Uint8Array): void => {
      state.isSent = true;
      state.tap.requestBytes(chunk);
    };
    listen(request, 'onBodySent', state, onSent);
    for (const name of ['onData', 'onResponseData']) {
      listen(request, name, state, (chunk) => state.tap.responseBytes(chunk));
    }
  }

  function listen(target: object, name: string, state: Followed, take: (chunk: Uint8Array) => void): void {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== 'function') return;
    const listening = function (this: unknown, ...args: readonly unknown[]): unknown {
      const before = state.chunkEvents;
      // Whoever is handed a chunk may write into it, and whether the channels tell of it is known only afterwards.
      let copy: Uint8Array | null = null;
      quietly(watcher, () => {
        const chunk = args.find((arg) => arg instanceof Uint8Array);
        if (isOn && chunk instanceof Uint8Array) copy = new Uint8Array(chunk);
      });
      const result: unknown = Reflect.apply(original, this, args);
      quietly(watcher, () => {
        if (isOn && state.chunkEvents === before && copy !== null) take(copy);
      });
      return result;
    };
    Reflect.set(target, name, listening);
  }

  function of(message: unknown): { readonly state: Followed; readonly message: object } | null {
    if (typeof message !== 'object' || message === null || !('request' in message)) return null;
    const { request } = message;
    const state = typeof request === 'object' && request !== null ? followed.get(request) : undefined;
    return state === undefined ? null : { state, message };
  }

  function onChunk(message: unknown, take: (state: Followed, chunk: Uint8Array) => void): void {
    const found = of(message);
    if (found === null || !('chunk' in found.message)) return;
    const { chunk } = found.message;
    found.state.chunkEvents += 1;
    if ('request' in found.message) telling.add(Object.getPrototypeOf(found.message.request) as object);
    if (chunk instanceof Uint8Array) take(found.state, chunk);
    else found.state.tap.gap();
  }

  const channels = followChannels(watcher, {
    'undici:request:create': (message) => {
      if (typeof message !== 'object' || message === null || !('request' in message)) return;
      const { request } = message;
      if (typeof request === 'object' && request !== null) onCreate(request);
    },
    'undici:request:bodyChunkSent': (message) =>
      onChunk(message, (state, chunk) => {
        state.isSent = true;
        state.tap.requestBytes(chunk);
      }),
    'undici:request:bodySent': (message) => {
      const state = of(message)?.state;
      if (state === undefined) return;
      state.isSent = true;
      state.tap.requestEnd();
    },
    'undici:request:headers': (message) => {
      const found = of(message);
      if (found === null || !('response' in found.message)) return;
      const { response } = found.message;
      if (typeof response !== 'object' || response === null) return;
      const status: unknown = 'statusCode' in response ? response.statusCode : null;
      found.state.isSent = true;
      found.state.tap.responseHead(
        typeof status === 'number' ? status : 0,
        fieldsOf('headers' in response && response.headers),
      );
    },
    'undici:request:bodyChunkReceived': (message) => onChunk(message, (state, chunk) => state.tap.responseBytes(chunk)),
    'undici:request:trailers': (message) => of(message)?.state.tap.end('complete'),
    'undici:request:error': (message) => {
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

/**
 * Stops a request before anything of it is sent: undici hands out the means to abort it when it takes a connection for it. The caller
 * gets the sentence as the error, or as the cause of "fetch failed".
 */
function abortAtStart(request: object, sentence: string): void {
  for (const name of ['onConnect', 'onRequestStart']) {
    const original: unknown = Reflect.get(request, name);
    if (typeof original !== 'function') continue;
    Reflect.set(request, name, function (this: unknown, ...args: readonly unknown[]): unknown {
      const result: unknown = Reflect.apply(original, this, args);
      const [abort] = args;
      if (typeof abort === 'function') Reflect.apply(abort, undefined, [new Error(sentence)]);
      return result;
    });
  }
}

/** Fields of a flat list of texts or bytes, or of an object; undici has had all of these. */
function fieldsOf(headers: unknown): FieldReader {
  if (Array.isArray(headers)) return (name) => listed(headers, name);
  if (typeof headers === 'string') return (name) => lineOf(headers, name);
  if (typeof headers !== 'object' || headers === null) return () => undefined;
  return (name) => {
    const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1] as unknown;
    return text(Array.isArray(found) ? found[0] : found);
  };
}

/** Names of such fields, as they stand. */
function namesOf(headers: unknown): readonly string[] {
  if (typeof headers === 'string')
    return headers.split('\r\n').map((line) => (line.split(':', 1)[0] ?? '').toLowerCase());
  if (typeof headers !== 'object' || headers === null) return [];
  const names: readonly unknown[] = Array.isArray(headers)
    ? headers.filter((_, index) => index % 2 === 0)
    : Object.keys(headers);
  return names.map((name) => (text(name) ?? '').toLowerCase());
}

function listed(headers: readonly unknown[], name: string): string | undefined {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const key = headers[i];
    const length = typeof key === 'string' || key instanceof Uint8Array ? key.length : -1;
    if (length === name.length && text(key)?.toLowerCase() === name) {
      const value: unknown = headers[i + 1];
      return text(Array.isArray(value) ? value[0] : value);
    }
  }
  return undefined;
}

/** undici before 6.0 kept the head as one text. */
function lineOf(head: string, name: string): string | undefined {
  const line = head.split('\r\n').find((each) => each.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

function text(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
    : undefined;
}

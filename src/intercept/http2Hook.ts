import type { Disposable } from '../domain/disposable.ts';
import type { CallWatcher, FieldReader, HostTap } from './contract.ts';
import { followChannels, quietly } from './subscribe.ts';

/**
 * Sees what goes through `node:http2`, which gRPC and Connect clients use. Its calls can be observed and not stopped: nothing hands out
 * the means to end a stream before it is sent but destroying it, and others may share its session.
 */
export function installHttp2Hook(watcher: CallWatcher): Disposable {
  const followed = new WeakMap<object, HostTap>();
  let isOn = true;

  function onCreated(stream: object, headers: unknown): void {
    const field = fieldsOf(headers);
    const host = field(':authority') ?? '';
    if (!watcher.isKnown(host)) return;
    const origin = `${field(':scheme') ?? 'https'}://${host}`;
    const [method, path] = [field(':method') ?? 'GET', field(':path') ?? '/'];
    const seen = watcher.begin({ origin, method, path, field, over: 'http2' });
    if (seen?.kind !== 'observed') return;
    const { tap } = seen;
    followed.set(stream, tap);
    const push: unknown = Reflect.get(stream, 'push');
    if (typeof push !== 'function') return;
    Reflect.set(stream, 'push', function (this: unknown, ...args: readonly unknown[]): unknown {
      quietly(watcher, () => {
        const [chunk] = args;
        if (!isOn) return;
        if (chunk === null) tap.end('complete');
        else if (chunk instanceof Uint8Array) tap.responseBytes(chunk);
        else tap.gap();
      });
      return Reflect.apply(push, this, args);
    });
  }

  function of(message: unknown): { readonly tap: HostTap; readonly message: object } | null {
    if (typeof message !== 'object' || message === null || !('stream' in message)) return null;
    const { stream } = message;
    const tap = typeof stream === 'object' && stream !== null ? followed.get(stream) : undefined;
    return tap === undefined ? null : { tap, message };
  }

  const channels = followChannels(watcher, {
    'http2.client.stream.created': (message) => {
      if (typeof message !== 'object' || message === null || !('stream' in message) || !('headers' in message)) return;
      if (typeof message.stream === 'object' && message.stream !== null) onCreated(message.stream, message.headers);
    },
    'http2.client.stream.bodyChunkSent': (message) => {
      const found = of(message);
      if (found === null || !('data' in found.message)) return;
      const { data } = found.message;
      const encoding: unknown = 'encoding' in found.message ? found.message.encoding : 'utf8';
      for (const piece of Array.isArray(data) ? data : [data]) takeSent(found.tap, piece, encoding);
    },
    'http2.client.stream.bodySent': (message) => of(message)?.tap.requestEnd(),
    'http2.client.stream.finish': (message) => {
      const found = of(message);
      if (found === null || !('headers' in found.message)) return;
      const field = fieldsOf(found.message.headers);
      found.tap.responseHead(Number(field(':status') ?? 0), field);
    },
    // After an answer that ended this changes nothing.
    'http2.client.stream.close': (message) => of(message)?.tap.end('client-gone'),
  });
  return {
    dispose() {
      isOn = false;
      channels.dispose();
    },
  };
}

/** Writes that were put together come as a list of `{ chunk, encoding }`. */
function takeSent(tap: HostTap, piece: unknown, encoding: unknown): void {
  if (piece instanceof Uint8Array) tap.requestBytes(piece);
  else if (typeof piece === 'string') {
    const known = typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
    tap.requestBytes(Buffer.from(piece, known));
  } else if (typeof piece === 'object' && piece !== null && 'chunk' in piece) {
    takeSent(tap, piece.chunk, 'encoding' in piece ? piece.encoding : encoding);
  } else tap.gap();
}

function fieldsOf(headers: unknown): FieldReader {
  return (name) => {
    const value: unknown = typeof headers === 'object' && headers !== null ? Reflect.get(headers, name) : undefined;
    const first: unknown = Array.isArray(value) ? value[0] : value;
    return typeof first === 'string' ? first : typeof first === 'number' ? String(first) : undefined;
  };
}

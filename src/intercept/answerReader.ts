import type { CallWatcher } from './contract.ts';
import { quietly } from './subscribe.ts';

/** A stream as undici's `fetch` keeps one for an answer, whichever copy of undici it is: none of it for sure. */
interface AnswerStream {
  read(...args: readonly unknown[]): unknown;
  readonly _readableState?: { readonly pipes?: unknown };
}

/** A reader that cannot be told in so many readings will not be told at all, and each costs a stack. */
const MOST_READINGS = 8;
/** What stands between a request and the handler that `fetch` made for it, and between an answer and its last decoder. */
const MOST_LINKS = 5;

export interface ReadingParts {
  readonly watcher: Pick<CallWatcher, 'failed'>;
  readonly isOn: () => boolean;
  /** Called on the stack of whoever reads the answer. True: it need not be asked again. */
  readonly onReading: () => boolean;
}

/**
 * Tells when the answer of one request to undici is read. VS Code's own `fetch` waits for proxies and certificates before it calls, so that
 * its caller is not on the stack when the request begins; nor does the language keep a link from there, since that code awaits by a helper
 * of its compiler. But `fetch` asks its stream for bytes only when somebody reads, in that very call: there the caller is on the stack. Until
 * that is done, the method `read` of this one stream is listened at, and it is the stream's own again afterwards.
 */
export function watchReading(request: object, parts: ReadingParts): void {
  for (const name of ['onHeaders', 'onResponseStart']) {
    const original: unknown = Reflect.get(request, name);
    if (typeof original !== 'function') continue;
    Reflect.set(request, name, function (this: unknown, ...args: readonly unknown[]): unknown {
      const result: unknown = Reflect.apply(original, this, args);
      quietly(parts.watcher, () => {
        const answer = answerOf(request);
        if (answer !== null && parts.isOn()) listenToReads(answer, parts);
      });
      return result;
    });
  }
}

/** The stream that `fetch` reads of; null before there is one, as after a head of status 103, and for what is no `fetch`. */
function answerOf(request: object): AnswerStream | null {
  const symbol = Object.getOwnPropertySymbols(request).find(({ description }) => description === 'handler');
  let handler: unknown = symbol === undefined ? null : Reflect.get(request, symbol);
  for (let links = 0; links < MOST_LINKS && isObject(handler); links++) {
    const body: unknown = Reflect.get(handler, 'body');
    if (isStream(body)) return lastDecoderOf(body);
    // A proxy's handler stands before it.
    handler = Reflect.get(handler, 'handler');
  }
  return null;
}

function lastDecoderOf(body: AnswerStream): AnswerStream {
  let last = body;
  for (let links = 0; links < MOST_LINKS; links++) {
    const pipes: unknown = last._readableState?.pipes;
    const next: unknown = Array.isArray(pipes) ? pipes[0] : null;
    if (!isStream(next)) break;
    last = next;
  }
  return last;
}

function listenToReads(answer: AnswerStream, { watcher, isOn, onReading }: ReadingParts): void {
  if (Object.hasOwn(answer, 'read')) return;
  let left = MOST_READINGS;
  const reading = function (this: unknown, ...args: readonly unknown[]): unknown {
    quietly(watcher, () => {
      // The stream itself reads nothing (0 bytes) to have more fetched: that is nobody's reading.
      if (args[0] === 0) return;
      left -= 1;
      if (isOn() && !onReading() && left > 0) return;
      if (answer.read === reading) Reflect.deleteProperty(answer, 'read');
    });
    return Reflect.apply(original, this, args);
  };
  const original = answer.read;
  answer.read = reading;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isStream(value: unknown): value is AnswerStream {
  return isObject(value) && 'read' in value && typeof value.read === 'function';
}

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from 'vitest';
import type { Disposable } from '../../../src/domain/disposable.ts';
import { createCallerFinder } from '../../../src/intercept/callerFinder.ts';
import { installHooks } from '../../../src/intercept/installHooks.ts';
import { type EchoServer, events, startEchoServer } from './echoServer.ts';
import { recorder } from './seenCalls.ts';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const thisFolder = import.meta.dirname;

interface Asked {
  readonly answers: (string | null)[];
  readonly hooks: Disposable;
}

/** Observes, and notes who was found on the stack each time that the reader was asked for. */
function observe(server: EchoServer, isEnough: (caller: string | null) => boolean): Asked {
  const answers: (string | null)[] = [];
  const find = createCallerFinder(() => [{ path: thisFolder, id: 'the reader' }]);
  const askReader = (): boolean => {
    const caller = find();
    answers.push(caller);
    return isEnough(caller);
  };
  const hooks = installHooks(recorder(new Set([server.host]), { askReader }).watcher);
  cleanups.push(() => hooks.dispose());
  return { answers, hooks };
}

/** The streams that answers are read of, as the platform keeps them. */
function answerStreams(): object[] {
  const requests: object[] = [];
  const onCreate = (message: unknown): void => {
    requests.push((message as { readonly request: object }).request);
  };
  subscribe('undici:request:create', onCreate);
  cleanups.push(() => unsubscribe('undici:request:create', onCreate));
  return requests;
}

const bodyOf = (request: object | undefined): object => {
  const symbol = Object.getOwnPropertySymbols(request ?? {}).find(({ description }) => description === 'handler');
  return (Reflect.get(request ?? {}, symbol ?? '') as { readonly body: object }).body;
};

const send = (url: string): Promise<Response> => fetch(url, { method: 'POST', body: '{}' });

/** Long after the request: nothing of the call itself is on the stack any more. */
const later = (): Promise<void> => new Promise((go) => setImmediate(go));

describe('the reader of an answer', () => {
  it.each([
    ['/one', '{"ok":true}'],
    ['/sse', events.join('')],
    ['/gzip', '{"packed":"gzip"}'],
    ['/br', '{"packed":"br"}'],
    ['/error', '{"error":{"type":"rate_limit_error"}}'],
  ])('is on the stack when %s is read, at once or later, and gets every byte', async (path, whole) => {
    await using server = await startEchoServer();
    const asked = observe(server, (caller) => caller !== null);
    const atOnce = await send(server.origin + path);
    expect(await atOnce.text()).toBe(whole);
    const kept = await send(server.origin + path);
    await later();
    expect(asked.answers).toEqual(['the reader']);
    expect(await kept.text()).toBe(whole);
    expect(asked.answers).toEqual(['the reader', 'the reader']);
  });

  it('is found through generators that wait for each other', async () => {
    await using server = await startEchoServer();
    const asked = observe(server, (caller) => caller !== null);
    const answer = await send(`${server.origin}/sse`);
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for await (const piece of answer.body ?? []) yield piece;
    }
    let text = '';
    for await (const piece of pieces()) text += Buffer.from(piece).toString();
    expect([text, asked.answers]).toEqual([events.join(''), ['the reader']]);
  });

  it('is asked for no longer than it takes, and the stream has its own method again', async () => {
    await using server = await startEchoServer();
    const requests = answerStreams();
    observe(server, () => true);
    const answer = await send(`${server.origin}/one`);
    const stream = bodyOf(requests[0]);
    expect(Object.hasOwn(stream, 'read')).toBe(true);
    await answer.text();
    expect(Object.hasOwn(stream, 'read')).toBe(false);
  });

  it('is given up where nobody can be told', async () => {
    await using server = await startEchoServer();
    const requests = answerStreams();
    const asked = observe(server, () => false);
    const answer = await send(`${server.origin}/large`);
    expect((await answer.arrayBuffer()).byteLength).toBe(10 * 1024 * 1024);
    expect(asked.answers).toHaveLength(8);
    expect(Object.hasOwn(bodyOf(requests[0]), 'read')).toBe(false);
  });

  it('is not asked for once nobody observes any more', async () => {
    await using server = await startEchoServer();
    const asked = observe(server, () => true);
    const answer = await send(`${server.origin}/one`);
    asked.hooks.dispose();
    expect(await answer.text()).toBe('{"ok":true}');
    expect(asked.answers).toEqual([]);
  });

  it('gets its bytes also where asking fails', async () => {
    await using server = await startEchoServer();
    observe(server, () => {
      throw new Error('a defect');
    });
    expect(await (await send(`${server.origin}/sse`)).text()).toBe(events.join(''));
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { apiKinds } from '../../../src/domain/api.ts';
import type { CallsWanted } from '../../../src/intercept/contract.ts';
import { installHooks } from '../../../src/intercept/installHooks.ts';
import { ShutBoard } from '../../../src/intercept/shutBoard.ts';
import {
  type HostOrders,
  type HostRefused,
  type HostRoom,
  openOrders,
  type ShutAnswer,
} from '../../../src/protocol/hostFeed.ts';
import { type EchoServer, startEchoServer } from './echoServer.ts';
import { recorder } from './seenCalls.ts';

const original = globalThis.fetch;
const sentence = 'Outlay: the budget is used up.';
const answers = Object.fromEntries(
  apiKinds.map((api): [string, ShutAnswer] => [
    api,
    {
      status: 402,
      headers: ['content-type', 'application/json', 'x-api', api],
      body: JSON.stringify({ error: sentence }),
    },
  ]),
) as Record<(typeof apiKinds)[number], ShutAnswer>;
const open: HostOrders = { hasHardBudget: true, rooms: [], shut: null };
const shut = (onlyBilled = false): HostOrders => ({
  hasHardBudget: true,
  rooms: [],
  shut: { sentence, onlyBilled, answers },
});
const boards: ShutBoard[] = [];

const filledBy = (calls: number, change: Partial<HostRoom> = {}): HostOrders => ({
  ...open,
  taskId: 'task-1',
  rooms: [
    {
      ...{ dimension: 'calls', taskId: null, calls, onlyEnded: false },
      full: { sentence, onlyBilled: false, answers },
      ...change,
    },
  ],
});

/** Calls that were seen to begin and whose booking the board does not know of. */
let unbooked = (_wanted: CallsWanted): number => 0;
let nowMs = 0;

function boardFor(server: EchoServer, concerns: (caller: string | null) => boolean = () => true) {
  const refused: HostRefused[] = [];
  const board = new ShutBoard({
    ...{ findCaller: () => 'some.agent', concerns, onRefused: (told) => refused.push(told) },
    ...{ unbookedCalls: (wanted) => unbooked(wanted), clock: { monotonicMs: () => nowMs } },
  });
  boards.push(board);
  const seen = recorder(new Set([server.host, 'api.githubcopilot.com']));
  return { board, refused, seen };
}

afterEach(() => {
  unbooked = () => 0;
  nowMs = 0;
  for (const board of boards.splice(0)) board.dispose();
  globalThis.fetch = original;
});

const post = { method: 'POST', headers: { 'x-api-key': 'made-up' }, body: '{}' };

describe('the guard of fetch', () => {
  it('is there only while a hard budget is', async () => {
    await using server = await startEchoServer();
    const { board, seen } = boardFor(server);
    board.take(openOrders, seen.watcher);
    expect(globalThis.fetch).toBe(original);
    board.take(open, seen.watcher);
    const guard = globalThis.fetch;
    expect(guard).not.toBe(original);
    board.take(shut(), seen.watcher);
    expect(globalThis.fetch).toBe(guard);
    board.take(openOrders, seen.watcher);
    expect(globalThis.fetch).toBe(original);
  });

  it('has every property of the original, and passes on what is given to it', async () => {
    await using server = await startEchoServer();
    const { board, seen } = boardFor(server);
    Object.assign(original, { ofSomebodyElse: 'kept' });
    board.take(open, seen.watcher);
    const { name, length } = globalThis.fetch;
    expect({ name, length, more: Reflect.get(globalThis.fetch, 'ofSomebodyElse') }).toEqual({
      ...{ name: original.name, length: original.length, more: 'kept' },
    });
    expect(Object.getPrototypeOf(globalThis.fetch)).toBe(Object.getPrototypeOf(original));
    Reflect.deleteProperty(original, 'ofSomebodyElse');
    const body = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from('in pieces'));
        controller.close();
      },
    });
    const answers = await Promise.all([
      fetch(`${server.origin}/a`, { ...post, body, duplex: 'half' }),
      fetch(new Request(`${server.origin}/b`, post)),
      fetch(new URL(`${server.origin}/c`), post),
      globalThis.fetch.call(undefined, `${server.origin}/d`),
    ]);
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual(answers.map(() => ({ ok: true })));
    await expect(fetch('no address')).rejects.toThrow('Failed to parse URL');
    expect(seen.failures).toEqual([]);
  });

  it('answers a call that must not leave in the shape of its API, whatever form it has', async () => {
    await using server = await startEchoServer();
    const { board, refused, seen } = boardFor(server);
    board.take(shut(), seen.watcher);
    const url = `${server.origin}/v1/messages?beta=true`;
    const calls = [fetch(url, post), fetch(new URL(url), post), fetch(new Request(url, post))];
    for (const answer of await Promise.all(calls)) {
      expect([answer.status, answer.headers.get('x-api'), await answer.json()]).toEqual([
        ...[402, 'anthropic-messages', { error: sentence }],
      ]);
    }
    const chat = await fetch(`${server.origin}/v1/chat/completions`, post);
    expect(chat.headers.get('x-api')).toBe('openai-chat');
    expect(server.bodies).toEqual([]);
    expect(refused).toEqual(
      Array.from({ length: 4 }, () => ({ kind: 'refused', caller: 'some.agent', how: 'answered' })),
    );
    expect((await fetch(`${server.origin}/v1/models`)).status).toBe(200);
  });

  it('lets alone whom the user wants let alone, and what bills nothing where only bills count', async () => {
    await using server = await startEchoServer();
    const ignored = boardFor(server, () => false);
    ignored.board.take(shut(), ignored.seen.watcher);
    expect((await fetch(`${server.origin}/v1/messages`, post)).status).toBe(200);
    ignored.board.dispose();
    const { board, seen } = boardFor(server);
    board.take(shut(true), seen.watcher);
    const login = { ...post, headers: { authorization: 'Bearer sk-ant-oat01-made-up' } };
    expect((await fetch(`${server.origin}/v1/messages`, login)).status).toBe(200);
    expect((await fetch(`${server.origin}/v1/messages`, post)).status).toBe(402);
    const target = {
      origin: 'https://api.githubcopilot.com',
      method: 'POST',
      path: '/chat/completions',
      field: () => undefined,
    };
    expect(board.refusal(target, null)).toBeNull();
    expect(board.refusal({ ...target, origin: 'https://api.openai.com' }, null)).toBe(sentence);
  });

  it('counts the calls that are not booked, at once, and refuses the one that they leave no room for', async () => {
    await using server = await startEchoServer();
    const { board, refused, seen } = boardFor(server, (caller) => caller !== 'ignored');
    const ask = (more: object = {}): Promise<Response> => fetch(`${server.origin}/v1/messages`, { ...post, ...more });
    board.take(filledBy(3), seen.watcher);
    unbooked = () => 1;
    // Nobody has seen these begin: they count by having passed.
    const both = [ask(), ask()];
    const third = await ask();
    expect([third.status, await third.json()]).toEqual([402, { error: sentence }]);
    expect(await Promise.all(both.map(async (answer) => (await answer).status))).toEqual([200, 200]);
    expect(refused).toEqual([{ kind: 'refused', caller: 'some.agent', how: 'answered', filled: 'calls' }]);
    expect((await fetch(`${server.origin}/v1/models`)).status).toBe(200);
    // A call that never began counts no longer.
    nowMs = 5_001;
    expect((await ask()).status).toBe(200);
  });

  it('counts of the calls that are not booked those that fill the room', async () => {
    await using server = await startEchoServer();
    const { board, seen } = boardFor(server);
    const target = { origin: 'https://api.openai.com', method: 'POST', path: '/v1/responses', field: () => undefined };
    const wanted: CallsWanted[] = [];
    unbooked = (question) => {
      wanted.push(question);
      return question.onlyEnded ? 1 : 2;
    };
    const order = { sentence, onlyBilled: true, answers };
    board.take(filledBy(2, { dimension: 'costNanoUsd', onlyEnded: true, full: order }), seen.watcher);
    expect(board.refusal(target, null)).toBeNull();
    board.take(filledBy(2, { dimension: 'costNanoUsd', taskId: 'task-1', full: order }), seen.watcher);
    expect(board.refusal(target, null)).toBe(sentence);
    expect(wanted).toEqual([
      { onlyBilled: true, onlyEnded: true, taskId: null },
      { onlyBilled: true, onlyEnded: false, taskId: 'task-1' },
    ]);
    expect(board.refusal({ ...target, origin: 'https://api.githubcopilot.com' }, null)).toBeNull();
    unbooked = () => 0;
    // A login's call that passed fills no room of billed dollars, nor does one of another task fill this one's.
    const login = { ...post, headers: { authorization: 'Bearer sk-ant-oat01-made-up' } };
    board.take(filledBy(1, { full: order }), seen.watcher);
    await fetch(`${server.origin}/v1/messages`, login);
    expect(board.refusal(target, null)).toBeNull();
    board.take({ ...filledBy(9), taskId: 'task-2' }, seen.watcher);
    await fetch(`${server.origin}/v1/messages`, post);
    board.take(filledBy(1, { taskId: 'task-1', full: order }), seen.watcher);
    expect(board.refusal(target, null)).toBeNull();
    board.take(filledBy(1, { taskId: 'task-2', full: order }), seen.watcher);
    expect(board.refusal(target, null)).toBe(sentence);
  });

  it('decides about a call once: what it let go is not aborted where it begins, and counts once', async () => {
    await using server = await startEchoServer();
    const { board, refused, seen } = boardFor(server);
    let begun = 0;
    unbooked = () => begun;
    const hooks = installHooks({
      ...seen.watcher,
      begin: (request) => {
        const told = board.refusal(request, null);
        if (told !== null) return { kind: 'refused', sentence: told };
        begun += 1;
        return seen.watcher.begin(request);
      },
    });
    board.take(filledBy(2), seen.watcher);
    const ask = (): Promise<Response> => fetch(`${server.origin}/v1/messages`, post);
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 402]);
    expect([begun, refused.length]).toEqual([2, 1]);
    // By no fetch of ours: refused where it begins.
    await expect(original(`${server.origin}/v1/messages`, post)).rejects.toThrow('fetch failed');
    expect(refused[1]).toEqual({ kind: 'refused', caller: null, how: 'aborted', filled: 'calls' });
    hooks.dispose();
  });

  it('is taken back only where it is still ours, and lets everything through otherwise', async () => {
    await using server = await startEchoServer();
    const { board, seen } = boardFor(server);
    board.take(shut(), seen.watcher);
    const guard = globalThis.fetch;
    const theirs: typeof fetch = (...args) => guard(...args);
    globalThis.fetch = theirs;
    board.dispose();
    expect(globalThis.fetch).toBe(theirs);
    expect((await fetch(`${server.origin}/v1/messages`, post)).status).toBe(200);
  });

  it('reads no fields that can be read but once, which are left to the call', async () => {
    await using server = await startEchoServer();
    const { board, seen } = boardFor(server);
    const hooks = installHooks(seen.watcher);
    board.take(filledBy(2, { full: { sentence, onlyBilled: true, answers } }), seen.watcher);
    const fields = new Map([['authorization', 'Bearer sk-made-up']]);
    const headers = fields.entries() as unknown as NonNullable<RequestInit['headers']>;
    const answer = await fetch(`${server.origin}/v1/messages`, { ...post, headers });
    hooks.dispose();
    expect(answer.status).toBe(200);
    expect(seen.calls.map(({ request }) => request.field('authorization'))).toEqual(['Bearer sk-made-up']);
    expect(seen.failures).toEqual([]);
  });

  it('stays, and lets everything through, where somebody has made the global unchangeable after it', async () => {
    await using server = await startEchoServer();
    const { board, seen } = boardFor(server);
    const letGo = [() => board.take(openOrders, seen.watcher), () => board.dispose()];
    for (const dispose of letGo) {
      board.take(shut(), seen.watcher);
      Object.defineProperty(globalThis, 'fetch', { writable: false });
      try {
        expect(dispose).not.toThrow();
        expect((await fetch(`${server.origin}/v1/messages`, post)).status).toBe(200);
      } finally {
        Object.defineProperty(globalThis, 'fetch', { value: original, writable: true });
      }
    }
    expect(seen.failures).toHaveLength(letGo.length);
  });

  it('leaves to be aborted what it cannot answer', async () => {
    await using server = await startEchoServer();
    const { board, seen } = boardFor(server);
    board.take({ ...shut(), shut: { sentence, onlyBilled: false, answers: {} as typeof answers } }, seen.watcher);
    expect((await fetch(`${server.origin}/v1/messages`, post)).status).toBe(200);
    expect(seen.failures).toHaveLength(1);
    const hooks = installHooks({
      ...seen.watcher,
      begin: (request) => ({ kind: 'refused', sentence: board.refusal(request, null) ?? '' }),
    });
    const error = await fetch(`${server.origin}/v1/messages`, post).catch((reason: unknown) => reason);
    hooks.dispose();
    expect(error).toMatchObject({ cause: { message: sentence } });
  });

  it('tells who called to whoever sees the call later', async () => {
    await using server = await startEchoServer();
    const { board, seen } = boardFor(server);
    const callers: (string | null)[] = [];
    const hooks = installHooks({
      ...seen.watcher,
      begin: (request) => {
        callers.push(board.currentCaller());
        return seen.watcher.begin(request);
      },
    });
    board.take(open, seen.watcher);
    await fetch(`${server.origin}/v1/messages`, post);
    board.take(openOrders, seen.watcher);
    await fetch(`${server.origin}/v1/messages`, post);
    hooks.dispose();
    expect(callers).toEqual(['some.agent', null]);
  });

  it('stands a global that nobody can write, and a caller that is not to be found', async () => {
    await using server = await startEchoServer();
    const { seen } = boardFor(server);
    const board = new ShutBoard({
      findCaller: () => {
        throw new Error('broken on purpose');
      },
      concerns: () => true,
      onRefused: () => undefined,
      unbookedCalls: () => 0,
      clock: { monotonicMs: () => 0 },
    });
    boards.push(board);
    board.take(shut(), seen.watcher);
    expect((await fetch(`${server.origin}/v1/messages`, post)).status).toBe(200);
    expect(seen.failures).toHaveLength(1);
    board.dispose();
    Object.defineProperty(globalThis, 'fetch', { value: original, writable: false, configurable: true });
    expect(() => board.take(open, seen.watcher)).not.toThrow();
    Object.defineProperty(globalThis, 'fetch', {
      value: original,
      writable: true,
      configurable: true,
      enumerable: true,
    });
  });
});

import { describe, expect, it } from 'vitest';
import { CallerGuess } from '../../../src/intercept/callerGuess.ts';
import { type CallWatcherOptions, createCallWatcher } from '../../../src/intercept/callWatcher.ts';
import { FeedCall } from '../../../src/intercept/feedCall.ts';
import { maskedAuthorization, maskedPath } from '../../../src/intercept/headerFields.ts';
import type { HostBegin } from '../../../src/protocol/hostFeed.ts';

const silent = { send: () => true, mayKeep: () => true, onKept: () => undefined, onEnd: () => undefined };

function watcherOf(change: Partial<CallWatcherOptions> = {}) {
  const begun: Omit<HostBegin, 'kind' | 'no'>[] = [];
  let found = 0;
  const watcher = createCallWatcher({
    clock: { nowMs: () => 1_000, monotonicMs: () => 0 },
    begin: (about) => {
      begun.push(about);
      return new FeedCall({ ...about, kind: 'begin', no: 1 }, silent);
    },
    ownHosts: () => new Set(['gateway.example:8443']),
    gatewayPort: () => 1234,
    findCaller: () => {
      found += 1;
      return 'some.agent';
    },
    guess: new CallerGuess({ running: () => [] }),
    onSeen: () => undefined,
    onKind: () => undefined,
    nameOf: (caller) => `${caller} by name`,
    mayObserve: () => true,
    refusal: () => null,
    onFailure: () => undefined,
    ...change,
  });
  return { watcher, begun, found: () => found };
}

const field = (values: Readonly<Record<string, string>>) => (name: string) => values[name];
const request = { origin: 'https://API.openai.com', method: 'POST', path: '/v1/chat/completions', field: field({}) };

describe('the watcher of calls', () => {
  it('knows providers and the user’s own gateways, and passes over our own gateway and everything else', () => {
    const { watcher } = watcherOf();
    expect(
      ['https://api.anthropic.com', 'API.ANTHROPIC.COM', 'https://gateway.example:8443'].map(watcher.isKnown),
    ).toEqual([true, true, true]);
    // Our gateway happens to have the port that LM Studio would have.
    expect(['http://127.0.0.1:1234', 'localhost:1234', '[::1]:1234'].map(watcher.isKnown)).toEqual([
      false,
      false,
      false,
    ]);
    expect(['https://example.com', 'gateway.example', ''].map(watcher.isKnown)).toEqual([false, false, false]);
  });

  it('asks its rules again after they changed', () => {
    const own = new Set<string>();
    const { watcher } = watcherOf({ ownHosts: () => own });
    expect(watcher.isKnown('own.example')).toBe(false);
    own.add('own.example');
    watcher.forgetHosts();
    expect(watcher.isKnown('own.example')).toBe(true);
  });

  it('tells what decoding needs and of secrets no more than what kind they are', () => {
    const { watcher, begun } = watcherOf();
    const secret = 'made-up-secret-0123456789';
    watcher.begin({
      origin: 'https://generativelanguage.googleapis.com',
      method: 'POST',
      path: `/v1beta/models/m:generateContent?key=${secret}&alt=sse`,
      field: field({
        authorization: `Bearer sk-ant-oat01-${secret}`,
        'x-api-key': secret,
        cookie: secret,
        'x-other': secret,
        'user-agent': 'agent/1',
        'x-task-id': 'task-1',
      }),
    });
    expect(JSON.stringify(begun)).not.toContain(secret);
    expect(begun[0]).toMatchObject({
      caller: 'some.agent by name',
      startedAtMs: 1_000,
      path: '/v1beta/models/m:generateContent?key=x&alt=sse',
      fields: { authorization: 'Bearer sk-ant-oat', 'x-api-key': 'x', 'user-agent': 'agent/1', 'x-task-id': 'task-1' },
    });
  });

  it('does not even look for the caller of what is no call', () => {
    const { watcher, begun, found } = watcherOf();
    expect(watcher.begin({ ...request, path: '/v1/files' })).toBeNull();
    expect(watcher.begin({ ...request, method: 'GET' })).toBeNull();
    expect([begun.length, found()]).toEqual([0, 0]);
  });

  it('tells that a call over HTTP/2 began, and a WebSocket, which is no call', () => {
    const kinds: string[] = [];
    const { watcher, begun } = watcherOf({ onKind: (kind) => kinds.push(kind) });
    watcher.begin(request);
    watcher.begin({ ...request, over: 'http2' });
    watcher.begin({ ...request, path: '/v1/files', over: 'http2' });
    watcher.begin({ ...request, method: 'GET', path: '/v1/responses', field: field({ 'sec-websocket-key': 'x' }) });
    expect([kinds, begun.length]).toEqual([['http2', 'webSocket'], 2]);
  });

  it('lets alone whom the user wants let alone, and refuses what must not leave', () => {
    expect(watcherOf({ mayObserve: (caller) => caller !== 'some.agent' }).watcher.begin(request)).toBeNull();
    expect(watcherOf({ refusal: () => 'No.' }).watcher.begin(request)).toEqual({ kind: 'refused', sentence: 'No.' });
  });

  it('knows the caller late where its hook can ask who reads, and guesses until then', () => {
    const items: string[] = [];
    let reader: string | null = null;
    const seenCallers: (string | null)[] = [];
    const { watcher, begun } = watcherOf({
      findCaller: () => reader,
      onSeen: (caller) => seenCallers.push(caller),
      mayObserve: (caller) => caller !== 'unwanted.agent',
      begin: (about) => {
        begun.push(about);
        const call = new FeedCall({ ...about, kind: 'begin', no: 1 }, silent);
        return Object.assign(call, {
          named: (caller: string) => items.push(`named ${caller}`),
          leaveOut: () => items.push('left out'),
        });
      },
    });
    const asked = { ...request, tellsReader: true } as const;
    const ask = (): boolean | null => {
      const seen = watcher.begin(asked);
      return seen?.kind === 'observed' ? (seen.askReader?.() ?? null) : null;
    };
    expect(ask()).toBe(false);
    reader = 'some.agent';
    const first = watcher.begin({ ...request, origin: 'https://api.anthropic.com' });
    expect(first?.kind === 'observed' && first.askReader).toBeNull();
    reader = null;
    const second = watcher.begin(asked);
    reader = 'some.agent';
    expect(second?.kind === 'observed' && second.askReader?.()).toBe(true);
    expect(items).toEqual(['named some.agent by name']);
    reader = null;
    watcher.begin(asked);
    expect(begun.map(({ caller, probably }) => [caller, probably])).toEqual([
      [null, null],
      ['some.agent by name', null],
      [null, null],
      [null, 'some.agent by name'],
    ]);
    expect(seenCallers).toEqual([null, 'some.agent', null, 'some.agent', null]);

    const third = watcher.begin(asked);
    reader = 'unwanted.agent';
    expect(third?.kind === 'observed' && third.askReader?.()).toBe(true);
    expect(items.slice(1)).toEqual(['left out', 'named unwanted.agent by name']);
  });

  it('names a call by its signature at once, and by its reader where that is somebody else', () => {
    const items: string[] = [];
    let onStack: string | null = 'some.agent';
    const { watcher, begun } = watcherOf({
      findCaller: () => onStack,
      begin: (about) => {
        begun.push(about);
        const call = new FeedCall({ ...about, kind: 'begin', no: 1 }, silent);
        return Object.assign(call, {
          named: (caller: string) => items.push(`named ${caller}`),
          settle: () => items.push('settled'),
        });
      },
    });
    const signed = {
      ...request,
      field: field({ 'x-api-key': 'made-up' }),
      fieldNames: () => ['x-api-key'],
      tellsReader: true,
    } as const;
    const beginUnknown = (): (() => boolean) | null => {
      onStack = null;
      const seen = watcher.begin(signed);
      return seen?.kind === 'observed' ? seen.askReader : null;
    };
    watcher.begin(signed);
    const first = beginUnknown();
    onStack = 'some.agent';
    expect(first?.()).toBe(true);
    const second = beginUnknown();
    onStack = 'other.agent';
    expect(second?.()).toBe(true);
    beginUnknown();
    expect(items).toEqual(['settled', 'named other.agent by name']);
    expect(begun.map(({ caller, probably }) => [caller, probably])).toEqual([
      ['some.agent by name', null],
      ['some.agent by name', null],
      ['some.agent by name', null],
      [null, null],
    ]);
  });

  it('stops no stream over HTTP/2, and tells of none as stopped', () => {
    const { watcher } = watcherOf({ refusal: () => 'No.' });
    expect(watcher.begin({ ...request, over: 'http2' })?.kind).toBe('observed');
  });

  it('copies what it is shown, since others may write into it', () => {
    const sent: Uint8Array[] = [];
    const { watcher } = watcherOf({
      begin: (about) =>
        new FeedCall(
          { ...about, kind: 'begin', no: 1 },
          {
            ...silent,
            send: (pieces) => {
              sent.push(...pieces);
              return true;
            },
          },
        ),
    });
    const seen = watcher.begin(request);
    const chunk = Buffer.from('as it was');
    if (seen?.kind === 'observed') seen.tap.responseBytes(chunk);
    chunk.fill('x');
    expect(Buffer.concat(sent).toString('latin1')).toContain('as it was');
  });

  it('masks schemes and queries of any shape', () => {
    expect(
      ['Bearer abc', 'Bearer eyJabc', 'Bearer ya29.abc', 'AWS4-HMAC-SHA256 Credential=x', 'token', 'Bearer '].map(
        maskedAuthorization,
      ),
    ).toEqual(['Bearer x', 'Bearer eyJ', 'Bearer ya29.', 'AWS4-HMAC-SHA256 x', 'x', 'Bearer']);
    expect(maskedPath('/a?KEY=1&access_token=2&b=3&X-Amz-Signature=4')).toBe(
      '/a?KEY=x&access_token=x&b=3&X-Amz-Signature=x',
    );
  });
});

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
    guess: new CallerGuess({ runningAgents: () => [] }),
    onSeen: () => undefined,
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

  it('lets alone whom the user wants let alone, and refuses what must not leave', () => {
    expect(watcherOf({ mayObserve: (caller) => caller !== 'some.agent' }).watcher.begin(request)).toBeNull();
    expect(watcherOf({ refusal: () => 'No.' }).watcher.begin(request)).toEqual({ kind: 'refused', sentence: 'No.' });
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

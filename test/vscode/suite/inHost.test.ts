import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import * as http from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { extensions, LanguageModelChatMessage, LanguageModelTextPart, lm, workspace } from 'vscode';
import type { Script } from '../../support/scriptedUpstream.ts';
import {
  activatedCaller,
  activeTask,
  answeredCalls,
  bookedCalls,
  deleteTask,
  headersFor,
  messageBody,
  observe,
  upstreamOrigin,
} from './caller.ts';
import { activatedOutlay, emptyLedger, resetSettings, until } from './outlay.ts';

const usage = { inputTokens: 1200, outputTokens: 340, thinkingTokens: 120, cacheReadTokens: 800 };
const script = { text: 'A text of some words. '.repeat(20), thinking: 'A thought. '.repeat(10), usage };

describe('calls of another extension', () => {
  beforeEach(async () => {
    await resetSettings();
    await emptyLedger();
  });
  afterEach(resetSettings);

  it('are seen by every way of calling, with the usage that the provider told, and unchanged', async () => {
    const caller = await activatedCaller();
    const url = `${upstreamOrigin}/v1/messages`;
    const options = { headers: headersFor(script), body: messageBody({ stream: true }) };
    // The upstream numbers its answers.
    const withoutNumbers = (text: string): string => text.replaceAll(/\d{4}/g, '0000');
    const ways = Object.entries(caller.ways);
    const before: string[] = [];
    for (const [, way] of ways) before.push(withoutNumbers((await way(url, options)).body));
    await observe('on');
    for (const [index, [name, way]] of ways.entries()) {
      const answer = await way(url, options);
      assert.equal(answer.status, 200, name);
      assert.equal(withoutNumbers(answer.body), before[index], name);
    }
    const answered = await answeredCalls();
    const booked = await bookedCalls(ways.length);
    assert.equal(booked.length, ways.length);
    for (const [index, record] of booked.entries()) {
      const name = ways[index]?.[0];
      assert.equal(record.source, 'host', name);
      assert.equal(record.provenance, 'reported', name);
      const told = answered.get(record.requestId ?? '')?.usage;
      assert.deepEqual(
        [record.usage.inputTokens, record.usage.outputTokens, record.usage.cacheReadTokens],
        [told?.inputTokens, told?.outputTokens, told?.cacheReadTokens],
        name,
      );
    }
    const unnamed = booked.flatMap((record, index) => (record.agent === 'fixture.caller' ? [] : [ways[index]?.[0]]));
    assert.deepEqual(unnamed, []);
  });

  it('are seen through the SDKs', async () => {
    const caller = await activatedCaller();
    const headers = headersFor(script);
    const sdks = Object.entries(caller.sdks);
    const without: unknown[] = [];
    for (const [, sdk] of sdks) without.push((await sdk(upstreamOrigin, headers)).length);
    await observe('on');
    for (const [index, [name, sdk]] of sdks.entries()) {
      assert.equal((await sdk(upstreamOrigin, headers)).length, without[index], name);
    }
    const answered = await answeredCalls();
    const booked = await bookedCalls(sdks.length);
    assert.deepEqual(
      booked.map(({ api, agent, status }) => [api, agent, status]),
      [
        ['anthropic-messages', 'fixture.caller', 'ok'],
        ['openai-chat', 'fixture.caller', 'ok'],
        ['openai-responses', 'fixture.caller', 'ok'],
        ['gemini-generate', 'fixture.caller', 'ok'],
      ],
    );
    for (const record of booked) {
      const told = answered.get(record.requestId ?? '')?.usage;
      assert.equal(record.usage.outputTokens, told?.outputTokens, record.api);
      assert.equal(record.usage.inputTokens, told?.inputTokens, record.api);
    }
  });

  it('by VS Code’s own fetch are named from the start: guessed, by what they say of themselves, or by their signature', async () => {
    const outlay = await activatedOutlay();
    const caller = await activatedCaller();
    await observe('on');
    const url = `${upstreamOrigin}/v1/messages`;
    const agent = 'a test/1';
    const slow = { text: 'word '.repeat(400), chunkChars: 20, pauseMs: 100 };
    const sent = (script: Script, key: string, more = {}) => ({
      headers: { ...headersFor(script), 'user-agent': agent, 'x-api-key': key, ...more },
      body: messageBody({ stream: true }),
    });
    const shownUnread = async (key: string, more = {}): Promise<readonly string[]> => {
      const live = () => outlay.state().snapshot?.live ?? [];
      // What the window shows may still be of calls before.
      await until('no other call', () => live().length === 0);
      const unread = await caller.neverRead(url, sent(slow, key, more));
      await until('the call to be live', () => live().length === 1);
      const agents = live().map(({ agent: shown }) => shown);
      await unread.leave();
      await until('the call to end', () => live().length === 0);
      return agents;
    };
    assert.deepEqual(await shownUnread('sk-made-up'), ['fixture.caller?']);
    assert.deepEqual(await shownUnread('sk-made-up', { 'x-title': 'Caller' }), ['fixture.caller']);
    await caller.ways['the global fetch']?.(url, sent(script, 'sk-made-up'));
    assert.deepEqual(await shownUnread('sk-made-up'), ['fixture.caller']);
    assert.deepEqual(await shownUnread('sk-made-up-2'), ['fixture.caller?']);
    assert.deepEqual(
      (await bookedCalls(5)).map(({ agent: booked }) => booked),
      ['fixture.caller?', 'fixture.caller', 'fixture.caller', 'fixture.caller', 'fixture.caller?'],
    );
  });

  it('show within a second, tick, and are booked to the task that is active', async () => {
    const outlay = await activatedOutlay();
    const caller = await activatedCaller();
    await observe('on');
    const way = caller.ways['undici 7'];
    assert(way !== undefined);
    const slow = { text: 'word '.repeat(400), chunkChars: 20, pauseMs: 30 };
    const task = await activeTask();
    const startMs = performance.now();
    const answered = way(`${upstreamOrigin}/v1/messages`, {
      headers: headersFor(slow),
      body: messageBody({ stream: true }),
    });
    await until('the call to be live', () => outlay.state().snapshot?.live.length === 1);
    const shownAfterMs = performance.now() - startMs;
    const visible = (): number => {
      const figure = outlay.state().snapshot?.live[0]?.visibleTokens;
      return figure === undefined || figure.kind === 'unknown' ? 0 : figure.value;
    };
    const [live] = outlay.state().snapshot?.live ?? [];
    assert.deepEqual([live?.agent, live?.taskId], ['fixture.caller', task.id]);
    const first = visible();
    await until('the count to grow', () => visible() > first);
    await answered;
    const [booked] = await bookedCalls(1);
    assert.equal(booked?.taskId, task.id);
    await deleteTask(task.id);
    assert(shownAfterMs < 1_000, `shown after ${shownAfterMs.toFixed(0)} ms`);
  });

  it('are seen with compressed answers, errors, and hosts that are not there', async () => {
    const caller = await activatedCaller();
    await observe('on');
    const url = `${upstreamOrigin}/v1/messages`;
    const chosen = ['the global fetch', 'undici 6', 'http.request', 'axios', 'node-fetch'];
    const ways = chosen.map((name) => caller.ways[name]).filter((way) => way !== undefined);
    assert.equal(ways.length, chosen.length);
    for (const way of ways) {
      for (const encoding of ['gzip', 'br'] as const) {
        await way(url, { headers: headersFor({ ...script, encoding }), body: messageBody() });
      }
      const error = { status: 429, type: 'rate_limit_error', message: 'slow down' };
      assert.equal((await way(url, { headers: headersFor({ error }), body: messageBody() })).status, 429);
    }
    const booked = await bookedCalls(ways.length * 3);
    const outcome = booked.map(({ status, httpStatus, provenance, errorType, usage: { outputTokens } }) =>
      [status, httpStatus, provenance, errorType, outputTokens].join(' '),
    );
    const ok = `ok 200 reported  ${usage.outputTokens}`;
    assert.deepEqual(
      outcome,
      ways.flatMap(() => [ok, ok, 'error 429 reported rate_limit_error 0']),
    );
  });

  it('can be aborted in every phase, be 10 MB long and never be read, and nobody notices us', async () => {
    const caller = await activatedCaller();
    await observe('on');
    const url = `${upstreamOrigin}/v1/messages`;
    const slow = { text: 'word '.repeat(400), chunkChars: 20, pauseMs: 20, firstPauseMs: 50 };
    let calls = 0;
    for (const name of ['the global fetch', 'undici 7', 'http.request', 'node-fetch']) {
      const way = caller.ways[name];
      assert(way !== undefined);
      for (const afterMs of [0, 20, 300]) {
        const body = messageBody({ stream: true });
        const options = { headers: headersFor(slow), body, signal: AbortSignal.timeout(afterMs) };
        await assert.rejects(way(url, options), name);
        calls += 1;
      }
      const large = messageBody({ messages: [{ role: 'user', content: 'x'.repeat(10 * 1024 * 1024) }] });
      assert.equal((await way(url, { headers: headersFor(script), body: large })).status, 200);
      calls += 1;
    }
    const unread = await caller.neverRead(url, { headers: headersFor(slow), body: messageBody({ stream: true }) });
    assert.equal(unread.status, 200);
    await unread.leave();
    const outlay = await activatedOutlay();
    await until('every call to end', () => outlay.state().snapshot?.live.length === 0);
    const withStatus = (wanted: string) =>
      outlay.state().snapshot?.recent.filter(({ status }) => status === wanted) ?? [];
    await until('the whole calls in the books', () => withStatus('ok').length === 4);
    await until('the calls that were aborted', () => withStatus('aborted').length >= 5);
    assert((outlay.state().snapshot?.recent.length ?? 0) <= calls + 1);
  });

  it('are not looked at when it is off, or off for that extension', async () => {
    const outlay = await activatedOutlay();
    const caller = await activatedCaller();
    const way = caller.ways['undici 7'];
    assert(way !== undefined);
    const send = () => way(`${upstreamOrigin}/v1/messages`, { headers: headersFor(script), body: messageBody() });
    await observe('on');
    await workspace.getConfiguration().update('outlay.extensions.ignore', ['Fixture.caller'], true);
    await outlay.settled();
    await send();
    // Nobody is on the stack of a call by VS Code's own fetch: here it can be nobody else's, which is enough to keep out of it.
    for (const name of ['the global fetch', 'a captured fetch']) {
      await caller.ways[name]?.(`${upstreamOrigin}/v1/messages`, { headers: headersFor(script), body: messageBody() });
    }
    await workspace.getConfiguration().update('outlay.extensions.ignore', undefined, true);
    await observe('off');
    await send();
    await observe('on');
    await send();
    const booked = (await bookedCalls(1)).map(({ agent, provenance }) => [agent, provenance]);
    assert.deepEqual(booked, [['fixture.caller', 'reported']]);
  });

  it('leave the host as it was after a hundred times on and off', async () => {
    const outlay = await activatedOutlay();
    await observe('off');
    const names = [
      'undici:request:create',
      'undici:request:error',
      'http.client.request.created',
      'http2.client.stream.created',
    ];
    const listeners = () => process.eventNames().map((name) => [String(name), process.listenerCount(name)]);
    const state = () => ({
      fetch: globalThis.fetch,
      request: http.request,
      get: http.get,
      subscribed: names.map((name) => channel(name).hasSubscribers),
      listeners: listeners(),
    });
    const before = state();
    for (let round = 0; round < 100; round++) {
      outlay.switchObserver(true);
      assert(outlay.observes());
      outlay.switchObserver(false);
    }
    assert.deepEqual(state(), before);
    assert.equal(globalThis.fetch, before.fetch);
  });

  it('stop at a budget with the sentence, and say so where the agent cannot', async () => {
    const outlay = await activatedOutlay();
    const caller = await activatedCaller();
    const unguarded = globalThis.fetch;
    await observe('on');
    const task = await activeTask({ calls: 2 });
    await until('the guard', () => globalThis.fetch !== unguarded);
    const warnings: string[] = [];
    outlay.scriptDialogs({
      warn: async (text) => {
        warnings.push(text);
        return undefined;
      },
      confirm: () => false,
      pick: () => -1,
      input: () => undefined,
    });
    try {
      // An answer takes a while, as those of models do: in it the meter's word about the call before arrives.
      const slow = { ...script, firstPauseMs: 250 };
      const loop = await caller.agentLoop(upstreamOrigin, { headers: headersFor(slow), most: 40 });
      assert.equal(loop.status, 402, loop.text);
      assert.match(loop.text, /Outlay: the budget of 'A task of the test' \(2 calls\) is used up/);
      assert(loop.turns >= 2 && loop.turns <= 3, `${loop.turns} turns`);
      const isTold = (text: string): boolean => warnings.some((warning) => warning.includes(text));
      await until('the notification', () => isTold('is used up'));
      const options = { headers: headersFor(script), body: messageBody() };
      const url = `${upstreamOrigin}/v1/messages`;
      const before = (await answeredCalls()).size;
      for (const name of ['a captured fetch', 'undici 6', 'undici 8', 'http.request', 'axios', 'node-fetch']) {
        await assert.rejects(async () => caller.ways[name]?.(url, options), name);
      }
      assert.equal((await answeredCalls()).size, before);
      const named = await bookedCalls(loop.turns);
      assert.deepEqual([...new Set(named.map(({ agent }) => agent))], ['fixture.caller']);
    } finally {
      outlay.scriptDialogs(null);
      await deleteTask(task.id);
    }
    await until('the fetch of before', () => globalThis.fetch === unguarded);
    const way = caller.ways['the global fetch'];
    const answer = await way?.(`${upstreamOrigin}/v1/messages`, { headers: headersFor(script), body: messageBody() });
    assert.equal(answer?.status, 200);
  });

  it('go on as they would without us in a host where others break things', async () => {
    const caller = await activatedCaller();
    await observe('on');
    const url = `${upstreamOrigin}/v1/messages`;
    const options = { headers: headersFor(script), body: messageBody() };
    const throwing = (): void => {
      throw new Error('a subscriber of somebody else');
    };
    const uncaught: unknown[] = [];
    const onUncaught = (error: unknown): void => {
      uncaught.push(error);
    };
    // Theirs, not ours: Node reports what a subscriber throws after the call went on.
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', onUncaught);
    subscribe('undici:request:create', throwing);
    const replaced = caller.hostile.replaceFetch();
    const task = await activeTask({ calls: 100 });
    try {
      await until('the guard', () => globalThis.fetch !== replaced);
      for (const [name, way] of Object.entries(caller.ways)) assert.equal((await way(url, options)).status, 200, name);
    } finally {
      unsubscribe('undici:request:create', throwing);
      await deleteTask(task.id);
      await until('the fetch of the other extension', () => globalThis.fetch === replaced);
      caller.hostile.restoreFetch();
      process.removeListener('uncaughtException', onUncaught);
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
    assert(uncaught.every((error) => error instanceof Error && error.message.includes('somebody else')));
    const booked = await bookedCalls(Object.keys(caller.ways).length);
    assert(
      booked.every(({ status, usage: { outputTokens } }) => status === 'ok' && outputTokens === usage.outputTokens),
    );
  });
});

describe('the question whether to observe', () => {
  afterEach(async () => {
    const outlay = await activatedOutlay();
    outlay.scriptDialogs(null);
    await outlay.askToObserve([]);
    await resetSettings();
  });

  it('is asked once, names whom it is about, and its answer is remembered', async () => {
    await resetSettings();
    const outlay = await activatedOutlay();
    const asked: string[] = [];
    let answer = 'Not Now';
    outlay.scriptDialogs({
      warn: async (text) => {
        asked.push(text);
        return answer;
      },
      confirm: () => false,
      pick: () => -1,
      input: () => undefined,
    });
    const agents = ['saoudrizwan.claude-dev', 'continue.continue'];
    await outlay.askToObserve(agents);
    await until('the question', () => asked.length === 1);
    assert.match(asked[0] ?? '', /calls that Cline and Continue make inside VS Code.*no prompt, no answer and no key/);
    await outlay.settled();
    await outlay.settled();
    assert.deepEqual([asked.length, outlay.observes()], [1, false]);

    answer = 'Observe';
    await outlay.askToObserve(agents);
    await until('the observer', () => outlay.observes());
    assert.equal(workspace.getConfiguration().inspect('outlay.extensions.observe')?.globalValue, 'on');
  });
});

describe('a model that an extension asks through VS Code', () => {
  beforeEach(async () => {
    await resetSettings();
    await emptyLedger();
  });
  afterEach(resetSettings);

  it('is seen as the call of the extension that provides it', async () => {
    const caller = await activatedCaller();
    await observe('on');
    const provided = caller.provideModel(upstreamOrigin, headersFor(script));
    try {
      await until('the model', async () => (await lm.selectChatModels({ vendor: 'fixture' })).length === 1);
      const [model] = await lm.selectChatModels({ vendor: 'fixture' });
      assert(model !== undefined);
      const answer = await model.sendRequest([LanguageModelChatMessage.User('ping')]);
      let text = '';
      for await (const piece of answer.text) text += piece;
      assert.equal(text, script.text);
      const [record] = await bookedCalls(1);
      assert.deepEqual([record?.agent, record?.usage.outputTokens], ['fixture.caller', usage.outputTokens]);
    } finally {
      provided.dispose();
    }
  });
});

describe('the budget that agents can read', () => {
  afterEach(resetSettings);

  it('is a tool of VS Code and a server of the Model Context Protocol', async () => {
    await activatedOutlay();
    const task = await activeTask({ calls: 5 });
    try {
      assert(lm.tools.some(({ name }) => name === 'outlay_budget'));
      const { content } = await lm.invokeTool('outlay_budget', { input: {}, toolInvocationToken: undefined });
      const told = content.map((part) => (part instanceof LanguageModelTextPart ? part.value : '')).join('');
      assert.match(told, /The active task is “A task of the test”\.\nThe task: 0 calls of 5 calls used, 5 calls left/);

      const outlay = await activatedOutlay();
      const script = join(extensions.getExtension('outlay.outlay')?.extensionPath ?? '', 'dist/budgetServer.js');
      const args = ['--data-dir', process.env['OUTLAY_DATA_DIR'] ?? '', '--workspace', outlay.state().workspaceId];
      const server = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
      const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'outlay_budget', arguments: {} } };
      server.stdin.end(`${JSON.stringify(call)}\n`);
      const [line] = (await once(server.stdout, 'data')) as [Buffer];
      const answer = JSON.parse(String(line)) as { result: { structuredContent: unknown } };
      assert.deepEqual(answer.result.structuredContent, {
        task: 'A task of the test',
        limits: [{ of: 'task', dimension: 'calls', limit: 5, used: 0, reserved: 0, left: 5, percent: 0 }],
      });
      await once(server, 'close');
    } finally {
      await deleteTask(task.id);
    }
  });
});

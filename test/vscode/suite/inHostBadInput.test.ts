import assert from 'node:assert/strict';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { workspace } from 'vscode';
import type { CallRecord } from '../../../src/domain/call.ts';
import type { HostRoom } from '../../../src/protocol/hostFeed.ts';
import type { Script } from '../../support/scriptedUpstream.ts';
import {
  activatedCaller,
  activeTask,
  answeredCalls,
  bookedCalls,
  type Caller,
  deleteTask,
  headersFor,
  messageBody,
  observe,
  upstreamOrigin,
} from './caller.ts';
import { activatedOutlay, emptyLedger, resetSettings, until } from './outlay.ts';

const url = `${upstreamOrigin}/v1/messages`;
const usage = { inputTokens: 1200, outputTokens: 340 };
const script = { text: 'A text of some words. '.repeat(20), usage };

function wayOf(caller: Caller, name: string): Caller['ways'][string] {
  const way = caller.ways[name];
  assert(way !== undefined, name);
  return way;
}

/** Sends calls of a route to a place of the test's own, whose host is known from then on. */
async function sendTo(origin: string): Promise<void> {
  await workspace.getConfiguration().update('outlay.upstreams', { anthropic: origin }, true);
  await (await activatedOutlay()).settled();
}

describe('calls of another extension that are out of the ordinary', () => {
  beforeEach(async () => {
    await resetSettings();
    await emptyLedger();
  });
  afterEach(resetSettings);

  it('are told apart where a hundred stream at once', async () => {
    const outlay = await activatedOutlay();
    const caller = await activatedCaller();
    await observe('on');
    const names = ['the global fetch', 'undici 6', 'undici 7', 'http.request', 'node-fetch'];
    const body = messageBody({ stream: true });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => {
        const own = {
          text: `Call ${index}. `.repeat(20),
          pauseMs: 5,
          usage: { inputTokens: 1, outputTokens: 100 + index },
        };
        return wayOf(caller, names[index % names.length] ?? '')(url, { headers: headersFor(own), body });
      }),
    );
    for (const [index, answer] of answers.entries()) {
      assert.equal(answer.status, 200);
      assert(answer.body.includes('message_stop') && answer.body.includes(`Call ${index}. `), `call ${index}`);
    }
    await until('all in the books', () => outlay.state().snapshot?.today.billed?.calls === 100);
    const visible = outlay.state().snapshot?.today.billed?.visibleTokens;
    assert.deepEqual(visible?.kind !== 'unknown' && visible?.value, 100 * 100 + (99 * 100) / 2);
    // A snapshot shows the newest fifty.
    const answered = await answeredCalls();
    for (const record of await bookedCalls(50)) {
      const told = answered.get(record.requestId ?? '')?.usage;
      assert.deepEqual([record.provenance, record.usage.outputTokens], ['reported', told?.outputTokens]);
    }
  });

  it('are not held up by one whose answer nobody reads, which is booked as what is known of it', async () => {
    const outlay = await activatedOutlay();
    const caller = await activatedCaller();
    await observe('on');
    const endless = { text: 'word '.repeat(1_600), chunkChars: 1, usage };
    const body = messageBody({ stream: true });
    const unread = await caller.neverRead(url, { headers: headersFor(endless), body });
    assert.equal(unread.status, 200);
    for (const name of ['the global fetch', 'undici 7', 'http.request']) {
      assert.equal((await wayOf(caller, name)(url, { headers: headersFor(script), body })).status, 200, name);
    }
    await until('the others in the books', () => outlay.state().snapshot?.recent.length === 3);
    await until('the one that is left', () => outlay.state().snapshot?.live.length === 1);
    await unread.leave();
    const records = await bookedCalls(4);
    const [left] = records;
    assert.deepEqual([left?.status, left?.provenance], ['aborted', 'partial']);
    for (const { status, provenance } of records.slice(1)) assert.deepEqual([status, provenance], ['ok', 'reported']);
  });

  it('have bodies that come in pieces, or break off', async () => {
    const caller = await activatedCaller();
    await observe('on');
    const whole = messageBody({ stream: true, messages: [{ role: 'user', content: 'é'.repeat(3000) }] });
    const pieces = Array.from({ length: 9 }, (_, index) =>
      whole.slice(index * 400, index === 8 ? undefined : (index + 1) * 400),
    );
    const ways = Object.entries(caller.inBodies);
    for (const [name, way] of ways) {
      const answer = await way(url, { headers: headersFor(script), pieces, pauseMs: 10 });
      assert.equal(answer.status, 200, name);
      await assert.rejects(
        way(url, { headers: headersFor(script), pieces: [...pieces.slice(0, 3), null], pauseMs: 10 }),
        name,
      );
    }
    const records = await bookedCalls(ways.length * 2);
    const outcome = ({ status, requestedModel, provenance }: CallRecord): unknown[] => [
      ...[status, requestedModel, provenance],
    ];
    for (let index = 0; index < ways.length; index++) {
      const [answered, broken] = records.slice(index * 2);
      const name = ways[index]?.[0];
      assert(answered !== undefined && broken !== undefined);
      assert.deepEqual(outcome(answered), ['ok', 'claude-sonnet-4-5', 'reported'], name);
      assert.notEqual(broken.status, 'ok', name);
      assert.deepEqual([broken.usage.outputTokens, broken.provenance], [null, 'partial'], name);
    }
  });

  it('say nothing that can be read, in their body or their head', async () => {
    const caller = await activatedCaller();
    const bodies = [
      '{"model":',
      '[]',
      'null',
      '',
      '\u0000\ufffd',
      `{"model":${'['.repeat(5000)}`,
      '{"model":7,"stream":"perhaps"}',
    ];
    const heads: readonly Readonly<Record<string, string>>[] = [
      { 'content-encoding': 'none-of-this-world' },
      { 'content-encoding': 'gzip' },
      { 'content-type': 'x'.repeat(2_000), 'user-agent': '\u00ff'.repeat(1_000), 'x-title': '='.repeat(500) },
      { 'x-claude-code-session-id': '../../../etc', 'copilot-integration-id': '__proto__', originator: 'constructor' },
      Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`x-field-${index}`, 'y'.repeat(90)])),
    ];
    const names = ['the global fetch', 'undici 7', 'http.request'];
    const sendAll = async (): Promise<string[]> => {
      const answers: string[] = [];
      for (const name of names) {
        const send = async (body: string, more: Readonly<Record<string, string>> = {}): Promise<void> => {
          const answer = await wayOf(caller, name)(url, { headers: { ...headersFor(script), ...more }, body });
          answers.push(`${answer.status} ${answer.body.replaceAll(/\d{4}/g, '0000')}`);
        };
        for (const body of bodies) await send(body);
        for (const head of heads) await send(messageBody(), head);
      }
      return answers;
    };
    const before = await sendAll();
    await observe('on');
    assert.deepEqual(await sendAll(), before);
    const records = await bookedCalls(before.length);
    const [malformed, , , , , , wrongModel] = records;
    assert.equal(malformed?.requestedModel, null);
    assert.match(malformed.problems.join(), /malformed-json/);
    assert.equal(wrongModel?.requestedModel, null);
    // The answer was in order each time, whatever was asked.
    for (const { usage: told, provenance } of records) {
      assert.deepEqual([told.outputTokens, provenance], [usage.outputTokens, 'reported']);
    }
    const outlay = await activatedOutlay();
    assert.equal(
      outlay.state().snapshot?.notices.some(({ id }) => id === 'observer'),
      false,
    );
  });

  it('reach nobody, because there is no such host, and cost nothing', async () => {
    const caller = await activatedCaller();
    await observe('on');
    await sendTo('https://no-such-host.invalid');
    const options = { headers: headersFor(script), body: messageBody() };
    const names = ['the global fetch', 'undici 6', 'undici 7', 'axios', 'node-fetch'];
    for (const name of names) {
      await assert.rejects(wayOf(caller, name)('https://no-such-host.invalid/v1/messages', options), name);
    }
    for (const record of await bookedCalls(names.length)) {
      assert.deepEqual(
        [record.status, record.errorType, record.cost.costNanoUsd],
        ['error', 'upstream_unreachable', 0],
      );
    }
  });

  it('go over HTTP/2, where they are read and cannot be stopped', async () => {
    const caller = await activatedCaller();
    await using server = await startHttp2();
    await observe('on');
    await sendTo(server.origin);
    const call = { path: '/v1/messages', headers: { 'x-api-key': 'made-up' }, body: messageBody() };
    const outlay = await activatedOutlay();
    const startMs = Date.now();
    assert.equal(await caller.overHttp2(server.origin, call), server.answer);
    const line = outlay.state().coverage.find(({ id }) => id === 'kind:http2');
    assert((line?.lastCallAtMs ?? 0) >= startMs, 'the Coverage section shows no call over HTTP/2');
    const [record] = await bookedCalls(1);
    assert.deepEqual([record?.status, record?.provenance, record?.usage.outputTokens], ['ok', 'reported', 77]);
    assert.equal(record?.agent, 'fixture.caller');
    const unguarded = globalThis.fetch;
    const task = await activeTask({ calls: 0 });
    try {
      await until('the guard', () => globalThis.fetch !== unguarded);
      await assert.rejects(wayOf(caller, 'undici 7')(`${server.origin}/v1/messages`, { headers: {}, body: '{}' }));
      assert.equal(await caller.overHttp2(server.origin, call), server.answer);
    } finally {
      await deleteTask(task.id);
    }
    await until('the fetch of before', () => globalThis.fetch === unguarded);
  });

  it('are stopped at a number of calls to the call, by every way of calling, in a loop that does not pause', async () => {
    const caller = await activatedCaller();
    const unguarded = globalThis.fetch;
    await observe('on');
    const options = { headers: headersFor(script), body: messageBody() };
    for (const name of ['an SDK', 'the global fetch', 'a captured fetch', 'undici 6', 'http.request', 'axios']) {
      const task = await activeTask({ calls: 2 });
      await until('the guard', () => globalThis.fetch !== unguarded);
      const before = (await answeredCalls()).size;
      if (name === 'an SDK') {
        const loop = await caller.agentLoop(upstreamOrigin, { headers: headersFor(script), most: 2_000 });
        assert.deepEqual([loop.turns, loop.status], [2, 402], loop.text);
      } else {
        await callUntilStopped(() => wayOf(caller, name)(url, options));
      }
      assert.equal((await answeredCalls()).size - before, 2, name);
      await deleteTask(task.id);
      await until('the fetch of before', () => globalThis.fetch === unguarded);
    }
  });

  it('are stopped side by side too, and by what such calls came to where it is not known yet', async () => {
    const caller = await activatedCaller();
    const unguarded = globalThis.fetch;
    await observe('on');
    const options = { headers: headersFor(script), body: messageBody() };
    const outlay = await activatedOutlay();
    for (const name of ['the global fetch', 'undici 7', 'http.request']) {
      // A budget of three such calls, of which one was made.
      const task = await activeTask({ outputTokens: 3 * usage.outputTokens });
      await until('the guard', () => globalThis.fetch !== unguarded);
      assert.equal((await wayOf(caller, name)(url, options)).status, 200);
      const isBooked = ({ calls, taskId, full }: HostRoom): boolean =>
        calls === 2 && taskId === task.id && full.sentence.includes('340 output tokens spent, 680 output tokens held');
      await until('the room for two more', () => outlay.orders().rooms.some(isBooked));
      const before = (await answeredCalls()).size;
      await Promise.allSettled(Array.from({ length: 20 }, () => wayOf(caller, name)(url, options)));
      assert.equal((await answeredCalls()).size - before, 2, name);
      await deleteTask(task.id);
      await until('the fetch of before', () => globalThis.fetch === unguarded);
    }
  });

  it('that only seem not to fit go as soon as those before them are booked', async () => {
    const caller = await activatedCaller();
    const outlay = await activatedOutlay();
    const unguarded = globalThis.fetch;
    await observe('on');
    const small = { ...script, usage: { inputTokens: 1200, outputTokens: 10 } };
    const send = async (one: Script): Promise<number> =>
      (await wayOf(caller, 'the global fetch')(url, { headers: headersFor(one), body: messageBody() })).status;
    const task = await activeTask({ outputTokens: 2 * usage.outputTokens });
    try {
      await until('the guard', () => globalThis.fetch !== unguarded);
      assert.equal(await send(script), 200);
      await until('the room for one more', () => outlay.orders().rooms.some(({ calls }) => calls === 1));
      assert.equal(await send(small), 200);
      // As long as that one is not booked it is taken for as large as the first.
      const statuses = [await send(small)];
      await until('the call to go', async () => {
        if (statuses.at(-1) === 200) return true;
        statuses.push(await send(small));
        return false;
      });
      assert.deepEqual([...new Set(statuses.slice(0, -1))].join(), statuses.length > 1 ? '503' : '');
    } finally {
      await deleteTask(task.id);
    }
    await until('the fetch of before', () => globalThis.fetch === unguarded);
  });

  it('are stopped and let go also where somebody replaces fetch after us', async () => {
    const caller = await activatedCaller();
    const unguarded = globalThis.fetch;
    await observe('on');
    const options = { headers: headersFor(script), body: messageBody() };
    const task = await activeTask({ calls: 1 });
    await until('the guard', () => globalThis.fetch !== unguarded);
    const theirs = caller.hostile.replaceFetch();
    try {
      assert.equal((await wayOf(caller, 'the global fetch')(url, options)).status, 200);
      await until('the refusal', async () => (await statusOf(caller)) === 402);
      assert.equal(globalThis.fetch, theirs);
      await deleteTask(task.id);
      await until('the call to go', async () => (await statusOf(caller)) === 200);
      // Theirs stays, and still calls ours, which lets everything through.
      await observe('off');
      assert.equal(globalThis.fetch, theirs);
      assert.equal((await wayOf(caller, 'the global fetch')(url, options)).status, 200);
    } finally {
      caller.hostile.restoreFetch();
    }
    assert.equal(globalThis.fetch, unguarded);
  });
});

/** Calls again and again without a pause, as an agent in a loop does, until it gets no answer of the provider. */
async function callUntilStopped(call: () => Promise<{ readonly status: number }>): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) {
    const status = await call().then(
      (answer) => answer.status,
      () => null,
    );
    if (status !== 200) return;
  }
}

async function statusOf(caller: Caller): Promise<number> {
  const options = { headers: headersFor(script), body: messageBody() };
  return (await wayOf(caller, 'the global fetch')(url, options)).status;
}

interface Http2Upstream extends AsyncDisposable {
  readonly origin: string;
  readonly answer: string;
}

async function startHttp2(): Promise<Http2Upstream> {
  const answer = JSON.stringify({
    ...{ id: 'msg_h2', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', stop_reason: 'end_turn' },
    ...{ content: [{ type: 'text', text: 'pong' }], usage: { input_tokens: 10, output_tokens: 77 } },
  });
  const server: Http2Server = createServer((request, response) => {
    request.resume();
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'request-id': 'req_h2' });
      response.end(answer);
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer,
    async [Symbol.asyncDispose]() {
      await new Promise((closed) => server.close(closed));
    },
  };
}

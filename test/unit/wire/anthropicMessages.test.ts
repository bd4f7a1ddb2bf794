import { describe, expect, it } from 'vitest';
import { totalUsage } from '../../../src/domain/usage.ts';
import { noResponseFacts } from '../../../src/wire/contract.ts';
import { onlyUsage, readBody, readEvents } from './readResponse.ts';

const api = 'anthropic-messages';
const start = (usage: object) => ({
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', model: 'claude-opus-5-5', content: [], stop_reason: null, usage },
});
const block = (content_block: object) => ({ type: 'content_block_start', index: 0, content_block });
const delta = (delta: object) => ({ type: 'content_block_delta', index: 0, delta });
const blockStop = { type: 'content_block_stop', index: 0 };
const messageDelta = (usage: object | null, stop_reason = 'end_turn') => ({
  type: 'message_delta',
  delta: { stop_reason },
  usage,
});
const stop = { type: 'message_stop' };
const text = [block({ type: 'text', text: '' }), delta({ type: 'text_delta', text: 'Hi' }), blockStop];

describe('usage of a stream', () => {
  it('is interim after message_start and final after message_delta', async () => {
    const first = await readEvents(api, [start({ input_tokens: 9, output_tokens: 1 })]);
    expect(first.facts.usageState).toBe('interim');
    expect(first.facts.complete).toBe(false);
    const second = await readEvents(api, [
      start({ input_tokens: 9, output_tokens: 1 }),
      messageDelta({ output_tokens: 7 }),
    ]);
    expect(second.facts.usageState).toBe('final');
    expect(onlyUsage(second)).toMatchObject({ inputTokens: 9, outputTokens: 7 });
  });

  it('takes the last of several message_deltas and keeps what a later one leaves null', async () => {
    const read = await readEvents(api, [
      start({ input_tokens: 9, cache_read_input_tokens: 4, output_tokens: 1, service_tier: 'priority', speed: 'fast' }),
      ...text,
      messageDelta({ input_tokens: null, cache_read_input_tokens: null, output_tokens: 5 }),
      messageDelta({ output_tokens: 8, server_tool_use: { web_search_requests: 2 } }),
      stop,
    ]);
    expect(onlyUsage(read)).toEqual({
      inputTokens: 9,
      cacheReadTokens: 4,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 8,
      thinkingTokens: 0,
      webSearches: 2,
      toolCalls: 0,
    });
    expect(read.facts).toMatchObject({ serviceTier: 'priority', speed: 'fast', complete: true, usageState: 'final' });
  });

  it.each([
    ['a total alone is five minutes', { cache_creation_input_tokens: 30 }, 30, 0],
    [
      'a split without a total',
      { cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 } },
      10,
      20,
    ],
    [
      'a split with its total',
      { cache_creation_input_tokens: 30, cache_creation: { ephemeral_1h_input_tokens: 20 } },
      10,
      20,
    ],
    [
      'a total that shrank',
      { cache_creation_input_tokens: 5, cache_creation: { ephemeral_1h_input_tokens: 20 } },
      0,
      5,
    ],
  ])('splits cache writes: %s', async (_, usage, fiveMinutes, oneHour) => {
    const read = await readBody(api, { type: 'message', usage: { input_tokens: 1, output_tokens: 1, ...usage } });
    expect(onlyUsage(read)).toMatchObject({ cacheWrite5mTokens: fiveMinutes, cacheWrite1hTokens: oneHour });
  });

  const known = {
    input_tokens: 9,
    cache_read_input_tokens: 400,
    cache_creation_input_tokens: 30,
    cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
  };
  const zeros = {
    input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  };
  const compaction = { type: 'compaction', input_tokens: 9, cache_read_input_tokens: 400, output_tokens: 5 };
  it.each<[string, object, object, readonly number[]]>([
    ['zeros alone are passed over', known, zeros, [9, 400, 10, 20]],
    ['zeros beside what was known are passed over', known, { ...zeros, input_tokens: 9 }, [9, 400, 10, 20]],
    [
      'zeros are meant where tokens have moved',
      { input_tokens: 400 },
      { ...zeros, cache_read_input_tokens: 390 },
      [0, 390, 0, 0],
    ],
    ['zeros are meant where samplings are told apart', known, { ...zeros, iterations: [compaction] }, [9, 400, 0, 0]],
    ['a smaller count is meant', known, { ...known, input_tokens: 5 }, [5, 400, 10, 20]],
    ['zeros stay zeros', zeros, zeros, [0, 0, 0, 0]],
    ['zeros give way', zeros, known, [9, 400, 10, 20]],
  ])('merges a prompt: %s', async (_, first, last, [input, read, fiveMinutes, oneHour]) => {
    const stream = [start({ ...first, output_tokens: 1 }), messageDelta({ ...last, output_tokens: 7 }), stop];
    const facts = (await readEvents(api, stream)).facts;
    expect(totalUsage(facts.parts)).toMatchObject({
      inputTokens: input,
      cacheReadTokens: read,
      cacheWrite5mTokens: fiveMinutes,
      cacheWrite1hTokens: oneHour,
    });
  });

  it('stays final, and keeps what was told, when a head comes again without it', async () => {
    const read = await readEvents(api, [
      start({ input_tokens: 9, output_tokens: 1 }),
      messageDelta({ output_tokens: 7 }),
      { type: 'message_start', message: { usage: { input_tokens: 9 } } },
    ]);
    expect(read.facts).toMatchObject({
      usageState: 'final',
      model: 'claude-opus-5-5',
      responseId: 'msg_1',
      stopReason: 'end_turn',
    });
  });

  it('stays interim while there is a count without a reason to stop, or a reason without a count', async () => {
    const head = start({ input_tokens: 9, output_tokens: 1 });
    const counted = { type: 'message_delta', delta: { stop_reason: null }, usage: { output_tokens: 5 } };
    expect((await readEvents(api, [head, counted])).facts).toMatchObject({ usageState: 'interim', stopReason: null });
    expect((await readEvents(api, [head, messageDelta(null)])).facts.usageState).toBe('interim');
    expect((await readEvents(api, [head, messageDelta(null), counted])).facts).toMatchObject({
      usageState: 'final',
      stopReason: 'end_turn',
    });
  });

  it('is final where a router ends the stream in its own way', async () => {
    const read = await readEvents(api, [start({ input_tokens: 9, output_tokens: 1 }), '[DONE]']);
    expect(read.facts).toMatchObject({ complete: true, usageState: 'final' });
    expect(onlyUsage(read)?.thinkingTokens).toBe(0);
  });

  it('brings what a router charged, which a later usage without it leaves', async () => {
    const read = await readEvents(api, [
      start({ input_tokens: 9, output_tokens: 1, cost: 0.0012 }),
      messageDelta({ output_tokens: 7 }),
    ]);
    expect(read.facts.billedNanoUsd).toBe(1_200_000);
  });

  it('leaves thinking of a cut stream unknown even if none was seen', async () => {
    const read = await readEvents(api, [start({ input_tokens: 9, output_tokens: 1 }), ...text]);
    expect(onlyUsage(read)?.thinkingTokens).toBeNull();
  });
});

describe('thinking', () => {
  it('is the reported count', async () => {
    const read = await readEvents(api, [
      start({ input_tokens: 9, output_tokens: 1 }),
      block({ type: 'thinking', thinking: '', signature: '' }),
      delta({ type: 'thinking_delta', thinking: 'Well' }),
      delta({ type: 'signature_delta', signature: 'c2ln' }),
      blockStop,
      ...text,
      messageDelta({ output_tokens: 50, output_tokens_details: { thinking_tokens: 40 } }),
      stop,
    ]);
    expect(onlyUsage(read)).toMatchObject({ outputTokens: 50, thinkingTokens: 40 });
    expect(read).toMatchObject({ thinking: 'Well', visible: 'Hi' });
    expect(read.facts).toMatchObject({ thinkingSeen: true, thinkingHidden: false });
  });

  it('adds up the estimates that each frame carries', async () => {
    const frame = (estimated_tokens: number | null) =>
      delta({ type: 'thinking_delta', thinking: '', estimated_tokens });
    const read = await readEvents(api, [
      start({ input_tokens: 9, output_tokens: 1 }),
      block({ type: 'thinking', thinking: '', signature: '' }),
      frame(null),
      frame(64),
      frame(128),
      blockStop,
    ]);
    expect(read.facts).toMatchObject({ thinkingEstimateTokens: 192, thinkingSeen: true, thinkingHidden: true });
    expect(read.factsCalls.map((facts) => facts.thinkingEstimateTokens)).toContain(64);
  });

  it.each([
    ['a block with an empty text and a signature', { type: 'thinking', thinking: '', signature: 'c2ln' }],
    ['a redacted block', { type: 'redacted_thinking', data: 'b3BhcXVl' }],
  ])('is hidden and uncounted in %s', async (_, content) => {
    const usage = { input_tokens: 1, output_tokens: 5 };
    const read = await readBody(api, { type: 'message', content: [content, { type: 'text', text: 'Hi' }], usage });
    expect(read.facts).toMatchObject({ thinkingSeen: true, thinkingHidden: true });
    expect(onlyUsage(read)?.thinkingTokens).toBeNull();
  });

  it('that was reported though no block showed it was hidden', async () => {
    const usage = { input_tokens: 1, output_tokens: 50, output_tokens_details: { thinking_tokens: 40 } };
    const read = await readBody(api, { type: 'message', content: [{ type: 'text', text: 'Hi' }], usage });
    expect(read.facts).toMatchObject({ thinkingSeen: true, thinkingHidden: true });
    const running = await readEvents(api, [start(usage)]);
    expect(running.facts).toMatchObject({ thinkingSeen: true, thinkingHidden: false });
  });

  it('of an advisor is not that of the answer', async () => {
    const advisor = { type: 'advisor_message', model: 'claude-mythos-5', input_tokens: 5, output_tokens: 9 };
    const iterations = [{ ...advisor, output_tokens_details: { thinking_tokens: 4 } }];
    const read = await readBody(api, { type: 'message', usage: { input_tokens: 1, output_tokens: 5, iterations } });
    expect(read.facts.parts.map(({ usage }) => usage.thinkingTokens)).toEqual([0, 4]);
    expect(read.facts).toMatchObject({ thinkingSeen: false, thinkingHidden: false });
  });

  const silent = block({ type: 'thinking', thinking: '', signature: '' });
  it.each([
    ['the next block', [silent, block({ type: 'text', text: 'Hi' })]],
    ['the end of the message', [silent, stop]],
    ['its end, whatever other text came meanwhile', [silent, delta({ type: 'text_delta', text: 'Hi' }), blockStop]],
  ])('is hidden where a block shows none until %s', async (_, events) => {
    expect((await readEvents(api, events)).facts).toMatchObject({ thinkingSeen: true, thinkingHidden: true });
  });

  it('is seen by its signature alone', async () => {
    const read = await readEvents(api, [delta({ type: 'signature_delta', signature: 'c2ln' })]);
    expect(read.facts.thinkingSeen).toBe(true);
  });

  it('of a body is its text', async () => {
    const read = await readBody(api, { type: 'message', content: [{ type: 'thinking', thinking: 'Well' }] });
    expect(read).toMatchObject({ thinking: 'Well', visible: '', toolArguments: '' });
    expect(read.facts).toMatchObject({ thinkingSeen: true, thinkingHidden: false });
  });

  it('cannot exceed the output', async () => {
    const usage = { input_tokens: 1, output_tokens: 5, output_tokens_details: { thinking_tokens: 9 } };
    const read = await readBody(api, { type: 'message', content: [], usage });
    expect(onlyUsage(read)?.thinkingTokens).toBe(5);
    expect(read.problems.map(({ code }) => code)).toEqual(['bad-count']);
  });
});

describe('iterations', () => {
  const iteration = (type: string, input_tokens: number, output_tokens: number, more: object = {}) => ({
    type,
    input_tokens,
    output_tokens,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    ...more,
  });
  const message = (usage: object) => ({ type: 'message', model: 'claude-opus-5-5', content: [], usage });
  const summary = (
    parts: readonly { model: string | null; usage: { inputTokens: number | null; outputTokens: number | null } }[],
  ) => parts.map(({ model, usage }) => [model, usage.inputTokens, usage.outputTokens]);

  it('give one part each where several messages add up to the top level', async () => {
    const read = await readBody(
      api,
      message({
        input_tokens: 300,
        output_tokens: 30,
        output_tokens_details: { thinking_tokens: 15 },
        server_tool_use: { web_search_requests: 1 },
        iterations: [iteration('message', 100, 10), iteration('message', 200, 20)],
      }),
    );
    expect(summary(read.facts.parts)).toEqual([
      [null, 100, 10],
      [null, 200, 20],
    ]);
    expect(read.facts.parts.map(({ usage }) => usage.thinkingTokens)).toEqual([10, 5]);
    expect(read.facts.parts.map(({ usage }) => usage.webSearches)).toEqual([1, 0]);
    expect(read.problems).toEqual([]);
  });

  it('give the top level as one part, and a problem, where they do not add up', async () => {
    const iterations = [iteration('message', 100, 10), iteration('message', 200, 25)];
    const read = await readBody(api, message({ input_tokens: 300, output_tokens: 30, iterations }));
    expect(summary(read.facts.parts)).toEqual([[null, 300, 30]]);
    expect(read.problems.map(({ code }) => code)).toEqual(['unexpected-shape']);
  });

  it('add a compaction, and an advisor under its own model with thinking unknown', async () => {
    const iterations = [
      iteration('compaction', 50_000, 900),
      iteration('message', 300, 30),
      iteration('advisor_message', 4_000, 700, { model: 'claude-mythos-5' }),
    ];
    const read = await readBody(api, message({ input_tokens: 300, output_tokens: 30, iterations }));
    expect(summary(read.facts.parts)).toEqual([
      [null, 300, 30],
      [null, 50_000, 900],
      ['claude-mythos-5', 4_000, 700],
    ]);
    expect(read.facts.parts[2]?.usage.thinkingTokens).toBeNull();
    expect(read.problems).toEqual([]);
  });

  it('name the fallback that served the reply, whose usage the top level is', async () => {
    const iterations = [
      iteration('message', 300, 2, { model: 'claude-fable-5' }),
      iteration('fallback_message', 310, 40, { model: 'claude-opus-5-5' }),
    ];
    const usage = { input_tokens: 310, output_tokens: 40, iterations };
    const read = await readEvents(api, [
      { ...start({ input_tokens: 300 }), message: { model: 'claude-fable-5', usage: { input_tokens: 300 } } },
      messageDelta(usage),
      stop,
    ]);
    expect(read.facts.model).toBe('claude-opus-5-5');
    expect(summary(read.facts.parts)).toEqual([[null, 310, 40]]);
    expect(read.problems).toEqual([]);
  });

  it('of later usages replace those of earlier ones, and stay where a later one has none', async () => {
    const iterations = [iteration('message', 100, 10), iteration('message', 200, 20)];
    const read = await readEvents(api, [
      start({ input_tokens: 300, output_tokens: 1 }),
      messageDelta({ output_tokens: 30, iterations }),
      messageDelta({ output_tokens: 30 }),
    ]);
    expect(summary(read.facts.parts)).toEqual([
      [null, 100, 10],
      [null, 200, 20],
    ]);
  });

  it.each([
    ['input', { input_tokens: 301, output_tokens: 30, cache_read_input_tokens: 7, cache_creation_input_tokens: 9 }],
    [
      'cache reads',
      { input_tokens: 300, output_tokens: 30, cache_read_input_tokens: 8, cache_creation_input_tokens: 9 },
    ],
    [
      'cache writes',
      { input_tokens: 300, output_tokens: 30, cache_read_input_tokens: 7, cache_creation_input_tokens: 8 },
    ],
    ['output', { input_tokens: 300, output_tokens: 29, cache_read_input_tokens: 7, cache_creation_input_tokens: 9 }],
  ])('that do not add up to the %s are one part', async (_, usage) => {
    const hour = { cache_creation: { ephemeral_1h_input_tokens: 2 } };
    const iterations = [
      iteration('message', 100, 10, { cache_read_input_tokens: 3, cache_creation_input_tokens: 4, ...hour }),
      iteration('message', 200, 20, { cache_read_input_tokens: 4, cache_creation_input_tokens: 5 }),
    ];
    const read = await readBody(api, message({ ...usage, ...hour, iterations }));
    expect(read.facts.parts).toHaveLength(1);
    expect(read.problems).toEqual([
      { code: 'unexpected-shape', detail: 'usage iterations do not add up to the top level' },
    ]);
    const right = { input_tokens: 300, output_tokens: 30, cache_read_input_tokens: 7, cache_creation_input_tokens: 9 };
    expect((await readBody(api, message({ ...right, ...hour, iterations }))).facts.parts).toHaveLength(2);
  });

  it('leave unknown thinking unknown, and have the tool calls once', async () => {
    const iterations = [iteration('message', 100, 10), iteration('message', 200, 20)];
    const content = [{ type: 'redacted_thinking' }, { type: 'tool_use', id: 't', input: {} }];
    const usage = { input_tokens: 300, output_tokens: 30, iterations };
    const read = await readBody(api, { ...message(usage), content });
    expect(read.facts.parts.map((part) => [part.usage.thinkingTokens, part.usage.toolCalls])).toEqual([
      [null, 1],
      [null, 0],
    ]);
  });

  it('of two fallbacks are parts under their own models, but for the one that answered', async () => {
    const iterations = [
      iteration('message', 90, 9, { model: 'claude-fable-5' }),
      iteration('message', 80, 8, { model: 'claude-fable-5' }),
      iteration('fallback_message', 100, 10, { model: 'claude-haiku-5' }),
      iteration('fallback_message', 200, 20, { model: 'claude-sonnet-5' }),
      iteration('advisor_message', 5, 5, { model: 'claude-mythos-5' }),
    ];
    const usage = { input_tokens: 300, output_tokens: 30, iterations };
    const streamed = await readEvents(api, [start({ input_tokens: 300 }), messageDelta(usage), stop]);
    expect(streamed.facts.model).toBe('claude-sonnet-5');
    expect(summary(streamed.facts.parts)).toEqual([
      ['claude-haiku-5', 100, 10],
      [null, 200, 20],
      ['claude-mythos-5', 5, 5],
    ]);
    expect(streamed.problems).toEqual([]);
  });

  it.each([
    ['of no type', [iteration('message', 1, 1), { input_tokens: 1 }], 'a usage iteration has no type'],
    ['that is no object', [7], 'a usage iteration has no type'],
    ['of an unknown type', [iteration('dream', 1, 1)], 'a usage iteration of unknown type'],
    ['of too many', Array.from({ length: 1001 }, () => iteration('message', 0, 0)), 'too many usage iterations'],
  ])('%s are left out with a problem', async (_, iterations, detail) => {
    const read = await readBody(api, message({ input_tokens: 1, output_tokens: 1, iterations }));
    expect(summary(read.facts.parts)).toEqual([[null, 1, 1]]);
    expect(read.problems).toEqual([{ code: 'unexpected-shape', detail }]);
  });

  it('may be a thousand', async () => {
    const iterations = Array.from({ length: 1000 }, () => iteration('message', 1, 1));
    const read = await readBody(api, message({ input_tokens: 1000, output_tokens: 1000, iterations }));
    expect(read.facts.parts).toHaveLength(1000);
  });
});

describe('tools', () => {
  it('counts what the client runs, and reads the arguments of what the server runs too', async () => {
    const read = await readEvents(api, [
      start({ input_tokens: 9, output_tokens: 1 }),
      block({ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }),
      delta({ type: 'input_json_delta', partial_json: '{"query":' }),
      delta({ type: 'input_json_delta', partial_json: '"x"}' }),
      blockStop,
      block({ type: 'tool_use', id: 't', name: 'bash', input: {} }),
      delta({ type: 'input_json_delta', partial_json: '{"a":1}' }),
      blockStop,
      messageDelta({ output_tokens: 20 }, 'tool_use'),
      stop,
    ]);
    expect(read.facts).toMatchObject({ toolCalls: 1, stopReason: 'tool_use' });
    expect(onlyUsage(read)?.toolCalls).toBe(1);
    expect(read.toolArguments).toBe('{"query":"x"}{"a":1}');
  });

  it.each([
    ['tool_use', { a: 1 }, '{"a":1}', 1],
    ['server_tool_use', { q: 'x' }, '{"q":"x"}', 0],
    ['mcp_tool_use', [1], '[1]', 0],
    ['tool_use', {}, '', 1],
    ['tool_use', '', '', 1],
    ['tool_use', null, '', 1],
    ['tool_use', undefined, '', 1],
    ['web_search_tool_result', { q: 'x' }, '', 0],
  ])('of a body: %s with %j', async (type, input, toolArguments, toolCalls) => {
    const read = await readBody(api, { type: 'message', content: [{ type, id: 't', input }] });
    expect(read.toolArguments).toBe(toolArguments);
    expect(read.facts.toolCalls).toBe(toolCalls);
  });

  it('reads a stream that was cut in the middle of a tool call as incomplete', async () => {
    const read = await readEvents(api, [
      start({ input_tokens: 9, output_tokens: 1 }),
      block({ type: 'tool_use', id: 't', name: 'bash', input: {} }),
      delta({ type: 'input_json_delta', partial_json: '{"comm' }),
    ]);
    expect(read.facts).toMatchObject({ complete: false, usageState: 'interim', toolCalls: 1, stopReason: null });
  });
});

describe('errors and foreign bodies', () => {
  it('does not believe a count that no call can have', async () => {
    const read = await readEvents(api, [start({ input_tokens: Number.MAX_SAFE_INTEGER, output_tokens: 1 })]);
    expect(onlyUsage(read)?.inputTokens).toBeNull();
    expect(read.problems.map(({ code }) => code)).toEqual(['bad-count']);
  });

  it('keeps an error event that comes after HTTP 200, and the usage before it', async () => {
    const read = await readEvents(api, [
      start({ input_tokens: 9, output_tokens: 1 }),
      { type: 'error', error: { type: 'overloaded_error', message: 'secret prompt' } },
    ]);
    expect(read.facts).toMatchObject({ errorType: 'overloaded_error', complete: false });
    expect(onlyUsage(read)?.inputTokens).toBe(9);
  });

  it.each([
    ['an event of no other type', { error: { type: 'api_error' } }, 'api_error'],
    ['an event of an unknown type', { type: 'oops', error: { type: 'api_error' } }, 'api_error'],
    ['an error that does not say which', { type: 'error' }, 'error'],
    ['nothing of the kind', { type: 'ping' }, null],
    ['an event with a word for an error', { type: 'oops', error: 'secret prompt' }, null],
  ])('reads %s', async (_, event, errorType) => {
    expect((await readEvents(api, [event])).facts.errorType).toBe(errorType);
  });

  it('takes an error of null for none', async () => {
    expect((await readBody(api, { type: 'message', content: [], error: null })).facts.errorType).toBeNull();
  });

  it('reads an error body', async () => {
    const error = { type: 'rate_limit_error', message: 'secret prompt' };
    const read = await readBody(api, { type: 'error', error, request_id: 'req_1' }, 429);
    expect(read.facts).toEqual({ ...noResponseFacts, errorType: 'rate_limit_error', complete: true });
  });

  it('books nothing for a token count', async () => {
    expect((await readBody(api, { input_tokens: 2095 })).facts.parts).toEqual([]);
  });
});

import { describe, expect, it } from 'vitest';
import { onlyUsage, readBody, readEvents } from './readResponse.ts';

const api = 'openai-chat';
const chunk = (delta: object, more: object = {}) => ({
  id: 'c1',
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});
const usageChunk = (usage: object) => ({ id: 'c1', model: 'm', choices: [], usage });
const finish = chunk({}, { finish_reason: 'stop' });
const bodyWith = (usage: object, message: object = { content: 'Hi' }) => ({
  id: 'c1',
  model: 'm',
  choices: [{ index: 0, message, finish_reason: 'stop' }],
  usage,
});

describe('where usage stands', () => {
  const usage = { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 };
  it.each([
    ['a last chunk without choices', [chunk({ content: 'Hi' }), finish, usageChunk(usage), '[DONE]']],
    ['choices[0] (Kimi)', [chunk({ content: 'Hi' }), chunk({}, { finish_reason: 'stop', usage }), '[DONE]']],
    ['x_groq', [chunk({ content: 'Hi' }), { ...finish, x_groq: { id: 'r', usage } }, '[DONE]']],
    ['the finishing chunk', [chunk({ content: 'Hi' }), { ...finish, usage }, '[DONE]']],
  ])('is read from %s', async (_, events) => {
    const read = await readEvents(api, events);
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 10, outputTokens: 3, thinkingTokens: null });
    expect(read.facts).toMatchObject({ usageState: 'final', complete: true, stopReason: 'stop' });
  });

  it('is cumulative on every chunk, and neither ends the stream nor is final before the finish', async () => {
    const events = [1, 2, 3].map((completion_tokens) => ({
      ...chunk({ content: 'x' }),
      usage: { prompt_tokens: 10, completion_tokens },
    }));
    const running = await readEvents(api, events);
    expect(onlyUsage(running)?.outputTokens).toBe(3);
    expect(running.facts).toMatchObject({ usageState: 'interim', complete: false });
    const whole = await readEvents(api, [...events, chunk({ content: 'y' }), finish, '[DONE]']);
    expect(whole.visible).toBe('xxxy');
    expect(whole.facts).toMatchObject({ usageState: 'final', complete: true });
  });

  it('is final once a chunk without choices brings it, whatever became of the finish reason', async () => {
    const read = await readEvents(api, [chunk({ content: 'Hi' }), usageChunk(usage)]);
    expect(read.facts).toMatchObject({ usageState: 'final', complete: false, stopReason: null });
    const without = await readEvents(api, [
      { ...chunk({ content: 'Hi' }), usage },
      { id: 'c1', choices: [] },
    ]);
    expect(without.facts.usageState).toBe('interim');
    const elsewhere = await readEvents(api, [{ id: 'c1', usage }]);
    expect(elsewhere.facts.usageState).toBe('interim');
  });

  it('keeps of an earlier report what a later one leaves out', async () => {
    const rich = {
      prompt_tokens: 10,
      completion_tokens: 3,
      total_tokens: 13,
      prompt_tokens_details: { cached_tokens: 2, cache_write_tokens: 1 },
      completion_tokens_details: { reasoning_tokens: 1 },
      num_search_queries: 4,
      cost: 0.5,
      service_tier: 'flex',
    };
    const kept = { inputTokens: 7, cacheReadTokens: 2, cacheWrite5mTokens: 1, thinkingTokens: 1, webSearches: 4 };
    const later = await readEvents(api, [usageChunk(rich), usageChunk({ completion_tokens: 5 })]);
    expect(onlyUsage(later)).toMatchObject({ ...kept, outputTokens: 5 });
    expect(later.facts).toMatchObject({ billedNanoUsd: 500_000_000, serviceTier: 'flex' });
    const total = await readEvents(api, [usageChunk(rich), usageChunk({ total_tokens: 13 })]);
    expect(onlyUsage(total)).toMatchObject({ ...kept, outputTokens: 3 });
    const prompt = await readEvents(api, [usageChunk(rich), usageChunk({ prompt_tokens: 20, total_tokens: 23 })]);
    expect(onlyUsage(prompt)).toMatchObject({ ...kept, inputTokens: 17 });
  });

  it('of nothing but details is none', async () => {
    const read = await readEvents(api, [usageChunk({ cost: 1, prompt_tokens_details: { cached_tokens: 2 } })]);
    expect(read.facts).toMatchObject({ parts: [], usageState: 'none', billedNanoUsd: null });
  });

  it('is settled by [DONE] alone', async () => {
    const read = await readEvents(api, [{ ...chunk({ content: 'Hi' }), usage }, '[DONE]']);
    expect(read.facts).toMatchObject({ usageState: 'final', complete: true });
  });

  it('is unknown, not zero, where a stream had none', async () => {
    const read = await readEvents(api, [chunk({ content: 'Hi' }), finish, '[DONE]']);
    expect(read.facts).toMatchObject({ parts: [], usageState: 'none', complete: true });
  });
});

describe('counts in other spellings', () => {
  it.each([
    ['DeepSeek', { prompt_cache_hit_tokens: 6, prompt_cache_miss_tokens: 4 }],
    ['Kimi', { cached_tokens: 6 }],
    ['Mistral', { num_cached_tokens: 6 }],
    ['a provider with details of 0 beside it', { cached_tokens: 6, prompt_tokens_details: { cached_tokens: 0 } }],
  ])('%s: cache reads', async (_, more) => {
    const read = await readBody(api, bodyWith({ prompt_tokens: 10, completion_tokens: 3, total_tokens: 13, ...more }));
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 4, cacheReadTokens: 6, outputTokens: 3 });
  });

  it.each([['cache_write_tokens'], ['cache_creation_input_tokens']])('cache writes in %s', async (name) => {
    const details = { cached_tokens: 2, [name]: 5 };
    const read = await readBody(
      api,
      bodyWith({ prompt_tokens: 10, completion_tokens: 3, prompt_tokens_details: details }),
    );
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 3, cacheReadTokens: 2, cacheWrite5mTokens: 5 });
  });

  it.each([
    ['in the prompt', { prompt_tokens: 10, completion_tokens: 3, total_tokens: 13 }, 1],
    ['in the prompt of no total', { prompt_tokens: 10, completion_tokens: 3 }, 1],
    ['beside the prompt', { prompt_tokens: 10, completion_tokens: 3, total_tokens: 22 }, 10],
    ['beside a shorter prompt', { prompt_tokens: 2, completion_tokens: 3, total_tokens: 14 }, 2],
  ])('a gateway’s cache counts of Claude, %s', async (_, counts, inputTokens) => {
    const usage = { ...counts, cache_read_input_tokens: 4, cache_creation_input_tokens: 5 };
    for (const details of [{}, { prompt_tokens_details: { cached_tokens: 4 } }, { prompt_tokens_details: null }]) {
      const read = await readBody(api, bodyWith({ ...usage, ...details }));
      expect(read.problems).toEqual([]);
      expect(onlyUsage(read)).toMatchObject({
        inputTokens,
        cacheReadTokens: 4,
        cacheWrite5mTokens: 5,
        outputTokens: 3,
        thinkingTokens: null,
      });
    }
  });

  it('a total of thinking beside the completion is not taken for one of cache beside the prompt', async () => {
    const read = await readBody(
      api,
      bodyWith({
        prompt_tokens: 10,
        completion_tokens: 3,
        total_tokens: 17,
        prompt_tokens_details: { cached_tokens: 4 },
        completion_tokens_details: { reasoning_tokens: 4 },
      }),
    );
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 6, cacheReadTokens: 4, outputTokens: 7, thinkingTokens: 4 });
  });

  it.each([
    [
      'more thinking than output',
      { completion_tokens_details: { reasoning_tokens: 9 } },
      'more thinking than output was reported',
    ],
    [
      'more cache than prompt',
      { prompt_tokens_details: { cached_tokens: 99 } },
      'more cached than prompt tokens were reported',
    ],
    ['half a token', { total_tokens: 1.5 }, 'total_tokens is no whole number from 0 to 10000000000'],
    ['a cost in words', { cost: 'much' }, 'cost is no amount of money'],
  ])('reports %s in words', async (_, more, detail) => {
    const read = await readBody(api, bodyWith({ prompt_tokens: 10, completion_tokens: 3, ...more }));
    expect(read.problems).toEqual([{ code: 'bad-count', detail }]);
  });

  it.each([
    ['input_tokens and output_tokens', { input_tokens: 10, output_tokens: 3 }, {}],
    [
      'reasoning_tokens beside them',
      { prompt_tokens: 10, completion_tokens: 3, reasoning_tokens: 2 },
      { thinkingTokens: 2 },
    ],
    [
      'server_tool_use',
      { prompt_tokens: 10, completion_tokens: 3, server_tool_use: { web_search_requests: 5 } },
      { webSearches: 5 },
    ],
    ['num_search_queries', { prompt_tokens: 10, completion_tokens: 3, num_search_queries: 6 }, { webSearches: 6 }],
    [
      'output_tokens_details',
      { prompt_tokens: 10, completion_tokens: 3, output_tokens_details: { reasoning_tokens: 1 } },
      { thinkingTokens: 1 },
    ],
  ])('reads %s', async (_, usage, more) => {
    const read = await readBody(api, bodyWith(usage));
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 10, outputTokens: 3, ...more });
  });

  it.each([
    [
      'an unknown prompt',
      { completion_tokens: 3, total_tokens: 9 },
      { inputTokens: null, outputTokens: 3, thinkingTokens: null },
    ],
    [
      'an unknown completion',
      { prompt_tokens: 3, total_tokens: 9 },
      { inputTokens: 3, outputTokens: null, thinkingTokens: null },
    ],
    [
      'an unknown prompt beside its cache',
      { completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 5 } },
      { inputTokens: null, cacheReadTokens: 4, cacheWrite5mTokens: 5 },
    ],
    [
      'a cache that is all of the prompt',
      { prompt_tokens: 9, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 5 } },
      { inputTokens: 0, cacheReadTokens: 4, cacheWrite5mTokens: 5 },
    ],
    [
      'a cache read and written beside the prompt',
      {
        prompt_tokens: 2,
        completion_tokens: 3,
        total_tokens: 14,
        prompt_tokens_details: { cached_tokens: 4, cache_write_tokens: 5 },
      },
      { inputTokens: 2, cacheReadTokens: 4, cacheWrite5mTokens: 5, outputTokens: 3, thinkingTokens: null },
    ],
    [
      'a cache beside the prompt before there is output',
      { prompt_tokens: 2, total_tokens: 6, prompt_tokens_details: { cached_tokens: 4 } },
      { inputTokens: 2, cacheReadTokens: 4, outputTokens: null },
    ],
  ])('reads %s', async (_, usage, expected) => {
    const read = await readBody(api, bodyWith(usage));
    expect(onlyUsage(read)).toMatchObject(expected);
    expect(read.problems).toEqual([]);
  });

  it('holds what was written to the rest of the prompt', async () => {
    const details = { cached_tokens: 3, cache_write_tokens: 9 };
    const read = await readBody(
      api,
      bodyWith({ prompt_tokens: 4, completion_tokens: 3, prompt_tokens_details: details }),
    );
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 0, cacheReadTokens: 3, cacheWrite5mTokens: 1 });
  });

  it('adds reasoning that stands beside the completion (xAI)', async () => {
    const usage = {
      prompt_tokens: 12,
      completion_tokens: 1,
      total_tokens: 303,
      completion_tokens_details: { reasoning_tokens: 290 },
      cost_in_usd_ticks: 1_514_000,
    };
    const read = await readBody(api, bodyWith(usage));
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 12, outputTokens: 291, thinkingTokens: 290 });
    expect(read.facts.billedNanoUsd).toBe(151_400);
  });

  it.each([
    ['thinking where nothing else explains it (Google)', {}, 91, 79],
    ['no output where it is the cache beside the prompt', { prompt_tokens_details: { cached_tokens: 79 } }, 12, null],
    ['no output where reasoning was reported', { completion_tokens_details: { reasoning_tokens: 5 } }, 12, 5],
  ])('takes what the total has beyond prompt and completion as %s', async (_, more, outputTokens, thinkingTokens) => {
    const usage = { prompt_tokens: 100, completion_tokens: 12, total_tokens: 191, ...more };
    expect(onlyUsage(await readBody(api, bodyWith(usage)))).toMatchObject({ outputTokens, thinkingTokens });
  });

  it('leaves a total that is smaller than its parts aside', async () => {
    const usage = { prompt_tokens: 100, completion_tokens: 12, total_tokens: 50 };
    expect(onlyUsage(await readBody(api, bodyWith(usage)))).toMatchObject({ outputTokens: 12, thinkingTokens: null });
  });

  it('takes a prompt that is smaller than its cache reads as exclusive where the total says so', async () => {
    const usage = {
      prompt_tokens: 4,
      completion_tokens: 3,
      total_tokens: 17,
      prompt_tokens_details: { cached_tokens: 10 },
    };
    const read = await readBody(api, bodyWith(usage));
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 4, cacheReadTokens: 10 });
    expect(read.problems).toEqual([]);
  });

  it('holds cache reads to the prompt otherwise, and says so', async () => {
    const usage = {
      prompt_tokens: 4,
      completion_tokens: 3,
      total_tokens: 7,
      prompt_tokens_details: { cached_tokens: 10 },
    };
    const read = await readBody(api, bodyWith(usage));
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 0, cacheReadTokens: 4 });
    expect(read.problems.map(({ code }) => code)).toEqual(['bad-count']);
  });

  it('counts searches that OpenRouter ran', async () => {
    const usage = { prompt_tokens: 4, completion_tokens: 3, server_tool_use_details: { web_search_requests: 2 } };
    expect(onlyUsage(await readBody(api, bodyWith(usage)))?.webSearches).toBe(2);
  });
});

describe('what was charged', () => {
  const tokens = { prompt_tokens: 4, completion_tokens: 3 };
  it.each([
    ['the cost', { cost: 0.0133176, is_byok: false, cost_details: { upstream_inference_cost: 0.01 } }, 13_317_600],
    [
      'the fee and the upstream cost',
      { cost: 0.0001, is_byok: true, cost_details: { upstream_inference_cost: 0.002 } },
      2_100_000,
    ],
    ['the fee alone', { cost: 0.0001, is_byok: true, cost_details: { upstream_inference_cost: null } }, 100_000],
    ['a free call', { cost: 0 }, 0],
    ['the fee alone, where no details came', { cost: 0.0001, is_byok: true }, 100_000],
    ['ticks, rounded', { cost_in_usd_ticks: 16 }, 2],
    ['nothing', {}, null],
    ['nothing (an object of some reseller)', { cost: { total_cost: 1 } }, null],
  ])('is %s', async (_, cost, billed) => {
    const read = await readBody(api, bodyWith({ ...tokens, ...cost }));
    expect(read.facts.billedNanoUsd).toBe(billed);
    expect(read.problems).toEqual([]);
  });

  it.each([[-1], ['0.5'], [1e300]])('is unknown where the cost is %s', async (cost) => {
    const read = await readBody(api, bodyWith({ ...tokens, cost }));
    expect(read.facts.billedNanoUsd).toBeNull();
    expect(read.problems.map(({ code }) => code)).toEqual(['bad-count']);
  });
});

describe('text', () => {
  it.each([
    ['reasoning_content', { reasoning_content: 'Hmm' }],
    ['reasoning', { reasoning: 'Hmm' }],
    ['both at once', { reasoning: 'Hmm', reasoning_content: 'Hmm' }],
    ['reasoning and its details', { reasoning: 'Hmm', reasoning_details: [{ type: 'reasoning.text', text: 'Hmm' }] }],
    ['details alone', { reasoning_details: [{ type: 'reasoning.text', text: 'Hmm' }] }],
    ['content parts', { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hmm' }] }] }],
  ])('of thinking in %s is read once', async (_, delta) => {
    const read = await readEvents(api, [chunk(delta)]);
    expect(read.thinking).toBe('Hmm');
    expect(read.facts).toMatchObject({ thinkingSeen: true, thinkingHidden: false });
  });

  it.each([
    ['encrypted', { type: 'reasoning.encrypted', data: 'AAAA' }],
    ['summarised', { type: 'reasoning.summary', summary: 'Hmm' }],
  ])('of thinking that is %s is a lower bound', async (_, detail) => {
    const read = await readEvents(api, [chunk({ reasoning_details: [detail] })]);
    expect(read.facts).toMatchObject({ thinkingSeen: true, thinkingHidden: true });
  });

  it('of parts is visible, but for those of thinking', async () => {
    const content = [
      { type: 'text', text: 'Hi' },
      { type: 'thinking', thinking: 'Hmm' },
      { type: 'image' },
      'x',
      { text: '!' },
    ];
    expect(await readEvents(api, [chunk({ content })])).toMatchObject({ visible: 'Hi!', thinking: 'Hmm' });
    const empty = await readEvents(api, [chunk({ content: [{ type: 'thinking' }] })]);
    expect(empty.facts.thinkingSeen).toBe(true);
  });

  it('of thinking that is summarised is what can be read of it', async () => {
    const read = await readEvents(api, [chunk({ reasoning_details: [{ type: 'reasoning.summary', summary: 'Hmm' }] })]);
    expect(read.thinking).toBe('Hmm');
  });

  it('of thinking of no known kind hides nothing', async () => {
    const read = await readEvents(api, [chunk({ reasoning_details: [{ type: 'reasoning.new' }, { text: 'Hmm' }] })]);
    expect(read.thinking).toBe('Hmm');
    expect(read.facts.thinkingHidden).toBe(false);
  });

  it('includes a refusal', async () => {
    expect((await readEvents(api, [chunk({ refusal: 'No.' })])).visible).toBe('No.');
  });

  it('tells of thinking that was counted but never shown', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 9, completion_tokens_details: { reasoning_tokens: 8 } };
    const read = await readEvents(api, [chunk({ content: 'Hi' }), finish, usageChunk(usage), '[DONE]']);
    expect(read.facts).toMatchObject({ thinkingSeen: true, thinkingHidden: true });
  });
});

describe('tool calls', () => {
  const call = (index: number | undefined, id: string | undefined, args: unknown) =>
    chunk({ tool_calls: [{ index, id, function: { arguments: args } }] });
  it.each([
    ['by index', [call(0, 'a', ''), call(0, undefined, '{}'), call(1, 'b', '{}')]],
    ['by id where every call has index 0', [call(0, 'a', '{}'), call(0, 'b', '{}')]],
    ['with the id repeated on every piece', [call(0, 'a', '{'), call(0, 'a', '}'), call(1, 'b', '{}')]],
    ['without an index', [call(undefined, 'a', '{}'), call(undefined, 'b', '{}')]],
  ])('are told apart %s', async (_, events) => {
    const read = await readEvents(api, events);
    expect(read.facts.toolCalls).toBe(2);
    expect(read.toolArguments).toBe('{}{}');
  });

  it('keep arguments that come as an object, and the old function_call', async () => {
    const message = {
      tool_calls: [{ function: { arguments: { a: 1 } } }],
      function_call: { name: 'f', arguments: '{}' },
    };
    const read = await readBody(api, bodyWith({ prompt_tokens: 1, completion_tokens: 1 }, message));
    expect(read.toolArguments).toBe('{"a":1}{}');
    expect(onlyUsage(read)?.toolCalls).toBe(2);
  });
});

describe('tool calls of other kinds', () => {
  it('keep the input of a custom tool, and count calls of each choice apart', async () => {
    const custom = { tool_calls: [{ index: 0, id: 'a', custom: { input: 'ls' } }] };
    const read = await readEvents(api, [
      { choices: [{ index: 0, delta: custom }] },
      { choices: [{ index: 1, delta: { tool_calls: [{ index: 0, function: { arguments: null } }] } }] },
      { choices: [{ delta: { tool_calls: [7, { id: 'c' }] } }] },
    ]);
    expect(read.toolArguments).toBe('ls');
    expect(read.facts.toolCalls).toBe(3);
  });

  it('count a streamed function_call once', async () => {
    const read = await readEvents(api, [
      chunk({ function_call: { name: 'f', arguments: '{' } }),
      chunk({ function_call: { arguments: '}' } }),
    ]);
    expect(read.facts.toolCalls).toBe(1);
    expect(read.toolArguments).toBe('{}');
  });

  it('give a call its id late without counting it twice', async () => {
    const call = (id: string | undefined) => chunk({ tool_calls: [{ index: 0, id, function: {} }] });
    expect((await readEvents(api, [call(undefined), call('a'), call('a')])).facts.toolCalls).toBe(1);
    expect((await readEvents(api, [call(undefined), call('a'), call('b')])).facts.toolCalls).toBe(2);
  });

  it('are told apart up to ten thousand', async () => {
    const tool_calls = Array.from({ length: 10_001 }, (_, index) => ({ index }));
    expect((await readBody(api, bodyWith({}, { tool_calls }))).facts.toolCalls).toBe(10_000);
  });
});

describe('errors', () => {
  it.each([
    [
      'OpenAI',
      { error: { message: 'm', type: 'insufficient_quota', code: 'insufficient_quota' } },
      'insufficient_quota',
    ],
    ['Z.ai', { error: { code: '1214', message: 'm' } }, '1214'],
    ['Google, in an array', [{ error: { code: 400, message: 'm', status: 'INVALID_ARGUMENT' } }], 'INVALID_ARGUMENT'],
    ['Mistral', { object: 'error', type: 'invalid_request_error', message: 'm' }, 'invalid_request_error'],
    ['a bare message, which is not kept', { error: 'the prompt was: hello' }, 'error'],
    ['a message in the place of a type', { error: { type: 'the prompt was: hello' } }, 'error'],
  ])('are read from %s', async (_, body, errorType) => {
    const read = await readBody(api, body, 400);
    expect(read.facts).toMatchObject({ errorType, parts: [], complete: true });
    expect(read.problems).toEqual([]);
  });

  it('are read from a choice', async () => {
    const read = await readEvents(api, [chunk({}, { error: { code: 502 }, finish_reason: 'error' })]);
    expect(read.facts).toMatchObject({ errorType: '502', stopReason: 'error' });
  });

  it('are read from a body without an envelope whatever its status was', async () => {
    const body = { object: 'error', type: 'invalid_request_error', message: 'm' };
    expect((await readBody(api, body, 200)).facts.errorType).toBe('invalid_request_error');
    expect((await readBody(api, { ...body, object: 'list' }, 200)).facts.errorType).toBeNull();
  });

  it('are reported for a choice that is no object', async () => {
    const read = await readEvents(api, [{ choices: [7] }]);
    expect(read.problems).toEqual([{ code: 'unexpected-shape', detail: 'a choice is no object' }]);
  });

  it('leave what was known: a chunk without model, id or tier', async () => {
    const read = await readEvents(api, [
      { ...chunk({}), service_tier: 'flex' },
      { choices: [] },
      usageChunk({ prompt_tokens: 1, service_tier: 'x' }),
    ]);
    expect(read.facts).toMatchObject({ model: 'm', responseId: 'c1', serviceTier: 'flex', errorType: null });
  });

  it('are read from the middle of a stream, with what went before', async () => {
    const read = await readEvents(api, [chunk({ content: 'Hi' }), { error: { code: 502, message: 'gone' } }]);
    expect(read.facts).toMatchObject({ errorType: '502', complete: false, model: 'm' });
    expect(read.visible).toBe('Hi');
  });
});

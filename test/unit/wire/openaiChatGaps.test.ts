import { describe, expect, it } from 'vitest';
import { onlyUsage, readBody, readEvents } from './readResponse.ts';

const api = 'openai-chat';
const chunk = (delta: object, more: object = {}) => ({
  id: 'c1',
  model: 'm',
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});
const finish = chunk({}, { finish_reason: 'stop' });

describe('tool calls without ids', () => {
  const called = (index: unknown, ...calls: readonly object[]) => ({
    choices: [{ index, delta: { tool_calls: calls }, finish_reason: null }],
  });
  const calls = async (...events: readonly unknown[]) => (await readEvents(api, events)).facts.toolCalls;

  it('are told apart by their index, wherever they stand in a chunk', async () => {
    expect(await calls(called(0, { index: 0 }), called(0, { index: 1 }))).toBe(2);
    expect(await calls(called(0, { index: 0 }, { index: 1 }), called(0, { index: 1 }))).toBe(2);
  });

  it('are told apart by their place where they have no index', async () => {
    expect(await calls(called(0, {}, {}), called(0, {}))).toBe(2);
    expect(await calls(called(0, { index: 'a' }), called(0, { index: 'b' }))).toBe(1);
    expect(await calls(called(0, ...[7, {}].map((call) => call as object)))).toBe(1);
  });

  it('are those of their choice, the first one where it has no number', async () => {
    expect(await calls(called(0, {}), called(1, {}))).toBe(2);
    expect(await calls(called(0, {}), called(undefined, {}), called('x', {}))).toBe(1);
  });

  it('in the older spelling are one a choice, besides the others', async () => {
    const legacy = { choices: [{ index: 0, delta: { function_call: { name: 'f' }, tool_calls: [{}] } }] };
    expect(await calls(legacy, legacy)).toBe(2);
    expect(await calls(...[0, 1].map((index) => ({ choices: [{ index, delta: { function_call: {} } }] })))).toBe(2);
  });
});

describe('a usage', () => {
  it.each([
    [{ prompt_tokens: 3 }, { inputTokens: 3, outputTokens: null }],
    [{ completion_tokens: 3 }, { inputTokens: null, outputTokens: 3 }],
    [{ total_tokens: 3 }, { inputTokens: null, outputTokens: null }],
  ])('with one count is one: %j', async (usage, expected) => {
    expect(onlyUsage(await readEvents(api, [{ choices: [{ delta: {} }], usage }]))).toMatchObject(expected);
  });

  it('without any count is none', async () => {
    const read = await readEvents(api, [{ choices: [], usage: { prompt_tokens: null, cost: 1 } }]);
    expect(read.facts).toMatchObject({ parts: [], usageState: 'none', billedNanoUsd: null });
  });

  it('is final with the chunk that finishes, also when the stream is cut behind it', async () => {
    const read = await readEvents(api, [{ ...finish, usage: { prompt_tokens: 1, completion_tokens: 2 } }]);
    expect(read.facts).toMatchObject({ usageState: 'final', complete: false });
  });

  it('that is not final does not make thinking hidden yet', async () => {
    const usage = { prompt_tokens: 1, completion_tokens: 2, completion_tokens_details: { reasoning_tokens: 1 } };
    const running = await readEvents(api, [{ ...chunk({}), usage }]);
    expect(running.facts).toMatchObject({ usageState: 'interim', thinkingSeen: true, thinkingHidden: false });
    const ended = await readEvents(api, [{ ...finish, usage }]);
    expect(ended.facts).toMatchObject({ usageState: 'final', thinkingSeen: true, thinkingHidden: true });
  });

  it('names a tier only where the response does not', async () => {
    const usage = { prompt_tokens: 1, service_tier: 'flex' };
    expect((await readBody(api, { choices: [], usage })).facts.serviceTier).toBe('flex');
    expect((await readBody(api, { choices: [], usage, service_tier: 'default' })).facts.serviceTier).toBe('default');
  });
});

import { describe, expect, it } from 'vitest';
import { onlyUsage, readBody, readEvents } from './readResponse.ts';

const api = 'openai-responses';
const usage = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 20 },
  total_tokens: 150,
};
const response = (status: string, more: object = {}) => ({ id: 'resp_1', model: 'gpt-6', status, output: [], ...more });
const ends = (status: string, more: object = {}) => ({ type: `response.${status}`, response: response(status, more) });
const created = { type: 'response.created', response: response('in_progress', { usage: null, service_tier: 'auto' }) };
const item = (type: string, output_index: number, value: object) => ({ type, output_index, item: value });

describe('a compaction', () => {
  it('is metered, and the messages of the user that it repeats are no text of the model', async () => {
    const message = (role: string, text: string) => ({
      type: 'message',
      role,
      content: [{ type: 'input_text', text }],
    });
    const output = [message('user', 'What is 3 + 3?'), { id: 'cmp_1', type: 'compaction', encrypted_content: 'x' }];
    const read = await readBody(api, { id: 'resp_1', object: 'response.compaction', output, usage });
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 10, outputTokens: 50, thinkingTokens: 20 });
    expect(read.facts).toMatchObject({ complete: true, usageState: 'final', model: null, stopReason: null });
    expect(read.visible).toBe('');
  });
});

describe('the commands of a shell call', () => {
  const call = { id: 'sh_1', type: 'shell_call', environment: { type: 'local' }, action: { commands: ['ls -l'] } };
  const delta = (text: string) => ({ type: 'response.shell_call_command.delta', command_index: 0, delta: text });

  it('are text of the model, streamed and in a body, and counted once', async () => {
    const streamed = [delta('ls'), delta(' -l'), ends('completed', { usage, output: [call] })];
    expect((await readEvents(api, streamed)).toolArguments).toBe('ls -l');
    expect((await readBody(api, response('completed', { usage, output: [call] }))).toolArguments).toBe('ls -l');
  });
});

describe('the end of a response', () => {
  it('brings usage without cache in the input, and the tier that was used', async () => {
    const read = await readEvents(api, [created, ends('completed', { usage, service_tier: 'flex' })]);
    expect(onlyUsage(read)).toEqual({
      inputTokens: 10,
      cacheReadTokens: 60,
      cacheWrite5mTokens: 30,
      cacheWrite1hTokens: 0,
      outputTokens: 50,
      thinkingTokens: 20,
      webSearches: 0,
      toolCalls: 0,
    });
    expect(read.facts).toMatchObject({
      usageState: 'final',
      complete: true,
      serviceTier: 'flex',
      stopReason: 'completed',
    });
  });

  it('may be incomplete, for a reason', async () => {
    const read = await readEvents(api, [
      ends('incomplete', { usage, incomplete_details: { reason: 'max_output_tokens' } }),
    ]);
    expect(read.facts).toMatchObject({ complete: true, stopReason: 'max_output_tokens', usageState: 'final' });
  });

  it('may bring a usage without any count, which is none', async () => {
    const read = await readEvents(api, [created, ends('failed', { usage: {}, error: { code: 'server_error' } })]);
    expect(read.facts).toMatchObject({ parts: [], usageState: 'none', complete: true, errorType: 'server_error' });
  });

  it('may be a failure with usage', async () => {
    const error = { code: 'rate_limit_exceeded', message: 'secret prompt' };
    const read = await readEvents(api, [created, ends('failed', { usage, error })]);
    expect(read.facts).toMatchObject({ errorType: 'rate_limit_exceeded', complete: true });
    expect(onlyUsage(read)?.outputTokens).toBe(50);
  });

  it.each([
    ['flat', { type: 'error', code: 'server_error', message: 'm' }, 'server_error'],
    ['nested', { type: 'error', error: { type: 'invalid_request_error', code: null } }, 'invalid_request_error'],
    ['nameless', { type: 'error', message: 'secret prompt' }, 'error'],
  ])('may be missing after an error event (%s)', async (_, event, errorType) => {
    const read = await readEvents(api, [created, event]);
    expect(read.facts).toMatchObject({ errorType, complete: false, usageState: 'none', model: 'gpt-6' });
  });
});

describe('events on the way', () => {
  it('bring model, id, tier and a first usage, which later ones without them leave', async () => {
    const first = { type: 'response.in_progress', response: response('in_progress', { usage, service_tier: 'flex' }) };
    const read = await readEvents(api, [first, { type: 'response.queued', response: { usage: null } }]);
    expect(read.facts).toMatchObject({
      model: 'gpt-6',
      responseId: 'resp_1',
      serviceTier: 'flex',
      usageState: 'interim',
      complete: false,
      stopReason: null,
    });
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 10, outputTokens: 50 });
  });

  it('do not end with [DONE]', async () => {
    expect((await readEvents(api, [created, '[DONE]'])).facts.complete).toBe(false);
  });

  it.each([
    ['an error without a type', { error: { type: 'server_error' } }, 'server_error'],
    ['an unknown event with an error', { type: 'response.new', error: { type: 'server_error' } }, null],
    ['a failure that says nothing', { type: 'response.failed' }, 'error'],
    ['a cancelled response', { type: 'response.cancelled', response: response('cancelled') }, null],
  ])('may be %s', async (_, event, errorType) => {
    const read = await readEvents(api, [event]);
    expect(read.facts.errorType).toBe(errorType);
    expect(read.facts.complete).toBe(/failed|cancelled/.test(JSON.stringify(event)));
  });

  it('bring what was charged', async () => {
    const read = await readEvents(api, [ends('completed', { usage: { ...usage, cost_in_usd_ticks: 50 } })]);
    expect(read.facts.billedNanoUsd).toBe(5);
    expect((await readEvents(api, [ends('completed', { usage })])).facts.billedNanoUsd).toBeNull();
  });

  it('may tell of a failure', async () => {
    const failed = { type: 'response.failed', response: { error: { code: 'server_error' } } };
    expect((await readEvents(api, [failed])).facts).toMatchObject({ errorType: 'server_error', complete: true });
  });

  it('may bring a total alone, whose parts are unknown', async () => {
    const read = await readEvents(api, [ends('completed', { usage: { total_tokens: 5 } })]);
    expect(onlyUsage(read)).toMatchObject({ inputTokens: null, outputTokens: null });
  });
});

describe('text', () => {
  it.each([
    ['response.output_text.delta', 'visible'],
    ['response.refusal.delta', 'visible'],
    ['response.reasoning_text.delta', 'thinking'],
    ['response.reasoning_summary_text.delta', 'thinking'],
    ['response.function_call_arguments.delta', 'toolArguments'],
    ['response.custom_tool_call_input.delta', 'toolArguments'],
  ] as const)('of %s is %s', async (type, kind) => {
    expect(
      (
        await readEvents(api, [
          { type, delta: 'x' },
          { type, delta: 'y' },
        ])
      )[kind],
    ).toBe('xy');
  });

  it('is not read again from the final response', async () => {
    const output = [{ type: 'message', content: [{ type: 'output_text', text: 'Hi' }] }];
    const read = await readEvents(api, [
      { type: 'response.output_text.delta', delta: 'Hi' },
      ends('completed', { output }),
    ]);
    expect(read.visible).toBe('Hi');
  });

  it('is read from the final response where no deltas came', async () => {
    const output = [
      { type: 'reasoning', content: [{ type: 'reasoning_text', text: 'Hmm' }] },
      { type: 'message', content: [{ type: 'output_text', text: 'Hi' }] },
      { type: 'function_call', arguments: '{}' },
    ];
    const read = await readEvents(api, [ends('completed', { output })]);
    expect(read).toMatchObject({ visible: 'Hi', thinking: 'Hmm', toolArguments: '{}' });
  });

  it('hides reasoning that is encrypted, summarised or only counted', async () => {
    const encrypted = item('response.output_item.done', 0, {
      type: 'reasoning',
      id: 'r',
      summary: [],
      encrypted_content: 'AA',
    });
    const summary = { type: 'response.reasoning_summary_text.delta', delta: 'Hmm' };
    for (const events of [[encrypted], [summary], [ends('completed', { usage })]]) {
      expect((await readEvents(api, events)).facts).toMatchObject({ thinkingSeen: true, thinkingHidden: true });
    }
  });
});

describe('the text of a body', () => {
  const body = (...output: unknown[]) => readBody(api, response('completed', { output }));

  it.each([
    ['a refusal', { type: 'message', content: [{ type: 'refusal', refusal: 'No.' }] }, { visible: 'No.' }],
    ['a summary', { type: 'reasoning', summary: [{ text: 'Hmm' }] }, { thinking: 'Hmm' }],
    ['the input of a custom tool', { type: 'custom_tool_call', input: 'ls' }, { toolArguments: 'ls' }],
    ['code', { type: 'code_interpreter_call', code: '1+1' }, { toolArguments: '1+1' }],
    ['commands', { type: 'shell_call', action: { commands: ['ls', 7, 'pwd'] } }, { toolArguments: 'lspwd' }],
    ['nothing of an item without text', { type: 'message', content: [{ type: 'image' }, 7] }, { visible: '' }],
  ])('has %s', async (_, output, text) => {
    expect(await body(output)).toMatchObject({ visible: '', thinking: '', toolArguments: '', ...text });
  });

  it.each([
    [
      'shown',
      { type: 'reasoning', content: [{ text: 'Hmm' }], encrypted_content: 'x', summary: [{ text: 's' }] },
      false,
    ],
    ['summarised', { type: 'reasoning', summary: [{ text: 's' }] }, true],
    ['encrypted', { type: 'reasoning', encrypted_content: 'x' }, true],
    ['empty', { type: 'reasoning', summary: [], content: [] }, false],
  ])('tells of reasoning that is %s', async (_, output, thinkingHidden) => {
    expect((await body(output)).facts).toMatchObject({ thinkingSeen: true, thinkingHidden });
  });

  it('does not hide reasoning that was shown and counted', async () => {
    const output = [{ type: 'reasoning', content: [{ text: 'Hmm' }] }];
    const { facts } = await readBody(api, response('completed', { usage, output }));
    expect(facts).toMatchObject({ thinkingSeen: true, thinkingHidden: false });
  });
});

describe('tool calls', () => {
  it.each(['function_call', 'custom_tool_call', 'local_shell_call', 'shell_call', 'apply_patch_call', 'computer_call'])(
    'of type %s are the client’s',
    async (type) => {
      expect((await readBody(api, response('completed', { output: [{ type }] }))).facts.toolCalls).toBe(1);
    },
  );

  it.each(['mcp_call', 'web_search_call', 'code_interpreter_call', 'file_search_call', 'message'])(
    'of type %s are not',
    async (type) => {
      expect((await readBody(api, response('completed', { output: [{ type }] }))).facts.toolCalls).toBe(0);
    },
  );

  it('without ids are told apart by their places, with a call id by that', async () => {
    const added = (output_index: unknown, more: object) => ({
      type: 'response.output_item.added',
      output_index,
      item: { type: 'function_call', ...more },
    });
    const calls = async (...events: unknown[]) => (await readEvents(api, events)).facts.toolCalls;
    expect(await calls(added(0, {}), added(1, {}), added(1, {}))).toBe(2);
    expect(await calls(added('x', {}), added(0, {}))).toBe(1);
    expect(await calls(added(0, { call_id: 'a' }), added(0, { call_id: 'b' }))).toBe(2);
    expect(await calls({ type: 'response.output_item.added', item: 7 }, added(0, { type: 7 }))).toBe(0);
  });

  it('are told apart up to ten thousand', async () => {
    const output = Array.from({ length: 10_001 }, () => ({ type: 'function_call' }));
    expect((await readBody(api, response('completed', { output }))).facts.toolCalls).toBe(10_000);
  });
});

describe('items', () => {
  const search = (id: string) => ({ type: 'web_search_call', id, status: 'completed', action: { type: 'search' } });
  const call = (id: string) => ({ type: 'function_call', id, arguments: '{}' });
  const streamed = [
    item('response.output_item.added', 0, search('ws_1')),
    item('response.output_item.done', 0, search('ws_1')),
    item('response.output_item.added', 1, search('ws_2')),
    item('response.output_item.done', 1, search('ws_2')),
    item('response.output_item.added', 2, call('fc_1')),
    item('response.output_item.done', 2, call('fc_1')),
  ];
  it.each([
    ['repeats them', [search('ws_1'), search('ws_2'), call('fc_1')]],
    ['repeats them under other ids', [search('x'), search('y'), call('z')]],
    ['leaves them out', []],
  ])('are counted once when the final response %s', async (_, output) => {
    const read = await readEvents(api, [...streamed, ends('completed', { usage, output })]);
    expect(onlyUsage(read)).toMatchObject({ webSearches: 2, toolCalls: 1 });
    expect(read.facts.toolCalls).toBe(1);
  });

  it('that are named anew in every event are one by the id of their call', async () => {
    const named = (id: string) => ({ ...call(id), call_id: 'call_1' });
    const read = await readEvents(api, [
      item('response.output_item.added', 0, named('a')),
      item('response.output_item.done', 0, named('b')),
      ends('completed', { usage, output: [named('c')] }),
    ]);
    expect(read.facts.toolCalls).toBe(1);
    expect(onlyUsage(read)?.toolCalls).toBe(1);
  });

  it('of searches give way to the number that the provider calls billable', async () => {
    const more = { usage, tool_usage: { web_search: { num_requests: 1 } } };
    expect(onlyUsage(await readEvents(api, [...streamed, ends('completed', more)]))?.webSearches).toBe(1);
  });

  it.each([
    ['local', 1],
    ['container_reference', 0],
  ])('that are shell calls in a %s environment count %i times as tool calls', async (type, calls) => {
    const output = [{ type: 'shell_call', id: 'sh', action: { commands: ['ls'] }, environment: { type } }];
    expect((await readBody(api, response('completed', { usage, output }))).facts.toolCalls).toBe(calls);
  });

  it.each([
    ['client', 1],
    ['server', 0],
    [undefined, 0],
  ])('that are searches for tools by the %s count %i times as tool calls', async (execution, calls) => {
    const output = [{ type: 'tool_search_call', id: 'tsc', arguments: { query: 'q' }, execution }];
    expect((await readBody(api, response('completed', { usage, output }))).facts.toolCalls).toBe(calls);
  });

  it('are counted in a body', async () => {
    const read = await readBody(api, response('completed', { usage, output: [search('a'), call('b'), call('c')] }));
    expect(onlyUsage(read)).toMatchObject({ webSearches: 1, toolCalls: 2 });
  });
});

describe('items without ids', () => {
  const call = (place: unknown, more: object = {}) => ({
    type: 'response.output_item.added',
    output_index: place,
    item: { type: 'function_call', ...more },
  });
  const calls = async (...events: readonly unknown[]) => (await readEvents(api, events)).facts.toolCalls;

  it('are told apart by the ids of their calls, or by their place', async () => {
    expect(await calls(call(0, { call_id: 'a' }), call(1, { call_id: 'a' }), call(1, { call_id: 'b' }))).toBe(2);
    expect(await calls(call(0), call(1), { ...call(1), type: 'response.output_item.done' })).toBe(2);
    expect(await calls(call('0'), call(undefined))).toBe(1);
  });

  it('or without a type are passed over', async () => {
    for (const value of [null, 7, {}, { type: null }, { id: 'a' }]) {
      const read = await readEvents(api, [{ type: 'response.output_item.added', output_index: 0, item: value }]);
      expect(read.facts).toMatchObject({ toolCalls: 0, thinkingSeen: false });
      expect(read.problems).toEqual([]);
    }
  });
});

describe('a usage', () => {
  it.each([
    [{ input_tokens: 3 }, { inputTokens: 3, outputTokens: null }],
    [{ output_tokens: 3 }, { inputTokens: null, outputTokens: 3 }],
    [{ total_tokens: 3 }, { inputTokens: null, outputTokens: null }],
  ])('with one count is one: %j', async (counts, expected) => {
    expect(onlyUsage(await readBody(api, response('completed', { usage: counts })))).toMatchObject(expected);
  });

  it('without any count is none', async () => {
    const read = await readBody(api, response('completed', { usage: { input_tokens: null, cost: 1 } }));
    expect(read.facts).toMatchObject({ parts: [], usageState: 'none', billedNanoUsd: null });
  });
});

describe('the end of a response', () => {
  it('tells what failed, and "error" where it does not say', async () => {
    const error = { code: 'server_error', message: 'made up' };
    expect((await readEvents(api, [ends('failed', { error })])).facts.errorType).toBe('server_error');
    expect((await readEvents(api, [ends('failed', { error: null })])).facts.errorType).toBe('error');
    expect((await readEvents(api, [ends('completed', { error: null })])).facts.errorType).toBeNull();
  });

  it('without a response is one', async () => {
    const read = await readEvents(api, [created, { type: 'response.completed' }]);
    expect(read.facts).toMatchObject({ complete: true, model: 'gpt-6', stopReason: null });
  });
});

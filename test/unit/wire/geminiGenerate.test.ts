import { describe, expect, it } from 'vitest';
import { onlyUsage, readBody, readEvents, readResponse } from './readResponse.ts';

const api = 'gemini-generate';
const chunk = (parts: readonly object[], usageMetadata: object | undefined, finishReason?: string) => ({
  candidates: [{ content: { parts, role: 'model' }, ...(finishReason ? { finishReason } : {}) }],
  usageMetadata,
  modelVersion: 'gemini-3-pro',
  responseId: 'r1',
});

describe('usage', () => {
  it('adds thoughts to the output and tool-use prompts to the input, and takes the cache out of the prompt', async () => {
    const usage = {
      promptTokenCount: 100,
      cachedContentTokenCount: 80,
      toolUsePromptTokenCount: 50,
      candidatesTokenCount: 7,
      thoughtsTokenCount: 33,
      totalTokenCount: 190,
      trafficType: 'ON_DEMAND_FLEX',
    };
    const read = await readBody(api, chunk([{ text: 'Hi' }], usage, 'STOP'));
    expect(onlyUsage(read)).toEqual({
      inputTokens: 70,
      cacheReadTokens: 80,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 40,
      thinkingTokens: 33,
      webSearches: 0,
      toolCalls: 0,
    });
    expect(read.facts).toMatchObject({ serviceTier: 'ON_DEMAND_FLEX', model: 'gemini-3-pro', responseId: 'r1' });
  });

  it('is cumulative, and a count that a later chunk leaves out stays', async () => {
    const read = await readEvents(api, [
      chunk([{ text: 'a' }], {
        promptTokenCount: 5,
        candidatesTokenCount: 1,
        thoughtsTokenCount: 9,
        totalTokenCount: 15,
      }),
      chunk([{ text: 'b' }], { promptTokenCount: 5, candidatesTokenCount: 4, totalTokenCount: 18 }, 'STOP'),
    ]);
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 5, outputTokens: 13, thinkingTokens: 9 });
  });

  it('counts each query of a web search once, however often chunks name it, and no fetched page', async () => {
    const usage = { promptTokenCount: 5, candidatesTokenCount: 4, totalTokenCount: 9 };
    const grounded = (...webSearchQueries: unknown[]) => ({
      candidates: [
        { groundingMetadata: { webSearchQueries, groundingChunks: [{ web: { uri: 'https://example.com' } }] } },
      ],
      usageMetadata: usage,
    });
    const read = await readEvents(api, [
      grounded('capital of France'),
      grounded('capital of France', 'Paris', '', 42),
      { candidates: [{ groundingMetadata: {}, finishReason: 'STOP' }], usageMetadata: usage },
    ]);
    expect(onlyUsage(read)?.webSearches).toBe(2);
  });

  it('is not there yet while a chunk names the traffic type alone', async () => {
    const counting = { promptTokenCount: 5, candidatesTokenCount: 4, totalTokenCount: 9, trafficType: 'ON_DEMAND' };
    const early = chunk([{ text: 'Hi' }], { trafficType: 'ON_DEMAND' });
    const cut = await readEvents(api, [early]);
    expect(cut.facts).toMatchObject({ parts: [], usageState: 'none', serviceTier: 'ON_DEMAND' });
    const whole = await readEvents(api, [early, chunk([{ text: '' }], counting, 'STOP')]);
    expect(onlyUsage(whole)).toMatchObject({ inputTokens: 5, outputTokens: 4, thinkingTokens: 0 });
  });

  it.each([
    [
      '0 where the total leaves no room',
      { promptTokenCount: 5, toolUsePromptTokenCount: 2, candidatesTokenCount: 4, totalTokenCount: 11 },
      0,
    ],
    ['unknown where the total is larger', { promptTokenCount: 5, candidatesTokenCount: 4, totalTokenCount: 30 }, null],
    ['unknown without a total', { promptTokenCount: 5, candidatesTokenCount: 4 }, null],
  ])('has unreported thinking %s', async (_, usage, thinkingTokens) => {
    const read = await readBody(api, chunk([{ text: 'Hi' }], usage, 'STOP'));
    expect(onlyUsage(read)).toMatchObject({ outputTokens: 4, thinkingTokens });
  });

  it.each([
    ['0 for a prompt that was blocked', { promptTokenCount: 5, totalTokenCount: 5 }, 0],
    ['the thoughts where they used it up', { promptTokenCount: 5, thoughtsTokenCount: 90, totalTokenCount: 95 }, 90],
    ['unknown where nothing tells', { promptTokenCount: 5 }, null],
  ])('has an output without candidates that is %s', async (_, usage, outputTokens) => {
    expect(onlyUsage(await readBody(api, chunk([], usage, 'MAX_TOKENS')))?.outputTokens).toBe(outputTokens);
  });

  it('holds the cache to the prompt', async () => {
    const usage = { promptTokenCount: 5, cachedContentTokenCount: 9, candidatesTokenCount: 1, totalTokenCount: 6 };
    const read = await readBody(api, chunk([], usage, 'STOP'));
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 0, cacheReadTokens: 5 });
    expect(read.problems.map(({ code }) => code)).toEqual(['bad-count']);
  });
});

describe('streams', () => {
  const usage = { promptTokenCount: 5, candidatesTokenCount: 2, thoughtsTokenCount: 3, totalTokenCount: 10 };
  const chunks = [
    chunk([{ text: 'Plan', thought: true }], { promptTokenCount: 5, thoughtsTokenCount: 3, totalTokenCount: 8 }),
    chunk([{ text: '[안녕] "}],{' }, { functionCall: { name: 'f', args: { a: '\\"' } } }], usage, 'STOP'),
  ];

  it('are complete with a finish reason, not before', async () => {
    expect((await readEvents(api, chunks.slice(0, 1))).facts).toMatchObject({ complete: false, usageState: 'interim' });
    const read = await readEvents(api, chunks);
    expect(read.facts).toMatchObject({ complete: true, usageState: 'final', stopReason: 'STOP', toolCalls: 1 });
    expect(read).toMatchObject({ thinking: 'Plan', visible: '[안녕] "}],{', toolArguments: '{"a":"\\\\\\""}' });
    expect(read.facts).toMatchObject({ thinkingSeen: true, thinkingHidden: true });
  });

  it('may be wrapped (Code Assist)', async () => {
    const plain = await readEvents(api, chunks);
    const wrapped = await readEvents(
      api,
      chunks.map((response) => ({ response, traceId: 't' })),
    );
    expect(wrapped.facts).toEqual(plain.facts);
  });

  it('may be one JSON array, read element by element at any cut', async () => {
    const plain = await readEvents(api, chunks);
    const bytes = Buffer.from(JSON.stringify(chunks, null, 2));
    for (let at = 0; at <= bytes.length; at++) {
      const read = await readResponse({ api }, [bytes.subarray(0, at), bytes.subarray(at)]);
      expect(read.facts).toEqual(plain.facts);
      expect(read.visible).toBe(plain.visible);
      expect(read.problems).toEqual([]);
    }
  });

  it('give each element of an array as soon as it is closed', async () => {
    const bytes = Buffer.from(JSON.stringify(chunks));
    const cut = await readResponse({ api, contentType: 'application/json' }, [
      bytes.subarray(0, bytes.indexOf('},{') + 1),
    ]);
    expect(cut.thinking).toBe('Plan');
    expect(cut.facts).toMatchObject({ complete: false, usageState: 'interim' });
    expect(cut.problems.map(({ code }) => code)).toEqual(['malformed-json']);
  });

  it('count a call whose arguments are streamed once', async () => {
    const read = await readEvents(api, [
      chunk([{ functionCall: { name: 'f', willContinue: true } }], undefined),
      chunk([{ functionCall: { partialArgs: [{ jsonPath: '$.a', stringValue: 'x' }] } }], undefined),
    ]);
    expect(read.facts.toolCalls).toBe(1);
  });

  it('end with the reason why a prompt was blocked', async () => {
    const read = await readEvents(api, [
      { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 5 } },
    ]);
    expect(read.facts).toMatchObject({ complete: true, stopReason: 'SAFETY' });
  });
});

describe('errors', () => {
  const error = { code: 429, message: 'secret prompt', status: 'RESOURCE_EXHAUSTED' };
  it.each([
    ['a body', { error }],
    ['an array', [{ error }]],
  ])('are read from %s', async (_, body) => {
    const read = await readBody(api, body, 429);
    expect(read.facts).toMatchObject({ errorType: 'RESOURCE_EXHAUSTED', complete: true, parts: [] });
  });
});

describe('what a chunk leaves out', () => {
  const all = {
    promptTokenCount: 100,
    cachedContentTokenCount: 80,
    toolUsePromptTokenCount: 50,
    candidatesTokenCount: 7,
    thoughtsTokenCount: 33,
    totalTokenCount: 190,
    serviceTier: 'flex',
  };
  it.each([
    'promptTokenCount',
    'cachedContentTokenCount',
    'toolUsePromptTokenCount',
    'candidatesTokenCount',
    'thoughtsTokenCount',
  ])('stays, but for %s', async (name) => {
    const read = await readEvents(api, [
      chunk([], all),
      { usageMetadata: { [name]: all[name as 'promptTokenCount'] } },
    ]);
    expect(onlyUsage(read)).toMatchObject({
      inputTokens: 70,
      cacheReadTokens: 80,
      outputTokens: 40,
      thinkingTokens: 33,
    });
    expect(read.facts).toMatchObject({ model: 'gemini-3-pro', responseId: 'r1', serviceTier: 'flex', errorType: null });
  });

  it('stays, also of a total', async () => {
    const counts = { promptTokenCount: 5, totalTokenCount: 9 };
    const read = await readEvents(api, [chunk([], counts), { usageMetadata: { candidatesTokenCount: 4 } }]);
    expect(onlyUsage(read)).toMatchObject({ outputTokens: 4, thinkingTokens: 0 });
  });

  it('is unknown where nobody said it', async () => {
    const read = await readBody(api, { usageMetadata: { candidatesTokenCount: 4 } });
    expect(onlyUsage(read)).toMatchObject({
      inputTokens: null,
      cacheReadTokens: 0,
      outputTokens: 4,
      thinkingTokens: null,
    });
    const tools = await readBody(api, { usageMetadata: { toolUsePromptTokenCount: 3, cachedContentTokenCount: 2 } });
    expect(onlyUsage(tools)).toMatchObject({ inputTokens: 1, cacheReadTokens: 2, outputTokens: null });
  });

  it('is taken from the total where that is the prompt of the tools', async () => {
    const counts = { promptTokenCount: 5, toolUsePromptTokenCount: 2, totalTokenCount: 7 };
    expect(onlyUsage(await readBody(api, { usageMetadata: counts }))).toMatchObject({
      outputTokens: 0,
      thinkingTokens: 0,
    });
  });

  it('names the problem of a cache that exceeds its prompt, and none where it fills it', async () => {
    const usage = (cachedContentTokenCount: number) => ({
      usageMetadata: { promptTokenCount: 5, cachedContentTokenCount },
    });
    expect((await readBody(api, usage(6))).problems).toEqual([
      { code: 'bad-count', detail: 'more cached than prompt tokens were reported' },
    ]);
    expect((await readBody(api, usage(5))).problems).toEqual([]);
  });
});

describe('parts', () => {
  it('hold code that the model ran, and calls with arguments of all kinds', async () => {
    const read = await readBody(
      api,
      chunk(
        [
          { executableCode: { code: '1+1' } },
          { functionCall: { name: 'f' } },
          { functionCall: { name: 'g', args: null, partialArgs: [1] } },
          { text: 'Hm', thought: 'yes' },
          { thought: true },
        ],
        undefined,
        'STOP',
      ),
    );
    expect(read).toMatchObject({ toolArguments: '1+1[1]', visible: 'Hm', thinking: '' });
    expect(read.facts).toMatchObject({ toolCalls: 2, thinkingSeen: true, thinkingHidden: true, usageState: 'none' });
  });

  it('are followed by a reason only when one is given', async () => {
    const read = await readEvents(api, [chunk([{ text: 'Hi' }], undefined, 'FINISH_REASON_UNSPECIFIED')]);
    expect(read.facts).toMatchObject({ complete: false, stopReason: null });
  });

  it('leave thinking that was only counted hidden', async () => {
    const usage = { promptTokenCount: 5, thoughtsTokenCount: 9, candidatesTokenCount: 1 };
    expect((await readEvents(api, [chunk([], usage)])).facts).toMatchObject({
      thinkingSeen: true,
      thinkingHidden: true,
    });
    const none = { promptTokenCount: 5, candidatesTokenCount: 1, totalTokenCount: 6 };
    expect((await readEvents(api, [chunk([], none)])).facts).toMatchObject({
      thinkingSeen: false,
      thinkingHidden: false,
    });
  });

  it('come with searches that are counted up to a thousand, told apart by their beginnings', async () => {
    const grounded = (webSearchQueries: readonly string[]) => ({
      candidates: [{ groundingMetadata: { webSearchQueries } }],
      usageMetadata: { promptTokenCount: 1 },
    });
    const searches = async (...queries: string[]) => onlyUsage(await readEvents(api, [grounded(queries)]))?.webSearches;
    expect(await searches(...Array.from({ length: 1_001 }, (_, index) => `q${index}`))).toBe(1_000);
    const long = 'x'.repeat(512);
    expect(await searches(`${long}a`, `${long}b`)).toBe(1);
    expect(await searches(`${long.slice(1)}a`, `${long.slice(1)}b`)).toBe(2);
  });
});

describe('an end', () => {
  it('may be [DONE], which settles the usage', async () => {
    const read = await readEvents(api, [chunk([{ text: 'Hi' }], { promptTokenCount: 5 }), '[DONE]']);
    expect(read.facts).toMatchObject({ complete: true, usageState: 'final' });
  });

  it('may be an error inside a wrapped response, or one without a word', async () => {
    expect((await readEvents(api, [{ response: { error: { code: 429, status: 'X' } } }])).facts.errorType).toBe('X');
    expect((await readEvents(api, [{ error: { code: 429, status: '' } }])).facts.errorType).toBe('429');
    expect((await readEvents(api, [{ error: 'secret' }])).facts.errorType).toBe('error');
  });
});

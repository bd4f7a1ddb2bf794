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

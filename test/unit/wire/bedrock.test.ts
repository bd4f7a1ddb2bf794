import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ApiKind } from '../../../src/domain/api.ts';
import { createResponseReader } from '../../../src/wire/responseReader.ts';
import { bedrockEvent, bedrockException, invokeChunk } from './awsMessages.ts';
import { cutAt, onlyUsage, type ReadResponse, readBody, readResponse } from './readResponse.ts';

const contentType = 'application/vnd.amazon.eventstream';
const readStream = (api: ApiKind, bytes: Uint8Array, offsets: readonly number[] = []) =>
  readResponse({ api, contentType }, cutAt(bytes, offsets));
const outcome = ({ facts, visible, thinking, toolArguments, problems }: ReadResponse) =>
  JSON.stringify({ facts, visible, thinking, toolArguments, problems });

const usage = {
  inputTokens: 12,
  outputTokens: 80,
  totalTokens: 1124,
  cacheReadInputTokens: 1000,
  cacheWriteInputTokens: 32,
};
const converseStream = Buffer.concat([
  bedrockEvent('messageStart', { role: 'assistant', p: 'abc' }),
  bedrockEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { text: 'Let me think.' } } }),
  bedrockEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { signature: 'c2ln' } } }),
  bedrockEvent('contentBlockStop', { contentBlockIndex: 0 }),
  bedrockEvent('contentBlockDelta', { contentBlockIndex: 1, delta: { text: 'Grüße ' } }),
  bedrockEvent('contentBlockDelta', { contentBlockIndex: 1, delta: { text: '👋' } }),
  bedrockEvent('contentBlockStart', { contentBlockIndex: 2, start: { toolUse: { toolUseId: 't1', name: 'weather' } } }),
  bedrockEvent('contentBlockDelta', { contentBlockIndex: 2, delta: { toolUse: { input: '{"city":"Tokyo"}' } } }),
  bedrockEvent('messageStop', { stopReason: 'tool_use' }),
  bedrockEvent('metadata', {
    usage: {
      ...usage,
      cacheDetails: [
        { ttl: '1h', inputTokens: 30 },
        { ttl: '5m', inputTokens: 2 },
      ],
    },
    metrics: { latencyMs: 5 },
    serviceTier: { type: 'flex' },
  }),
]);

describe('ConverseStream', () => {
  it('gives text, thinking, tool calls and the usage, with cache writes by their lifetime', async () => {
    const read = await readStream('bedrock-converse', converseStream);
    expect(read.problems).toEqual([]);
    expect(read).toMatchObject({
      visible: 'Grüße 👋',
      thinking: 'Let me think.',
      toolArguments: '{"city":"Tokyo"}',
      facts: {
        model: null,
        complete: true,
        usageState: 'final',
        stopReason: 'tool_use',
        serviceTier: 'flex',
        toolCalls: 1,
      },
    });
    expect(onlyUsage(read)).toEqual({
      inputTokens: 12,
      cacheReadTokens: 1000,
      cacheWrite5mTokens: 2,
      cacheWrite1hTokens: 30,
      outputTokens: 80,
      thinkingTokens: null,
      webSearches: 0,
      toolCalls: 1,
    });
  });

  it('gives the same at every cut', async () => {
    const expected = outcome(await readStream('bedrock-converse', converseStream));
    for (let at = 1; at < converseStream.length; at++)
      if (outcome(await readStream('bedrock-converse', converseStream, [at])) !== expected)
        expect.fail(`differs when cut at ${at}`);
    const bytes = [...converseStream].map((_, at) => at).slice(1);
    expect(outcome(await readStream('bedrock-converse', converseStream, bytes))).toBe(expected);
  });

  it('without thinking has none of it', async () => {
    const read = await readStream('bedrock-converse', bedrockEvent('metadata', { usage }));
    expect(onlyUsage(read)).toMatchObject({ thinkingTokens: 0, cacheWrite5mTokens: 32, cacheWrite1hTokens: 0 });
  });

  it('keeps redacted thinking apart from none', async () => {
    const redacted = { delta: { reasoningContent: { redactedContent: 'AAAA' } } };
    const bytes = [bedrockEvent('contentBlockDelta', redacted), bedrockEvent('metadata', { usage })];
    const read = await readStream('bedrock-converse', Buffer.concat(bytes));
    expect(read.facts).toMatchObject({ thinkingSeen: true, thinkingHidden: true });
    expect(onlyUsage(read)?.thinkingTokens).toBeNull();
  });

  it('names an exception in the stream and never its message', async () => {
    const start = bedrockEvent('contentBlockDelta', { delta: { text: 'Hel' } });
    const exception = bedrockException('throttlingException', 'secret prompt');
    const read = await readStream('bedrock-converse', Buffer.concat([start, exception]));
    expect(read.facts).toMatchObject({ errorType: 'throttlingException', complete: false, usageState: 'none' });
    expect(outcome(read)).not.toContain('secret');
  });

  it('reports a wrong checksum and keeps what it guarded out', async () => {
    const bytes = Buffer.from(converseStream);
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] as number) ^ 1;
    const read = await readStream('bedrock-converse', bytes);
    expect(read.problems.map(({ code }) => code)).toEqual(['malformed-event']);
    expect(read.facts).toMatchObject({ usageState: 'none', complete: false, stopReason: 'tool_use' });
  });

  it('reports counts that are none', async () => {
    const read = await readStream(
      'bedrock-converse',
      bedrockEvent('metadata', { usage: { inputTokens: -1, outputTokens: 1.5 } }),
    );
    expect(read.problems.map(({ code }) => code)).toEqual(['bad-count', 'bad-count']);
    expect(onlyUsage(read)).toMatchObject({ inputTokens: null, outputTokens: null });
  });

  it('reports events that are no objects or have no type', async () => {
    const bytes = [bedrockEvent('metadata', [1]), bedrockEvent('metadata', 'x'), converseStream];
    const read = await readStream('bedrock-converse', Buffer.concat(bytes));
    expect(read.problems.map(({ code }) => code)).toEqual(['unexpected-shape']);
    expect(read.facts.usageState).toBe('final');
  });
});

describe('Converse', () => {
  it('reads thinking, text and tools of a body', async () => {
    const content = [
      { reasoningContent: { reasoningText: { text: 'Hm.', signature: 's' } } },
      { text: 'Yes.' },
      { toolUse: { toolUseId: 't', name: 'f', input: { a: 1 } } },
    ];
    const body = { output: { message: { role: 'assistant', content } }, stopReason: 'tool_use', usage };
    const read = await readBody('bedrock-converse', body);
    expect(read).toMatchObject({ thinking: 'Hm.', visible: 'Yes.', toolArguments: '{"a":1}', problems: [] });
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 12, outputTokens: 80, thinkingTokens: null, toolCalls: 1 });
  });

  it.each([
    [{ __type: 'com.amazon.coral.service#AccessDeniedException', Message: 'secret' }, 'AccessDeniedException'],
    [{ message: 'The security token is invalid: secret' }, 'error'],
  ])('names the error of %j', async (body, errorType) => {
    const read = await readBody('bedrock-converse', body, 403);
    expect(read.facts).toMatchObject({ errorType, usageState: 'none' });
  });
});

const claude = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5-20250929' };
const invokeStream = Buffer.concat([
  invokeChunk({
    type: 'message_start',
    message: {
      ...claude,
      content: [],
      usage: { input_tokens: 7, cache_read_input_tokens: 14486, cache_creation_input_tokens: 2238, output_tokens: 1 },
    },
  }),
  invokeChunk({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  invokeChunk({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'こんにちは' } }),
  invokeChunk({ type: 'content_block_stop', index: 0 }),
  invokeChunk({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 126 } }),
  invokeChunk({
    type: 'message_stop',
    'amazon-bedrock-invocationMetrics': {
      inputTokenCount: 7,
      outputTokenCount: 126,
      invocationLatency: 4069,
      firstByteLatency: 1117,
      cacheReadInputTokenCount: 14486,
      cacheWriteInputTokenCount: 2238,
    },
  }),
]);
const claudeUsage = {
  inputTokens: 7,
  cacheReadTokens: 14486,
  cacheWrite5mTokens: 2238,
  cacheWrite1hTokens: 0,
  outputTokens: 126,
  thinkingTokens: 0,
};

describe('InvokeModelWithResponseStream', () => {
  it("reads Anthropic's events out of their base64, at every cut", async () => {
    const whole = await readStream('bedrock-invoke', invokeStream);
    expect(whole).toMatchObject({ visible: 'こんにちは', problems: [] });
    expect(whole.facts).toMatchObject({
      responseId: 'msg_1',
      complete: true,
      usageState: 'final',
      stopReason: 'end_turn',
    });
    expect(onlyUsage(whole)).toMatchObject(claudeUsage);
    for (let at = 1; at < invokeStream.length; at++)
      if (outcome(await readStream('bedrock-invoke', invokeStream, [at])) !== outcome(whole))
        expect.fail(`differs when cut at ${at}`);
  });

  it.each([
    ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', null],
    ['arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0', null],
    ['arn:aws:bedrock:us-east-1:1:application-inference-profile/abc', 'claude-sonnet-4-5-20250929'],
    [null, 'claude-sonnet-4-5-20250929'],
  ])('lets the path name the model where %s does', async (pathModel, model) => {
    const sink = { onText: () => undefined, onFacts: () => undefined, onProblem: () => undefined };
    const options = { api: 'bedrock-invoke', contentType, contentEncoding: null, httpStatus: 200, pathModel } as const;
    const reader = createResponseReader({ ...options, sink });
    reader.push(invokeStream);
    expect((await reader.end()).model).toBe(model);
  });

  it('takes the metrics of a model whose own format is not read', async () => {
    const metrics = { inputTokenCount: 5, outputTokenCount: 9 };
    const chunks = [
      invokeChunk({ generation: 'Hi' }),
      invokeChunk({ generation: '', 'amazon-bedrock-invocationMetrics': metrics }),
    ];
    const read = await readStream('bedrock-invoke', Buffer.concat(chunks));
    expect(read.facts).toMatchObject({ complete: true, usageState: 'final' });
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 5, cacheReadTokens: 0, outputTokens: 9 });
  });

  it("reads Amazon's and OpenAI's formats too", async () => {
    const nova = [
      invokeChunk({ contentBlockDelta: { delta: { text: 'Nova' } } }),
      invokeChunk({ messageStop: { stopReason: 'end_turn' } }),
      invokeChunk({ metadata: { usage: { inputTokens: 3, outputTokens: 4 } } }),
    ];
    const ofNova = await readStream('bedrock-invoke', Buffer.concat(nova));
    expect(ofNova).toMatchObject({ visible: 'Nova', facts: { usageState: 'final', stopReason: 'end_turn' } });
    expect(onlyUsage(ofNova)).toMatchObject({ inputTokens: 3, outputTokens: 4 });
    const metrics = { inputTokenCount: 5, outputTokenCount: 9 };
    const chat = [
      invokeChunk({ choices: [{ index: 0, delta: { content: 'gpt' } }] }),
      invokeChunk({
        choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
        'amazon-bedrock-invocationMetrics': metrics,
      }),
    ];
    const ofChat = await readStream('bedrock-invoke', Buffer.concat(chat));
    expect(ofChat).toMatchObject({ visible: 'gpt', facts: { complete: true, stopReason: 'stop' } });
    expect(onlyUsage(ofChat)).toMatchObject({ inputTokens: 5, outputTokens: 9 });
  });

  it('reports chunks that hold no JSON and goes on', async () => {
    const broken = bedrockEvent('chunk', { bytes: Buffer.from('{"type":').toString('base64') });
    const read = await readStream('bedrock-invoke', Buffer.concat([broken, bedrockEvent('chunk', {}), invokeStream]));
    expect(read.problems.map(({ code }) => code)).toEqual(['malformed-json']);
    expect(onlyUsage(read)).toMatchObject(claudeUsage);
  });

  it('names exceptions, of the stream and of Anthropic', async () => {
    const thrown = await readStream('bedrock-invoke', bedrockException('modelStreamErrorException', 'secret'));
    expect(thrown.facts.errorType).toBe('modelStreamErrorException');
    const sent = invokeChunk({ type: 'error', error: { type: 'overloaded_error', message: 'secret' } });
    expect((await readStream('bedrock-invoke', sent)).facts.errorType).toBe('overloaded_error');
  });
});

describe('InvokeModel', () => {
  it('reads a body of Anthropic, recorded elsewhere', async () => {
    const file = new URL(
      '../../fixtures/recordings/anthropic/anthropic_cache_real_api.1.response.json',
      import.meta.url,
    );
    const read = await readBody('bedrock-invoke', readFileSync(file, 'utf8'));
    expect(onlyUsage(read)).toMatchObject({
      inputTokens: 3,
      cacheReadTokens: 1111,
      cacheWrite5mTokens: 418,
      outputTokens: 33,
    });
  });

  it('names the error of a refusal', async () => {
    const read = await readBody('bedrock-invoke', { message: 'You must enable the model: secret' }, 403);
    expect(read.facts).toMatchObject({ errorType: 'error', parts: [] });
  });
});

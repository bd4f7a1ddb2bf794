import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ApiKind } from '../../../src/domain/api.ts';
import { createResponseReader } from '../../../src/wire/responseReader.ts';
import { awsMessage, bedrockEvent, bedrockException, invokeChunk } from './awsMessages.ts';
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

  it("reads Nova's cache in the spelling of InvokeModel, and counts it once where it comes in both", async () => {
    const cache = { cacheReadInputTokenCount: 100, cacheWriteInputTokenCount: 7 };
    const expected = { inputTokens: 3, cacheReadTokens: 100, cacheWrite5mTokens: 7, outputTokens: 4 };
    const counts = { inputTokens: 3, outputTokens: 4, totalTokens: 114, ...cache };
    const streamed = await readStream('bedrock-invoke', invokeChunk({ metadata: { usage: counts } }));
    expect(onlyUsage(streamed)).toMatchObject(expected);
    const both = { ...counts, cacheReadInputTokens: 100, cacheWriteInputTokens: 7 };
    for (const [api, of] of [
      ['bedrock-invoke', counts],
      ['bedrock-converse', both],
    ] as const)
      expect(onlyUsage(await readBody(api, { output: { message: { content: [] } }, usage: of }))).toMatchObject(
        expected,
      );
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

describe('what Bedrock says in other ways', () => {
  it('a tool that Bedrock runs itself is no call of the client', async () => {
    const start = (toolUse: object) => bedrockEvent('contentBlockStart', { start: { toolUse } });
    const bytes = [start({ name: 'search', type: 'server_tool_use' }), start({ input: '{}' }), start({ name: 'f' })];
    const read = await readStream('bedrock-converse', Buffer.concat(bytes));
    expect(read.facts.toolCalls).toBe(1);
    expect(read.toolArguments).toBe('{}');
  });

  it('arguments of null are none', async () => {
    const content = [{ toolUse: { name: 'f', input: null } }, { toolUse: { name: 'g' } }];
    const read = await readBody('bedrock-converse', { output: { message: { content } }, usage });
    expect(read.toolArguments).toBe('');
    expect(onlyUsage(read)?.toolCalls).toBe(2);
  });

  it('thinking that is shown is not hidden', async () => {
    const content = [{ reasoningContent: { reasoningText: { text: 'Hm.' } } }];
    const read = await readBody('bedrock-converse', { output: { message: { content } } });
    expect(read.facts).toMatchObject({ thinkingSeen: true, thinkingHidden: false, usageState: 'none', complete: true });
  });

  it.each([
    [{ performanceConfig: { latency: 'optimized' } }, { speed: 'optimized', serviceTier: null }],
    [{ performanceConfig: { latency: 'standard' } }, { speed: null, serviceTier: null }],
    [{ serviceTier: { type: 'priority' } }, { speed: null, serviceTier: 'priority' }],
  ])('%j is %j', async (more, facts) => {
    expect((await readBody('bedrock-converse', { ...more, usage })).facts).toMatchObject(facts);
  });

  it('what was told stays when a later event leaves it out', async () => {
    const bytes = [
      bedrockEvent('messageStop', { stopReason: 'end_turn' }),
      bedrockEvent('metadata', { usage, serviceTier: { type: 'flex' } }),
      bedrockEvent('messageStop', {}),
      bedrockEvent('metadata', {}),
    ];
    const read = await readStream('bedrock-converse', Buffer.concat(bytes));
    expect(read.facts).toMatchObject({ stopReason: 'end_turn', serviceTier: 'flex', usageState: 'final' });
    expect(onlyUsage(read)?.outputTokens).toBe(80);
  });

  it('a stream as text may end with [DONE]', async () => {
    const events = ['data: {"metadata":{}}', 'data: [DONE]', ''].join('\n\n');
    const read = await readResponse({ api: 'bedrock-converse', contentType: 'text/event-stream' }, [
      Buffer.from(events),
    ]);
    expect(read.facts).toMatchObject({ complete: true, usageState: 'none' });
    const invoked = await readResponse({ api: 'bedrock-invoke', contentType: 'text/event-stream' }, [
      Buffer.from(events),
    ]);
    expect(invoked.facts).toMatchObject({ complete: true, usageState: 'none' });
  });

  it('cache that is kept for an hour is no more than was written', async () => {
    const cacheDetails = [{ ttl: '1h', inputTokens: 30 }, { ttl: '1h', inputTokens: 30 }, { ttl: '1h' }, 7];
    const read = await readBody('bedrock-converse', { usage: { ...usage, cacheDetails } });
    expect(onlyUsage(read)).toMatchObject({ cacheWrite5mTokens: 0, cacheWrite1hTokens: 32, webSearches: 0 });
    expect(read.problems).toEqual([]);
  });

  it.each([
    [
      'an event that is no object',
      bedrockEvent('metadata', [1]),
      'unexpected-shape',
      'an event of the stream is no object',
    ],
    [
      'an event that is no JSON',
      awsMessage({ ':event-type': 'metadata', ':message-type': 'event' }, '{'),
      'malformed-json',
      'an event of the stream is no JSON',
    ],
    ['a message without a type', awsMessage({}, '{}'), 'malformed-event', 'a message of the stream has no type'],
  ])('%s is reported in words', async (_, bytes, code, detail) => {
    expect((await readStream('bedrock-converse', bytes)).problems).toEqual([{ code, detail }]);
  });

  it.each([
    [{ ':message-type': 'error', ':error-code': 'internalFailure' }, 'internalFailure'],
    [{ ':message-type': 'exception' }, 'error'],
  ])('a message with %j is the error %s', async (headers, errorType) => {
    expect((await readStream('bedrock-converse', awsMessage(headers, '{}'))).facts.errorType).toBe(errorType);
  });

  it('no error leaves one that was told', async () => {
    const bytes = [bedrockException('throttlingException', 'x'), bedrockEvent('messageStop', {})];
    expect((await readStream('bedrock-converse', Buffer.concat(bytes))).facts.errorType).toBe('throttlingException');
  });
});

describe('what an invoked model says in other ways', () => {
  it.each([
    ['no object', invokeChunk([1]), 'unexpected-shape'],
    ['no JSON', bedrockEvent('chunk', { bytes: 'e30' + 'h' }), 'malformed-json'],
    ['nothing', bedrockEvent('chunk', {}), 'malformed-json'],
  ])('a chunk with %s is reported in words', async (_, bytes, code) => {
    expect((await readStream('bedrock-invoke', bytes)).problems).toEqual([
      { code, detail: 'a chunk of the stream holds no object' },
    ]);
  });

  it('an event that is no chunk is passed over', async () => {
    expect(await readStream('bedrock-invoke', bedrockEvent('news', {}))).toMatchObject({
      problems: [],
      factsCalls: [],
    });
  });

  it('metrics have the cache apart, and thinking unknown where it was seen', async () => {
    const metrics = {
      inputTokenCount: 5,
      outputTokenCount: 9,
      cacheReadInputTokenCount: 3,
      cacheWriteInputTokenCount: 2,
    };
    const thinking = { contentBlockDelta: { delta: { reasoningContent: { text: 'Hm' } } } };
    const last = invokeChunk({ generation: '', 'amazon-bedrock-invocationMetrics': metrics });
    expect(onlyUsage(await readStream('bedrock-invoke', last))).toEqual({
      inputTokens: 5,
      cacheReadTokens: 3,
      cacheWrite5mTokens: 2,
      cacheWrite1hTokens: 0,
      outputTokens: 9,
      thinkingTokens: 0,
      webSearches: 0,
      toolCalls: 0,
    });
    const thought = await readStream('bedrock-invoke', Buffer.concat([invokeChunk(thinking), last]));
    expect(onlyUsage(thought)?.thinkingTokens).toBeNull();
  });

  it.each(['messageStart', 'contentBlockStart', 'contentBlockDelta', 'messageStop', 'metadata'])(
    'an event called %s is Amazon’s',
    async (name) => {
      const inner = {
        delta: { text: 'a' },
        start: { text: 'b' },
        stopReason: 'end',
        usage: { inputTokens: 1, outputTokens: 1 },
      };
      const read = await readStream('bedrock-invoke', invokeChunk({ [name]: inner }));
      const told = {
        messageStart: false,
        contentBlockStart: true,
        contentBlockDelta: true,
        messageStop: true,
        metadata: true,
      };
      expect(read.factsCalls.length + read.textCalls > 0).toBe(told[name as keyof typeof told]);
    },
  );

  it('a body of Amazon’s, of Chat and of nobody’s format is complete', async () => {
    const amazon = await readBody('bedrock-invoke', { output: { message: { content: [{ text: 'Nova' }] } }, usage });
    expect(amazon).toMatchObject({ visible: 'Nova', facts: { complete: true, usageState: 'final' } });
    const chat = await readBody('bedrock-invoke', { choices: [{ message: { content: 'gpt' } }] });
    expect(chat).toMatchObject({ visible: 'gpt', facts: { complete: true } });
    const other = await readBody('bedrock-invoke', { generation: 'llama' });
    expect(other).toMatchObject({ visible: '', facts: { complete: true, parts: [], errorType: null } });
    const refused = await readBody('bedrock-invoke', { __type: 'x#ValidationException' });
    expect(refused.facts.errorType).toBe('ValidationException');
  });

  it.each([
    'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-x',
    'ARN:aws:bedrock:x:1:INFERENCE-PROFILE/y',
    'my-arn:x',
  ])('the path names the model where it is %s', async (pathModel) => {
    const sink = { onText: () => undefined, onFacts: () => undefined, onProblem: () => undefined };
    const reader = createResponseReader({
      api: 'bedrock-invoke',
      contentType,
      contentEncoding: null,
      httpStatus: 200,
      pathModel,
      sink,
    });
    reader.push(invokeStream);
    expect((await reader.end()).model).toBeNull();
  });
});

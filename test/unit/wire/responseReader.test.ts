import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type ApiKind, apiKinds } from '../../../src/domain/api.ts';
import type { ResponseFacts } from '../../../src/wire/contract.ts';
import { createResponseReader } from '../../../src/wire/responseReader.ts';
import { bedrockEvent } from './awsMessages.ts';
import {
  cutAt,
  eventStream,
  onlyUsage,
  type ReadResponse,
  readBody,
  readEvents,
  readResponse,
} from './readResponse.ts';

const apis = apiKinds;
const say = (content: string) => ({ choices: [{ index: 0, delta: { content } }] });
const codes = (read: ReadResponse) => read.problems.map(({ code }) => code);
const outcome = ({ facts, visible, thinking, toolArguments, problems }: ReadResponse) =>
  JSON.stringify({ facts, visible, thinking, toolArguments, problems });

/** Reads a raw event stream whose data are numbers, given as the text of Chat chunks so that each one that is dispatched shows. */
function readStream(stream: string | Uint8Array): Promise<ReadResponse> {
  return readResponse({ api: 'openai-chat', contentType: 'text/event-stream' }, [Buffer.from(stream)]);
}
const data = (content: string) => `data:${JSON.stringify(say(content))}`;

describe('event streams, as the web platform tests have them', () => {
  it.each([
    ['a leading byte order mark is dropped', `\uFEFF${data('1')}\n\n`, '1'],
    ['only one is: with two the first field is unknown', `\uFEFF\uFEFF${data('1')}\n\n${data('2')}\n\n`, '2'],
    ['a later one makes an unknown field', `${data('1')}\n\n\uFEFF${data('2')}\n\n${data('3')}\n\n`, '13'],
    ['lines end with CR, LF or CRLF', `${data('1')}\r\r${data('2')}\n\n${data('3')}\r\n\r\n`, '123'],
    ['comments are skipped', `: OPENROUTER PROCESSING\n\n:\r${data('1')}\n:x\n\n`, '1'],
    ['data on several lines is joined', 'data:{"choices":[{"delta":\ndata:{"content":"1"}}]}\n\n', '1'],
    ['without a final empty line nothing is dispatched', `${data('1')}\n\n${data('2')}\n`, '1'],
    ['unknown fields, ids and retries are ignored', `id: 1\nretry: x\nfoo: bar\nDATA: 2\n${data('1')}\n\n`, '1'],
    ['an event name does not matter', `event: \n${data('1')}\n\nevent: x\n${data('2')}\n\n`, '12'],
    ['one space after the colon is dropped', `data: ${JSON.stringify(say('1'))}\n\n`, '1'],
    ['U+2028, U+2029 and U+0085 end no line', `${data('a\u2028b\u2029c\u0085d')}\n\n`, 'a\u2028b\u2029c\u0085d'],
    ['empty data is no event', `data:\n\ndata\n\n${data('1')}\n\n`, '1'],
  ])('%s', async (_, stream, visible) => {
    const read = await readStream(stream);
    expect(read.visible).toBe(visible);
    expect(read.problems).toEqual([]);
  });
});

describe('what a body is', () => {
  const error = JSON.stringify({ error: { type: 'overloaded_error' } });
  it.each([
    ['JSON labelled as an event stream', 'text/event-stream', error, 'overloaded_error'],
    ['JSON without a label', null, ` \n\t${error}`, 'overloaded_error'],
    ['JSON behind a byte order mark', 'application/json', `\uFEFF${error}`, 'overloaded_error'],
    ['an event stream labelled as JSON', 'application/json', `data: ${error}\n\n`, 'overloaded_error'],
    ['an event stream without a label', null, `event: error\ndata: ${error}\n\n`, 'overloaded_error'],
    [
      'an event stream that starts with an unknown field',
      'text/event-stream',
      `x: y\ndata: ${error}\n\n`,
      'overloaded_error',
    ],
  ])('%s is read', async (_, contentType, body, errorType) => {
    const read = await readResponse({ api: 'openai-chat', contentType, httpStatus: 529 }, [Buffer.from(body)]);
    expect(read.facts.errorType).toBe(errorType);
    expect(read.problems).toEqual([]);
  });

  it.each([
    ['an error page', 'text/html', '<html>Bad gateway</html>', 'malformed-json'],
    ['an error page on a stream', 'text/event-stream', '<html>Bad gateway</html>', 'malformed-event'],
    ['JSON that was cut', 'application/json', '{"model":"m","usage":{"prompt_tokens":1', 'malformed-json'],
    ['a number', 'application/json', '42', 'malformed-json'],
    ['a list of numbers', 'application/json', '[1,2]', 'unexpected-shape'],
    ['an event that is no JSON', 'text/event-stream', 'data: hello\n\n', 'malformed-json'],
    ['an event that is no object', 'text/event-stream', 'data: 42\n\n', 'unexpected-shape'],
  ])('%s is one problem and nothing else', async (_, contentType, body, code) => {
    for (const api of apis.slice(0, 3)) {
      const read = await readResponse({ api, contentType, httpStatus: 502 }, [Buffer.from(body)]);
      expect(codes(read)).toEqual([code]);
      expect(read.facts).toMatchObject({
        parts: [],
        errorType: null,
        complete: contentType === 'application/json' && code === 'unexpected-shape' ? read.facts.complete : false,
      });
    }
  });

  it.each([
    [{ detail: 'Not found: secret prompt' }, 'error'],
    [{ type: 'not_found', message: 'secret prompt' }, 'not_found'],
  ])('that is an error by its status is one whatever its shape: %j', async (body, errorType) => {
    for (const api of apis) expect((await readBody(api, body, 404)).facts).toMatchObject({ errorType, parts: [] });
  });

  it.each([' ', '\uFEFF', '\n\n', ''])('is seen behind a first piece %j', async (blank) => {
    const json = await readResponse(
      { api: 'openai-chat' },
      [blank, '{"model":"m"}'].map((piece) => Buffer.from(piece)),
    );
    expect(json).toMatchObject({ facts: { model: 'm', complete: true }, problems: [] });
  });

  it('is binary by its first byte, even behind an empty piece', async () => {
    const frame = bedrockEvent('messageStop', { stopReason: 'end_turn' });
    const read = await readResponse({ api: 'bedrock-converse' }, [Buffer.alloc(0), frame]);
    expect(read).toMatchObject({ facts: { stopReason: 'end_turn' }, problems: [] });
  });

  it('is not complete for an array that closes where no array was asked for', async () => {
    expect((await readBody('openai-chat', '[]')).facts.complete).toBe(false);
    expect((await readBody('gemini-generate', '[]')).facts.complete).toBe(true);
  });

  it.each([
    ['an array that was closed', '[{"model":"m"}]', []],
    ['a page', '<html>', ['malformed-json']],
  ])('is decoded no further behind %s', async (_, body, expected) => {
    const bytes = gzipSync(Buffer.from(body)).subarray(0, -4);
    expect(codes(await readResponse({ api: 'openai-chat', contentEncoding: 'gzip' }, [bytes]))).toEqual(expected);
    const apart = [...gzipSync(Buffer.from(body))].map((byte) => Uint8Array.of(byte));
    const broken = [...apart, Buffer.from('and no gzip')];
    expect(codes(await readResponse({ api: 'openai-chat', contentEncoding: 'gzip' }, broken))).toEqual(expected);
  });

  it('is read up to the half of a letter that it was cut in', async () => {
    const bytes = Buffer.concat([Buffer.from('{"model":"m"}\n'), Buffer.of(0xc3)]);
    const read = await readResponse({ api: 'ollama-native' }, [bytes]);
    expect(read.facts.model).toBe('m');
    expect(codes(read)).toEqual(['malformed-json']);
  });

  it('that is empty says nothing', async () => {
    for (const contentEncoding of [null, 'gzip']) {
      const read = await readResponse({ api: 'openai-chat', contentEncoding }, [Buffer.alloc(0)]);
      expect(read.problems).toEqual([]);
      expect(read.factsCalls).toEqual([]);
    }
  });

  it('goes on after an event that is no JSON', async () => {
    const read = await readEvents('openai-chat', ['{"choices":', say('Hi'), '{"choices":', '[DONE]']);
    expect(read.visible).toBe('Hi');
    expect(read.facts.complete).toBe(true);
    expect(codes(read)).toEqual(['malformed-json']);
  });
});

describe('a problem', () => {
  it.each([
    ['application/json', '42', 'malformed-json', 'the body is neither JSON nor an event stream'],
    ['application/json', '{', 'malformed-json', 'the body is no JSON or was cut'],
    ['application/json', '[7]', 'unexpected-shape', 'an element of the body is no object'],
    ['text/event-stream', 'x\n\n', 'malformed-event', 'the stream held no event'],
    ['text/event-stream', 'data: x\n\n', 'malformed-json', 'an event of the stream is no JSON'],
    ['text/event-stream', 'data: [{}]\n\n', 'unexpected-shape', 'an event of the stream is no object'],
    ['text/event-stream', 'data: [{"error":1},{}]\n\n', 'unexpected-shape', 'an event of the stream is no object'],
  ])('of %s with %j is said in words', async (contentType, body, code, detail) => {
    const read = await readResponse({ api: 'openai-chat', contentType }, [Buffer.from(body)]);
    expect(read.problems).toEqual([{ code, detail }]);
  });

  it('is not that a stream held comments alone, or only blank data', async () => {
    for (const stream of [': hello\n\n', 'data: \n\ndata:  \n\n: x\n\n']) {
      const read = await readStream(stream);
      expect(read.problems).toEqual([]);
      expect(read.factsCalls).toEqual([]);
    }
  });

  it('of the encoding is the only one of a body that it cut', async () => {
    const bytes = gzipSync(Buffer.from('{"model":"m","usage":{"prompt_tokens":1'));
    const read = await readResponse({ api: 'openai-chat', contentEncoding: 'gzip' }, [bytes.subarray(0, -4)]);
    expect(read.problems).toEqual([{ code: 'bad-encoding', detail: 'the compressed body is corrupt or was cut' }]);
  });
});

describe('an event stream', () => {
  it.each([
    [' text/event-stream; charset=utf-8', 'x: y'],
    ['TEXT/EVENT-STREAM', 'x: y'],
    [null, 'data: {}\n\ndata'],
    [null, 'event: x\n'],
    [null, 'id: x\n'],
    [null, 'retry: 1\n'],
    [null, ': comment\n'],
  ])('is known by its label %j or its beginning %j', async (contentType, beginning) => {
    const stream = `${beginning}\n\n${data('1')}\n\n`;
    expect((await readResponse({ api: 'openai-chat', contentType }, [Buffer.from(stream)])).visible).toBe('1');
  });

  it.each(['text/event-streams', 'x-text/event-stream', null])('is none by the label %j', async (contentType) => {
    const read = await readResponse({ api: 'openai-chat', contentType }, [Buffer.from(`x: y\n\n${data('1')}\n\n`)]);
    expect(read.visible).toBe('');
  });

  it('may begin with blanks, and with more of them than are kept', async () => {
    const blanks = Buffer.from('\n'.repeat(3_000));
    const options = { api: 'openai-chat', contentType: 'text/event-stream' } as const;
    const read = await readResponse(options, [blanks, blanks, blanks, Buffer.from(`${data('1')}\n\n`)]);
    expect(read).toMatchObject({ visible: '1', problems: [] });
  });

  it.each(['  data: {}', '\uFEFF\uFEFFdata: {}', '\n', '\uFEFF', ' '])(
    'is the same however its beginning %j is cut',
    async (beginning) => {
      const bytes = Buffer.from(`${beginning}${data('1')}\n\n${data('2')}\n\n`);
      const whole = outcome(await readResponse({ api: 'openai-chat' }, [bytes]));
      for (const at of [1, 2, 3, 6])
        expect(outcome(await readResponse({ api: 'openai-chat' }, cutAt(bytes, [at])))).toBe(whole);
    },
  );

  it('is read in UTF-8, cut inside a character, up to its last byte', async () => {
    const bytes = Buffer.from(`${data('é')}\n\n`);
    const read = await readResponse({ api: 'openai-chat' }, cutAt(bytes, [bytes.indexOf(0xc3) + 1]));
    expect(read.visible).toBe('é');
  });

  it.each(['', '\n', '\r', '\r\n'])(
    'tells what its last event reports, and no text of it, where it ends in %j',
    async (end) => {
      const usage = { prompt_tokens: 4, completion_tokens: 3 };
      const last = { choices: [{ index: 0, delta: { content: '2' }, finish_reason: 'stop' }], usage };
      const bytes = Buffer.from(`${data('1')}\n\ndata: ${JSON.stringify(last)}${end}`);
      for (const offsets of [[], [...bytes.keys()].slice(1)]) {
        const read = await readResponse({ api: 'openai-chat' }, cutAt(bytes, offsets));
        expect(read).toMatchObject({ visible: '1', problems: [], facts: { usageState: 'final', complete: false } });
        expect(onlyUsage(read)).toMatchObject({ inputTokens: 4, outputTokens: 3 });
      }
    },
  );

  it('is complete with a last line that says so, though no empty line follows', async () => {
    expect((await readStream(`${data('1')}\n\ndata: [DONE]`)).facts.complete).toBe(true);
    expect((await readStream('event: x\ndata: [DONE]')).problems).toEqual([]);
  });

  it('takes nothing from a last event that was cut inside', async () => {
    const usage = '{"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":3}}';
    for (const cut of [usage.slice(0, -1), '[DON', '7', '', `${usage}\ndata: x`]) {
      const read = await readStream(`${data('1')}\n\ndata: ${cut}`);
      expect(read).toMatchObject({ visible: '1', problems: [], facts: { parts: [], complete: false } });
    }
  });

  it('gives an error that Google wraps in an array', async () => {
    const read = await readEvents('gemini-generate', [[{ error: { status: 'X' } }]]);
    expect(read).toMatchObject({ facts: { errorType: 'X' }, problems: [] });
  });
});

describe('an error that has no shape of its own', () => {
  it('is one from 400 on, and does not replace what the API said', async () => {
    expect((await readBody('openai-chat', { detail: 'x' }, 400)).facts.errorType).toBe('error');
    expect((await readBody('openai-chat', { detail: 'x' }, 399)).facts.errorType).toBeNull();
    const named = await readBody('openai-chat', { type: 'outer', error: { type: 'inner' } }, 500);
    expect(named.facts.errorType).toBe('inner');
    const line = await readResponse({ api: 'ollama-native', httpStatus: 500 }, [Buffer.from('{"type":"x"}')]);
    expect(line.facts.errorType).toBe('x');
  });
});

describe('facts', () => {
  it('are given when they change and not with every piece of text', async () => {
    const head = { id: 'c1', model: 'm' };
    const chunks = Array.from({ length: 500 }, () => ({ ...head, ...say('x') }));
    const read = await readEvents('openai-chat', [...chunks, '[DONE]']);
    expect(read.textCalls).toBe(500);
    expect(read.factsCalls.length).toBe(2);
  });

  it('come while the stream runs', () => {
    const seen: ResponseFacts[] = [];
    const texts: string[] = [];
    const reader = createResponseReader({
      api: 'openai-chat',
      contentType: 'text/event-stream',
      contentEncoding: null,
      httpStatus: 200,
      sink: { onText: (_, text) => texts.push(text), onFacts: (facts) => seen.push(facts), onProblem: () => undefined },
    });
    reader.push(eventStream([{ model: 'm', ...say('Hi') }]));
    expect(texts).toEqual(['Hi']);
    expect(seen.map(({ model }) => model)).toEqual(['m']);
  });

  it.each<[ApiKind, string, string | Uint8Array, number]>([
    ['openai-chat', 'an event stream', 'data: {"model":"a"}\n\ndata: {"model":"b"}\n\n', 2],
    ['ollama-native', 'lines', '{"model":"a"}\n{"model":"b"}\n', 2],
    ['gemini-generate', 'an array', '[{"modelVersion":"a"},{"modelVersion":"b"}', 2],
    ['gemini-generate', 'an array that is closed', '[{"modelVersion":"a"}]', 2],
    ['openai-chat', 'an event stream with its mark', 'data: {"model":"a"}\n\ndata: [DONE]\n\n', 2],
    [
      'bedrock-converse',
      'frames',
      Buffer.concat([bedrockEvent('messageStop', { stopReason: 'a' }), bedrockEvent('metadata', { usage: {} })]),
      2,
    ],
  ])('of %s come with each event of %s', (api, _, body, times) => {
    const seen: ResponseFacts[] = [];
    const reader = createResponseReader({
      api,
      contentType: null,
      contentEncoding: null,
      httpStatus: 200,
      sink: { onText: () => undefined, onFacts: (facts) => seen.push(facts), onProblem: () => undefined },
    });
    reader.push(Buffer.from(body));
    expect(seen).toHaveLength(times);
  });

  it('are final however often the end is asked for, and pushes after it are ignored', async () => {
    let told = 0;
    const onFacts = () => {
      told += 1;
    };
    const sink = { onText: () => undefined, onFacts, onProblem: () => undefined };
    const options = { contentType: null, contentEncoding: null, httpStatus: 200, sink };
    const reader = createResponseReader({ api: 'openai-chat', ...options });
    reader.push(eventStream([{ model: 'm' }]));
    const first = await reader.end();
    reader.push(eventStream([{ model: 'other' }]));
    expect(await reader.end()).toBe(first);
    expect(first.model).toBe('m');
    expect(told).toBe(1);
  });
});

describe('a sink that throws', () => {
  it.each([null, 'gzip'])('ends the reading and harms nobody (%s)', async (contentEncoding) => {
    const bytes = eventStream([{ model: 'm', ...say('Hi') }, say('there'), '[DONE]']);
    let calls = 0;
    const fail = () => {
      calls++;
      throw new Error('the ledger is down');
    };
    const reader = createResponseReader({
      api: 'openai-chat',
      contentType: 'text/event-stream',
      contentEncoding,
      httpStatus: 200,
      sink: { onText: fail, onFacts: fail, onProblem: fail },
    });
    reader.push(contentEncoding === null ? bytes : gzipSync(bytes));
    await reader.end();
    expect(calls).toBe(1);
  });
});

describe('content encodings', () => {
  const body = Buffer.from(JSON.stringify({ model: 'm', usage: { prompt_tokens: 3, completion_tokens: 2 } }));
  const read = (bytes: Uint8Array, contentEncoding: string) =>
    readResponse({ api: 'openai-chat', contentEncoding, httpStatus: 400 }, [bytes]);

  it.each([
    ['GZIP', gzipSync(body)],
    [' identity , gzip ', gzipSync(body)],
    ['gzip, deflate, br, zstd, x-gzip', gzipSync(zstdCompressSync(brotliCompressSync(deflateRawSync(gzipSync(body)))))],
    ['deflate', deflateSync(body, { level: 0 })],
    ['deflate', deflateRawSync(body, { level: 0 })],
  ])('%s is undone', async (encoding, bytes) => {
    const result = await read(bytes, encoding);
    expect(onlyUsage(result)).toMatchObject({ inputTokens: 3, outputTokens: 2 });
    expect(result.problems).toEqual([]);
  });

  it.each(['compress', 'gzip, aes128gcm', 'gzip, gzip, gzip, gzip, gzip, gzip', Array(100).fill('br').join()])(
    '%s is one problem, and nothing is decoded',
    async (encoding) => {
      const result = await read(body, encoding);
      expect(codes(result)).toEqual(['unknown-encoding']);
      expect(result.factsCalls).toEqual([]);
    },
  );

  const stream = eventStream([
    { model: 'm' },
    ...Array.from({ length: 3000 }, (_, i) => say(`${i} ${Math.sin(i)}`)),
    '[DONE]',
  ]);
  it.each([
    ['gzip', gzipSync(stream)],
    ['deflate', deflateSync(stream)],
    ['deflate', deflateRawSync(stream)],
    ['br', brotliCompressSync(stream)],
    ['zstd', zstdCompressSync(stream)],
  ])('%s that was cut keeps what came before', async (encoding, bytes) => {
    const options = { api: 'openai-chat', contentType: 'text/event-stream', contentEncoding: encoding } as const;
    const result = await readResponse(options, [bytes.subarray(0, bytes.length - 100)]);
    expect(result.facts).toMatchObject({ model: 'm', complete: false });
    expect(codes(result)).toEqual(['bad-encoding']);
  });

  it('gzip that lost no more than its checksum loses nothing', async () => {
    const result = await read(gzipSync(body).subarray(0, -8), 'gzip');
    expect(onlyUsage(result)).toMatchObject({ inputTokens: 3, outputTokens: 2 });
    expect(codes(result)).toEqual(['bad-encoding']);
  });

  it.each(['gzip', 'deflate', 'br', 'zstd'])('%s that is none is a problem', async (encoding) => {
    const result = await read(Buffer.from('{"model":"m"} and so on, in plain text'), encoding);
    expect(codes(result)).toEqual(['bad-encoding']);
    expect(result.facts.model).toBeNull();
  });

  it('shows what a compressed stream holds before it ends', async () => {
    const gzip = createGzip();
    const pieces: Buffer[] = [];
    gzip.on('data', (piece: Buffer) => pieces.push(piece));
    gzip.write(eventStream([{ model: 'm' }]));
    await new Promise<void>((resolve) => gzip.flush(resolve));
    const seen = new Promise<ResponseFacts>((resolve) => {
      const reader = createResponseReader({
        api: 'openai-chat',
        contentType: 'text/event-stream',
        contentEncoding: 'gzip',
        httpStatus: 200,
        sink: { onText: () => undefined, onFacts: resolve, onProblem: () => undefined },
      });
      for (const piece of pieces) reader.push(piece);
    });
    expect((await seen).model).toBe('m');
    gzip.destroy();
  });
});

describe('counts and keys that are traps', () => {
  it.each(['-1', '1.5', '1e999', '9007199254740993', '"12"', 'true', '{}', '-1e3'])(
    '%s is no count, and the others stand',
    async (value) => {
      const read = await readBody('openai-chat', `{"usage":{"prompt_tokens":${value},"completion_tokens":7}}`);
      expect(onlyUsage(read)).toMatchObject({ inputTokens: null, outputTokens: 7 });
      expect(codes(read)).toEqual(['bad-count']);
    },
  );

  it('-0 is 0, and 5.0 is 5', async () => {
    const read = await readBody('openai-chat', '{"usage":{"prompt_tokens":5.0,"completion_tokens":-0}}');
    expect(Object.is(onlyUsage(read)?.outputTokens, 0)).toBe(true);
    expect(onlyUsage(read)?.inputTokens).toBe(5);
  });

  it('a bad count on every chunk is reported once', async () => {
    const chunk = { usage: { prompt_tokens: -1, completion_tokens: 1 }, choices: [] };
    expect(codes(await readEvents('openai-chat', [chunk, chunk, chunk]))).toEqual(['bad-count']);
  });

  it('__proto__ and constructor are inert', async () => {
    for (const api of apis) {
      const body =
        '{"__proto__":{"model":"x","usage":{"prompt_tokens":5}},"constructor":{"prototype":{"polluted":1}},"usage":{"__proto__":{"input_tokens":9}}}';
      const read = await readBody(api, body);
      expect(read.facts.model).toBeNull();
      expect(read.facts.parts.flatMap(({ usage }) => [usage.inputTokens, usage.outputTokens])).not.toContain(9);
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    }
  });
});

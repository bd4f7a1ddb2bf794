import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutAt, onlyUsage, readBody, readResponse } from './readResponse.ts';

const api = 'ollama-native';
const contentType = 'application/x-ndjson';
const lines = (objects: readonly unknown[]) =>
  Buffer.from(objects.map((object) => `${JSON.stringify(object)}\n`).join(''));
const head = { model: 'qwen3:8b', created_at: '2026-11-20T10:00:00.000Z' };
const last = {
  ...head,
  message: { role: 'assistant', content: '' },
  done: true,
  done_reason: 'stop',
  total_duration: 5_000_000,
  prompt_eval_count: 26,
  eval_count: 290,
};
const chat = lines([
  { ...head, message: { role: 'assistant', content: '', thinking: 'Why {is}' }, done: false },
  { ...head, message: { role: 'assistant', content: '', thinking: ' "the" \\ sky?' }, done: false },
  { ...head, message: { role: 'assistant', content: 'Rayleigh 散乱' }, done: false },
  {
    ...head,
    message: { role: 'assistant', content: '', tool_calls: [{ function: { name: 'look', arguments: { at: 'sky' } } }] },
    done: false,
  },
  last,
]);

describe("Ollama's own API", () => {
  it('streams text, thinking and tool calls, and counts last', async () => {
    const read = await readResponse({ api, contentType }, [chat]);
    expect(read).toMatchObject({
      visible: 'Rayleigh 散乱',
      thinking: 'Why {is} "the" \\ sky?',
      toolArguments: '{"at":"sky"}',
      problems: [],
      facts: { model: 'qwen3:8b', complete: true, usageState: 'final', stopReason: 'stop', toolCalls: 1 },
    });
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 26, outputTokens: 290, thinkingTokens: null, toolCalls: 1 });
  });

  it('gives the same at every cut', async () => {
    const { factsCalls: _, textCalls: __, ...expected } = await readResponse({ api, contentType }, [chat]);
    for (let at = 1; at < chat.length; at++) {
      const {
        factsCalls: _calls,
        textCalls: _texts,
        ...read
      } = await readResponse({ api, contentType }, cutAt(chat, [at]));
      if (JSON.stringify(read) !== JSON.stringify(expected)) expect.fail(`differs when cut at ${at}`);
    }
  });

  it('answers in one object where it does not stream, and to /api/generate', async () => {
    const generated = { ...head, response: 'Hi', thinking: 'Greet.', done: true, done_reason: 'length', eval_count: 2 };
    const read = await readBody(api, JSON.stringify(generated, null, 2));
    expect(read).toMatchObject({
      visible: 'Hi',
      thinking: 'Greet.',
      facts: { stopReason: 'length', usageState: 'final' },
    });
    // A count of 0 is left out.
    expect(onlyUsage(read)).toMatchObject({ inputTokens: 0, outputTokens: 2 });
    const silent = await readBody(api, { ...last, message: { content: 'x' } });
    expect(onlyUsage(silent)?.thinkingTokens).toBe(0);
  });

  it('names errors, before and in a stream', async () => {
    const refused = await readBody(api, { error: 'model "secret" not found' }, 404);
    expect(refused.facts).toMatchObject({ errorType: 'error', usageState: 'none' });
    const broken = await readResponse({ api, contentType }, [lines([{ ...head, response: 'a' }, { error: 'secret' }])]);
    expect(broken.facts).toMatchObject({ errorType: 'error', complete: false });
    expect(JSON.stringify(broken)).not.toContain('secret');
  });

  it('reports what is cut or no JSON', async () => {
    const cut = await readResponse({ api, contentType }, [chat.subarray(0, chat.length - 10)]);
    expect(cut.problems.map(({ code }) => code)).toEqual(['malformed-json']);
    expect(cut.facts).toMatchObject({ complete: false, usageState: 'none' });
    const garbage = await readResponse({ api, contentType }, [
      lines([{ ...head, response: 'a' }]),
      Buffer.from('oops'),
    ]);
    expect(garbage.problems.map(({ code }) => code)).toEqual(['malformed-json']);
    const unquoted = await readResponse({ api, contentType }, [Buffer.from('{a}\n')]);
    expect(unquoted.problems.map(({ code }) => code)).toEqual(['malformed-json']);
  });

  it('gives up on an object that never ends', async () => {
    const piece = Buffer.alloc(1024 * 1024, 'a');
    const endless = [Buffer.from('{"response":"'), ...Array.from({ length: 17 }, () => piece), lines([last])];
    const read = await readResponse({ api, contentType }, endless);
    expect(read.problems.map(({ code }) => code)).toEqual(['too-large']);
    expect(read.facts.usageState).toBe('none');
  });

  it('tells objects apart whatever their strings and blanks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), fc.nat(2000), async (texts, at) => {
        const objects = [...texts.map((text) => ({ ...head, response: text, nested: { text } })), last];
        const bytes = lines(objects);
        const read = await readResponse({ api, contentType }, cutAt(bytes, [Math.min(at, bytes.length)]));
        expect(read.problems).toEqual([]);
        expect(read.visible).toBe(JSON.parse(JSON.stringify(texts.join(''))).toWellFormed());
      }),
      { numRuns: 200 },
    );
  });
});

describe('one object of Ollama', () => {
  const read = (value: object) => readBody(api, value);

  it('may call several tools, with arguments or without', async () => {
    const tool_calls = [{ function: { name: 'a', arguments: null } }, { function: { name: 'b' } }, { name: 'c' }, 7];
    const result = await read({ ...last, message: { tool_calls } });
    expect(result.toolArguments).toBe('');
    expect(result.facts.toolCalls).toBe(2);
    expect(onlyUsage(result)?.toolCalls).toBe(2);
  });

  it('is no end unless it says so', async () => {
    for (const done of [false, 'true', undefined])
      expect((await read({ ...last, done })).facts).toMatchObject({ complete: false, usageState: 'none', parts: [] });
  });

  it('keeps what an earlier one said: model, reason and error', async () => {
    const bytes = lines([{ ...last, error: 'secret' }, { done: true }]);
    expect((await readResponse({ api, contentType }, [bytes])).facts).toMatchObject({
      model: 'qwen3:8b',
      stopReason: 'stop',
      errorType: 'error',
    });
  });

  it('has no cache, searches or written cache', async () => {
    expect(onlyUsage(await read(last))).toEqual({
      inputTokens: 26,
      cacheReadTokens: 0,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 290,
      thinkingTokens: 0,
      webSearches: 0,
      toolCalls: 0,
    });
  });

  it.each([
    ['no JSON', '{a}', 'an object of the stream is no JSON'],
    ['followed by something else', '{"model":"m"} oops', 'something else than objects stands in the stream'],
    ['cut', '{"model":"m"', 'the stream was cut inside an object'],
    ['cut inside a string', '{"model":"}', 'the stream was cut inside an object'],
  ])('that is %s is a problem in words', async (_, text, detail) => {
    const result = await readResponse({ api, contentType }, [Buffer.from(text)]);
    expect(result.problems).toEqual([{ code: 'malformed-json', detail }]);
  });

  it('is followed by blanks of all kinds and read no further after something else', async () => {
    const blanks = Buffer.from('{"model":"a"} \t\r\n{"model":"b"}x{"model":"c"}');
    const result = await readResponse({ api, contentType }, [blanks, Buffer.from('{"model":"d"}')]);
    expect(result.facts.model).toBe('b');
    expect(result.problems).toHaveLength(1);
  });
});

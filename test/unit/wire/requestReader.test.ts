import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiKind } from '../../../src/domain/api.ts';
import type { RequestFacts } from '../../../src/wire/contract.ts';
import { createRequestReader, type RequestReaderOptions } from '../../../src/wire/requestReader.ts';
import { cutAt } from './readResponse.ts';
import { recordedRequest } from './recordingRow.ts';
import { recordings } from './recordings.ts';

const uuid = '0b9c1f0e-2f63-4a57-9a55-3f0f6b3f8a11';

function readRequest(
  chunks: readonly Uint8Array[],
  options: Partial<RequestReaderOptions> & { api: ApiKind },
): Promise<RequestFacts> {
  const reader = createRequestReader({ contentEncoding: null, pathModel: null, pathStream: null, ...options });
  for (const chunk of chunks) reader.push(chunk);
  return reader.end();
}
const read = (api: ApiKind, body: unknown, options: Partial<RequestReaderOptions> = {}) =>
  readRequest([Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))], { api, ...options });

/** The requests of the recordings; a few were recorded without their bodies. */
const recordedBodies = recordings.flatMap((recording) => {
  const { body } = recordedRequest(recording);
  return body === undefined || body === null ? [] : [{ file: recording.file, api: recording.api, body }];
});

describe('settings of a request', () => {
  it('of Bedrock, whose paths name model and stream', async () => {
    const path = { pathModel: 'us.anthropic.claude-opus-5-5', pathStream: true };
    const body = {
      inferenceConfig: { maxTokens: 4096 },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2048 } },
    };
    const facts = { model: path.pathModel, stream: true, problems: [] };
    expect(await read('bedrock-converse', body, path)).toMatchObject({
      ...facts,
      maxOutputTokens: 4096,
      effort: 'budget 2048',
    });
    const userId = '{"session_id":"s-1"}';
    const invoked = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 5, metadata: { user_id: userId } };
    expect(await read('bedrock-invoke', invoked, path)).toMatchObject({ ...facts, maxOutputTokens: 5, session: 's-1' });
  });

  it("of Ollama's own API, which streams unless told otherwise", async () => {
    const body = { model: 'qwen3:8b', think: 'high', options: { num_predict: 100 } };
    const facts = { model: 'qwen3:8b', stream: true, effort: 'high', maxOutputTokens: 100, problems: [] };
    expect(await read('ollama-native', body)).toMatchObject(facts);
    expect(
      await read('ollama-native', { model: 'm', stream: false, think: true, options: { num_predict: -1 } }),
    ).toMatchObject({ stream: false, effort: null, maxOutputTokens: null, problems: [] });
  });

  it('of Claude Code', async () => {
    const facts = await read('anthropic-messages', {
      model: 'claude-opus-5-5',
      max_tokens: 32_000,
      stream: true,
      thinking: { type: 'enabled', budget_tokens: 10_000 },
      service_tier: 'auto',
      speed: 'fast',
      metadata: { user_id: JSON.stringify({ device_id: 'd', account_uuid: '', session_id: uuid }) },
      system: 'Be kind.',
      messages: [{ role: 'user', content: 'Hello' }],
    });
    expect(facts).toMatchObject({
      model: 'claude-opus-5-5',
      stream: true,
      effort: 'budget 10000',
      maxOutputTokens: 32_000,
      serviceTier: 'auto',
      speed: 'fast',
      session: uuid,
      problems: [],
    });
  });

  it('of Codex', async () => {
    const reasoning = { effort: 'high', summary: 'auto' };
    const body = { model: 'gpt-6-codex', stream: true, reasoning, prompt_cache_key: uuid, max_output_tokens: 5 };
    expect(await read('openai-responses', body)).toMatchObject({ effort: 'high', session: uuid, maxOutputTokens: 5 });
  });

  it('of Gemini, whose path names the model and the streaming', async () => {
    const body = { generationConfig: { maxOutputTokens: 9, thinkingConfig: { thinkingLevel: 'HIGH' } } };
    expect(await read('gemini-generate', body, { pathModel: 'models/gemini-3-pro', pathStream: true })).toMatchObject({
      model: 'gemini-3-pro',
      stream: true,
      effort: 'high',
      maxOutputTokens: 9,
    });
  });

  it('of Code Assist, which wraps the request', async () => {
    const request = { session_id: uuid, generationConfig: { thinkingConfig: { thinkingBudget: -1 } } };
    expect(await read('gemini-generate', { model: 'gemini-3-pro', request })).toMatchObject({
      model: 'gemini-3-pro',
      stream: null,
      effort: 'dynamic',
      session: uuid,
    });
  });

  it.each([
    [{ reasoning_effort: 'low' }, 'low'],
    [{ output_config: { effort: 'max' }, thinking: { type: 'adaptive' } }, 'max'],
    [{ thinking: { type: 'adaptive' } }, 'adaptive'],
    [{ thinking: { type: 'disabled' } }, 'disabled'],
    [{ generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }, 'budget 0'],
    [{ reasoning: { max_tokens: 2000 } }, 'budget 2000'],
    [{ reasoning: null, thinking: 7 }, null],
    [{}, null],
  ])('have the effort of %j', async (body, effort) => {
    expect((await read('openai-chat', body)).effort).toBe(effort);
  });

  it.each([
    [{ thinking: { type: 'adaptive' } }, true],
    [{ thinking: { type: 'adaptive', display: null } }, true],
    [{ thinking: { type: 'adaptive', display: 'omitted' } }, true],
    [{ thinking: { type: 'adaptive', display: 'summarized' } }, undefined],
    [{ thinking: { type: 'enabled', budget_tokens: 2000 } }, undefined],
    [{ thinking: { type: 'enabled', budget_tokens: 2000, display: 'omitted' } }, true],
    [{ thinking: { type: 'disabled', display: 'omitted' } }, undefined],
    [{ additionalModelRequestFields: { thinking: { type: 'adaptive' } } }, true],
    [{}, undefined],
  ])('leave the thinking out of the answer, or may: %j', async (body, omitsThinking) => {
    expect((await read('anthropic-messages', body)).omitsThinking).toBe(omitsThinking);
  });

  it.each([
    [{ metadata: { user_id: `user_abc_account__session_${uuid}` } }, uuid],
    [{ metadata: { user_id: 'somebody' } }, null],
    [{ metadata: { user_id: '{"session_id":7}' } }, null],
    [{ metadata: { user_id: '{"session_id' } }, null],
    [{ metadata: { user_id: 'somebody' }, prompt_cache_key: 'k' }, 'k'],
    [{ prompt_cache_key: 'k'.repeat(300) }, null],
  ])('have the session of %j', async (body, session) => {
    expect((await read('anthropic-messages', body)).session).toBe(session);
  });

  it.each([
    ['openai-chat', { stream: false }, false],
    ['openai-chat', {}, false],
    ['gemini-generate', {}, null],
    ['openai-chat', '{"model":"m"', null],
    ['openai-chat', { stream: 'yes' }, false],
  ] as const)('of %s with %j stream: %s', async (api, body, stream) => {
    expect((await read(api, body)).stream).toBe(stream);
  });

  it.each([
    [{ max_completion_tokens: 1, max_output_tokens: 2, max_tokens: 3 }, 1],
    [{ max_output_tokens: 2, max_tokens: 3 }, 2],
    [{ max_tokens: 3 }, 3],
    [{ max_completion_tokens: null, max_tokens: 0 }, 0],
    [{ request: { generationConfig: { maxOutputTokens: 5 } } }, 5],
    [{ options: { num_predict: -2 } }, null],
  ])('have the most output of %j', async (body, maxOutputTokens) => {
    expect(await read('openai-chat', body)).toMatchObject({ maxOutputTokens, problems: [] });
  });

  it.each([
    [{ max_tokens: -1 }, 'max_tokens is no whole number from 0 to 2^53-1'],
    [{ options: { num_predict: 'x' } }, 'options.num_predict is no whole number from 0 to 2^53-1'],
  ])('report the most output of %j in words', async (body, detail) => {
    expect((await read('openai-chat', body)).problems).toEqual([{ code: 'bad-count', detail }]);
  });

  it.each([
    [{ additionalModelRequestFields: { output_config: { effort: 'low' } } }, 'low'],
    [{ request: { generationConfig: { thinkingConfig: { thinkingLevel: 'LOW' } } } }, 'low'],
    [{ think: 'x'.repeat(513), reasoning: { max_tokens: 5 } }, 'budget 5'],
    [{ think: 'x'.repeat(512) }, 'x'.repeat(512)],
    [{ think: '' }, null],
  ])('have the effort of %j in other places', async (body, effort) => {
    expect((await read('openai-chat', body)).effort).toBe(effort);
  });

  it('have tier and speed in either spelling', async () => {
    expect(await read('bedrock-converse', { serviceTier: 'flex' })).toMatchObject({ serviceTier: 'flex', speed: null });
    expect(await read('openai-chat', { service_tier: 'a', serviceTier: 'b' })).toMatchObject({ serviceTier: 'a' });
  });

  it('have a session of up to 256 characters, and of eight with the older spelling', async () => {
    const session = async (body: object) => (await read('anthropic-messages', body)).session;
    expect(await session({ prompt_cache_key: 'k'.repeat(256) })).toHaveLength(256);
    expect(await session({ prompt_cache_key: 'k'.repeat(257) })).toBeNull();
    expect(await session({ metadata: { user_id: 'u_session_abcdefgh' } })).toBe('abcdefgh');
    expect(await session({ metadata: { user_id: 'u_session_abcdefg' } })).toBeNull();
    expect(await session({ metadata: { user_id: `u_session_${uuid} and more` } })).toBeNull();
    expect(await session({ metadata: { user_id: `x{"session_id":"s-1"}` } })).toBeNull();
  });

  it('do not say that they stream where the path or the body is silent', async () => {
    expect((await read('openai-chat', { stream: true }, { pathStream: false })).stream).toBe(false);
    expect((await read('openai-chat', '[{"stream":true}]')).stream).toBeNull();
    expect((await read('gemini-generate', { model: 'a/models/m' })).model).toBe('a/models/m');
  });

  it('take the model from the path only where the body names none, except with Gemini', async () => {
    expect((await read('openai-chat', {}, { pathModel: 'deployment' })).model).toBe('deployment');
    expect((await read('openai-chat', { model: 'm' }, { pathModel: 'deployment' })).model).toBe('m');
    expect((await read('gemini-generate', { model: 'm' }, { pathModel: 'p' })).model).toBe('p');
  });

  it.each([[-5], [1.5], ['100'], [1e300]])('ignore a maximum of %s', async (max_tokens) => {
    const facts = await read('openai-chat', { max_tokens });
    expect(facts.maxOutputTokens).toBeNull();
    expect(facts.problems.map(({ code }) => code)).toEqual(['bad-count']);
  });
});

describe('request bodies', () => {
  const body = { model: 'm', messages: [{ content: '안녕 👋' }], stream: true };

  it.each([
    ['zstd', zstdCompressSync],
    ['gzip', gzipSync],
  ])('may be compressed with %s', async (contentEncoding, compress) => {
    const bytes = compress(Buffer.from(JSON.stringify(body)));
    const facts = await readRequest(cutAt(bytes, [3, 20]), { api: 'openai-responses', contentEncoding });
    expect(facts).toMatchObject({ model: 'm', stream: true, textBytes: 1 + 6 + 1 + 4, problems: [] });
  });

  it.each([
    ['in an unknown encoding', '{"model":"m"}', 'compress', 'unknown-encoding'],
    ['that are not what their encoding says', '{"model":"m"}', 'gzip', 'bad-encoding'],
    ['that are no JSON', 'model=m', null, 'malformed-json'],
    ['that are no object', '["m"]', null, 'unexpected-shape'],
    ['that nest too deep', '['.repeat(1_000_000), null, 'too-large'],
  ])('%s are one problem', async (_, text, contentEncoding, code) => {
    const facts = await read('openai-chat', text, { contentEncoding });
    expect(facts.problems.map((problem) => problem.code)).toEqual([code]);
    expect(facts.model).toBeNull();
  });

  it.each([
    ['[{]', 'malformed-json', 'the request is no JSON or was cut'],
    ['[]', 'unexpected-shape', 'the request is no object'],
    ['['.repeat(600), 'too-large', 'the request is nested too deep'],
  ])('like %s are a problem in words', async (text, code, detail) => {
    expect((await read('openai-chat', text)).problems).toEqual([{ code, detail }]);
  });

  it('are read no further once their end was asked for', async () => {
    const reader = createRequestReader({
      api: 'openai-chat',
      contentEncoding: null,
      pathModel: null,
      pathStream: null,
    });
    reader.push(Buffer.from('{"model":"m"}'));
    const first = reader.end();
    reader.push(Buffer.from('x'));
    expect(await reader.end()).toBe(await first);
    expect(await first).toMatchObject({ model: 'm', problems: [] });
  });

  it('that are empty are none', async () => {
    expect(await readRequest([], { api: 'openai-chat' })).toMatchObject({ model: null, stream: null, problems: [] });
  });

  it('of any bytes and encoding never throw', async () => {
    const encodings = fc.constantFrom(null, 'gzip', 'br', 'zstd', 'deflate');
    await fc.assert(
      fc.asyncProperty(encodings, fc.array(fc.uint8Array()), async (contentEncoding, chunks) => {
        const facts = await readRequest(chunks, { api: 'openai-chat', contentEncoding });
        expect(facts.model).toBeNull();
      }),
      { numRuns: 300 },
    );
  });

  it.each(recordedBodies)('of $file give the same in any chunks', async ({ api, body }) => {
    const bytes = Buffer.from(JSON.stringify(body));
    const whole = await readRequest([bytes], { api });
    expect(whole.problems).toEqual([]);
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      expect(await readRequest(chunks, { api })).toEqual(whole);
    }
  });
});

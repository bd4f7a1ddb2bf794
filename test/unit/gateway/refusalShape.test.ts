import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { type ApiKind, apiKinds } from '../../../src/domain/api.ts';
import { type RefusalQuestion, refusalFor } from '../../../src/gateway/refusalShape.ts';
import { sendShape } from '../../../src/gateway/refusals.ts';
import { startUpstream } from './gatewayRig.ts';

const message = "Outlay: the budget of 'Fix login' ($5.00) is used up: $4.98 spent. Extend it in the Outlay sidebar.";
const question: RefusalQuestion = {
  api: 'anthropic-messages',
  provider: 'made-up',
  agent: 'unknown',
  message,
  asMessage: false,
  isTemporary: false,
  stream: false,
  model: 'made-up-model',
};

/** A server that refuses everything in this shape, and counts how often it is asked. */
async function startRefusing(options: Partial<RefusalQuestion>) {
  let asked = 0;
  const { port } = await startUpstream((req, res) => {
    asked += 1;
    req.resume();
    sendShape(res, refusalFor({ ...question, ...options }));
  });
  return { origin: `http://127.0.0.1:${port}`, asked: () => asked };
}

type Ask = (origin: string, stream: boolean) => Promise<string>;

/** What a program with the real SDK reads, or the error that it gets. */
const sdks: Partial<Record<ApiKind, Ask>> = {
  'anthropic-messages': async (baseURL, stream) => {
    const client = new Anthropic({ baseURL, apiKey: 'made-up' });
    const params = { model: 'm', max_tokens: 9, messages: [{ role: 'user' as const, content: 'Hi' }] };
    const answer = stream ? await client.messages.stream(params).finalMessage() : await client.messages.create(params);
    return answer.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  },
  'openai-chat': async (baseURL, stream) => {
    const client = new OpenAI({ baseURL, apiKey: 'made-up' });
    const params = { model: 'm', messages: [{ role: 'user' as const, content: 'Hi' }] };
    const answer = stream
      ? await client.chat.completions.stream(params).finalChatCompletion()
      : await client.chat.completions.create(params);
    return answer.choices[0]?.message.content ?? '';
  },
  'openai-responses': async (baseURL, stream) => {
    const client = new OpenAI({ baseURL, apiKey: 'made-up' });
    const params = { model: 'm', input: 'Hi' };
    const answer = stream
      ? await client.responses.stream(params).finalResponse()
      : await client.responses.create(params);
    return answer.output_text;
  },
  'gemini-generate': async (baseUrl, stream) => {
    const client = new GoogleGenAI({ apiKey: 'made-up', httpOptions: { baseUrl } });
    const params = { model: 'm', contents: 'Hi' };
    if (!stream) return (await client.models.generateContent(params)).text ?? '';
    let text = '';
    for await (const chunk of await client.models.generateContentStream(params)) text += chunk.text ?? '';
    return text;
  },
};

const bySdk = Object.entries(sdks) as readonly (readonly [ApiKind, Ask])[];

describe('a refusal', () => {
  it.each(bySdk)('is shown at the first try by the real SDK of %s', async (api, ask) => {
    const server = await startRefusing({ api });
    await expect(ask(server.origin, false)).rejects.toMatchObject({
      status: 402,
      message: expect.stringContaining(message),
    });
    await expect(ask(server.origin, true)).rejects.toMatchObject({ status: 402 });
    expect(server.asked()).toBe(2);
  });

  it.each(bySdk)('as a message is an answer to the real SDK of %s, streamed or whole', async (api, ask) => {
    for (const stream of [false, true]) {
      const server = await startRefusing({ api, asMessage: true, stream });
      expect(await ask(server.origin, stream)).toBe(message);
      expect(server.asked()).toBe(1);
    }
  });

  it('is no message where Gemini CLI asks which model is to answer', () => {
    const routing = { ...question, api: 'gemini-generate', agent: 'gemini-cli', asMessage: true } as const;
    expect(refusalFor(routing).status).toBe(402);
    expect(refusalFor({ ...routing, stream: true }).status).toBe(200);
  });

  it('is a plain text for Codex, which tries again after a 402', () => {
    const shape = refusalFor({ ...question, api: 'openai-responses', agent: 'codex' });
    expect(shape).toEqual({ status: 400, headers: ['Content-Type', 'text/plain; charset=utf-8'], body: message });
  });

  it.each(apiKinds)('of %s has the sentence, and nothing that agents take for another trouble', (api) => {
    const { body } = refusalFor({ ...question, api });
    expect(body).toContain(message);
    expect(body).not.toMatch(/exceed|too long|token count|context|limit|quota|rate/i);
  });

  it.each(['anthropic-messages', 'openai-chat', 'openai-responses', 'gemini-generate'] as const)(
    'of %s has what aider gives up at',
    (api) => {
      const { body } = refusalFor({ ...question, api });
      expect(body).toContain('"code":402');
      expect(body).toContain('insufficient credits');
    },
  );

  it.each(apiKinds)('of %s that may pass is a 503, which may be tried again, never an answer', (api) => {
    for (const agent of ['codex', 'unknown']) {
      const shape = refusalFor({ ...question, api, agent, isTemporary: true, asMessage: true });
      expect(shape.status).toBe(503);
      expect(shape.headers.join()).not.toMatch(/should-retry/i);
      expect(shape.body).toContain(message);
      expect(shape.body).not.toContain('402');
    }
  });

  it.each(apiKinds)('of %s for its size says so and speaks of no money', (api) => {
    const shape = refusalFor({ ...question, api, isTooLarge: true });
    expect(shape.status).toBe(413);
    expect(shape.body).not.toMatch(/billing|credits|402/);
  });
});

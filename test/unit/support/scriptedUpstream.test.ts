import Anthropic from '@anthropic-ai/sdk';
import { GoogleGenAI } from '@google/genai';
import OpenAI from 'openai';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Script, type ScriptedUpstream, startScriptedUpstream } from '../../support/scriptedUpstream.ts';

/** The official SDKs are the judges of what the scripted upstream speaks. */
const script: Script = {
  thinking: 'First I look at the file, then I think about what it says.',
  text: 'The answer is forty-two, which everybody could have known.',
  toolCalls: [{ name: 'read', arguments: { path: 'a.txt' } }],
  usage: {
    inputTokens: 100,
    cacheReadTokens: 40,
    cacheWrite5mTokens: 8,
    cacheWrite1hTokens: 0,
    outputTokens: 70,
    thinkingTokens: 20,
  },
};

let upstream: ScriptedUpstream;
beforeEach(async () => {
  upstream = await startScriptedUpstream({ script });
});
afterEach(() => upstream.stop());

it('speaks Anthropic Messages, streamed', async () => {
  const client = new Anthropic({ apiKey: 'made-up', baseURL: upstream.origin });
  const stream = client.messages.stream({
    model: 'claude-x',
    max_tokens: 500,
    messages: [{ role: 'user', content: 'Hi' }],
  });
  const message = await stream.finalMessage();
  expect(message.content.map((block) => block.type)).toEqual(['thinking', 'text', 'tool_use']);
  expect(message.content[1]).toMatchObject({ text: script.text });
  expect(message.content[2]).toMatchObject({ name: 'read', input: { path: 'a.txt' } });
  expect(message.usage).toMatchObject({ input_tokens: 100, cache_read_input_tokens: 40, output_tokens: 70 });
  expect(upstream.calls).toMatchObject([
    { api: 'anthropic-messages', model: 'claude-x', end: 'complete', toolCalls: 1 },
  ]);
});

it('speaks Anthropic Messages, whole and compressed, and counts tokens', async () => {
  upstream.enqueue({ ...script, encoding: 'br' });
  const client = new Anthropic({ apiKey: 'made-up', baseURL: upstream.origin });
  const body = { model: 'claude-x', messages: [{ role: 'user' as const, content: 'Hi' }] };
  const message = await client.messages.create({ ...body, max_tokens: 500 });
  const count = await client.messages.countTokens(body);
  expect(message.id).toBe(upstream.calls[0]?.responseId);
  expect(count.input_tokens).toBeGreaterThan(0);
  expect(upstream.calls).toHaveLength(1);
});

it('speaks OpenAI Chat, and tells the usage of a stream only where it is asked for', async () => {
  const client = new OpenAI({ apiKey: 'made-up', baseURL: `${upstream.origin}/v1` });
  const messages = [{ role: 'user' as const, content: 'Hi' }];
  const asked = client.chat.completions.stream({ model: 'gpt-x', messages, stream_options: { include_usage: true } });
  expect(await asked.totalUsage()).toMatchObject({ prompt_tokens: 148, completion_tokens: 70, total_tokens: 218 });
  let text = '';
  for await (const chunk of await client.chat.completions.create({ model: 'gpt-x', messages, stream: true })) {
    text += chunk.choices[0]?.delta.content ?? '';
    expect(chunk.usage ?? null).toBeNull();
  }
  expect(text).toBe(script.text);
  expect(upstream.calls.map((call) => call.usage?.outputTokens ?? null)).toEqual([70, null]);
});

it('speaks OpenAI Responses, streamed and whole', async () => {
  const client = new OpenAI({ apiKey: 'made-up', baseURL: `${upstream.origin}/v1` });
  const streamed = await client.responses.stream({ model: 'gpt-x', input: 'Hi' }).finalResponse();
  const whole = await client.responses.create({ model: 'gpt-x', input: 'Hi' });
  expect(whole.output_text).toBe(script.text);
  expect(streamed.output.map((item) => item.type)).toEqual(['reasoning', 'message', 'function_call']);
  for (const { usage } of [streamed, whole]) {
    expect(usage).toMatchObject({
      input_tokens: 148,
      output_tokens: 70,
      output_tokens_details: { reasoning_tokens: 20 },
    });
  }
});

it('speaks Gemini, streamed and whole', async () => {
  const client = new GoogleGenAI({ apiKey: 'made-up', httpOptions: { baseUrl: upstream.origin } });
  const request = { model: 'gemini-x', contents: 'Hi' };
  let text = '';
  for await (const chunk of await client.models.generateContentStream(request)) {
    const parts = chunk.candidates?.[0]?.content?.parts ?? [];
    text += parts.map((part) => (part.thought === true ? '' : (part.text ?? ''))).join('');
  }
  expect(text).toBe(script.text);
  const whole = await client.models.generateContent(request);
  expect(whole.usageMetadata).toMatchObject({
    promptTokenCount: 148,
    candidatesTokenCount: 50,
    thoughtsTokenCount: 20,
  });
});

it('answers with an error in the shape of the API', async () => {
  upstream.enqueue({ error: { status: 402, type: 'billing_error', message: 'No credit.' } });
  const client = new Anthropic({ apiKey: 'made-up', baseURL: upstream.origin, maxRetries: 0 });
  const call = client.messages.create({
    model: 'claude-x',
    max_tokens: 5,
    messages: [{ role: 'user', content: 'Hi' }],
  });
  await expect(call).rejects.toMatchObject({ status: 402, error: { error: { message: 'No credit.' } } });
  expect(upstream.calls).toMatchObject([{ status: 402, usage: null }]);
});

it('cuts a stream where the script says', async () => {
  upstream.enqueue({ ...script, cutAfterEvents: 3 });
  const response = await fetch(`${upstream.origin}/v1/messages`, {
    method: 'POST',
    body: JSON.stringify({ model: 'claude-x', stream: true }),
  });
  let text = '';
  const read = async () => {
    for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
  };
  await expect(read()).rejects.toThrow();
  expect(text.match(/^event: /gm)).toHaveLength(3);
  expect(upstream.calls).toMatchObject([{ end: 'cut', usage: null }]);
});

it('answers a WebSocket upgrade with 426 and remembers it', async () => {
  const opened = new Promise((resolve) => {
    const socket = new WebSocket(`${upstream.origin.replace('http', 'ws')}/v1/responses`);
    socket.addEventListener('open', () => resolve('open'));
    socket.addEventListener('error', () => resolve('refused'));
  });
  expect(await opened).toBe('refused');
  expect(upstream.upgrades).toEqual(['/v1/responses']);
});

it('tells another process what it saw', async () => {
  await fetch(`${upstream.origin}/v1/models`);
  const log = (await (await fetch(`${upstream.origin}/-/log`)).json()) as {
    requests: { path: string }[];
    calls: unknown[];
  };
  expect(log.requests.map((request) => request.path)).toEqual(['/v1/models']);
  expect(log.calls).toEqual([]);
});

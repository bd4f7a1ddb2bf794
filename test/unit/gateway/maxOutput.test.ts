import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patchedBody } from '../../../src/gateway/chatUsage.ts';
import { lowerMaxOutput, type MaxOutputTarget, takesMaxOutput } from '../../../src/gateway/maxOutput.ts';

const anthropic: MaxOutputTarget = {
  api: 'anthropic-messages',
  provider: 'anthropic',
  pathModel: null,
  path: '/v1/messages',
};
const chat: MaxOutputTarget = { ...anthropic, api: 'openai-chat', provider: 'mistral' };
const openaiChat: MaxOutputTarget = { ...chat, provider: 'openai' };
const responses: MaxOutputTarget = { ...chat, api: 'openai-responses', path: '/v1/responses' };
const gemini: MaxOutputTarget = { ...anthropic, api: 'gemini-generate', pathModel: 'gemini-2.5-pro' };
const codeAssist: MaxOutputTarget = { ...gemini, pathModel: null };
const converse: MaxOutputTarget = { ...anthropic, api: 'bedrock-converse', pathModel: 'eu.anthropic.claude' };
const invoke: MaxOutputTarget = { ...converse, api: 'bedrock-invoke' };
const ollama: MaxOutputTarget = { ...anthropic, api: 'ollama-native' };

function lowered(target: MaxOutputTarget, text: string, max = 10): string | null {
  const body = Buffer.from(text);
  const patches = lowerMaxOutput(target, body, max);
  return patches && Buffer.concat(patchedBody(body, patches)).toString();
}

describe('a lower max output', () => {
  it.each<[string, MaxOutputTarget, string, string | null]>([
    ['replaces a higher one', anthropic, '{ "max_tokens" : 900, "a": 1 }', '{ "max_tokens" : 10, "a": 1 }'],
    ['leaves a lower one', anthropic, '{"max_tokens":9}', '{"max_tokens":9}'],
    [
      'replaces both names of Chat',
      chat,
      '{"max_tokens":50,"max_completion_tokens":60}',
      '{"max_tokens":10,"max_completion_tokens":10}',
    ],
    ['is added under the name that all know', chat, '{"model":"m"}', '{"max_tokens":10,"model":"m"}'],
    ["is added under OpenAI's new name", openaiChat, '{"model":"m"}', '{"max_completion_tokens":10,"model":"m"}'],
    ['is added to an empty object', anthropic, '{ }', '{"max_tokens":10 }'],
    ['takes the place of null', responses, '{"max_output_tokens":null}', '{"max_output_tokens":10}'],
    [
      'is added with the object that it belongs to',
      gemini,
      '{"contents":[]}',
      '{"generationConfig":{"maxOutputTokens":10},"contents":[]}',
    ],
    [
      'is added to that object',
      gemini,
      '{"generationConfig":{"topK":1}}',
      '{"generationConfig":{"maxOutputTokens":10,"topK":1}}',
    ],
    [
      'is added to that object where it is null',
      gemini,
      '{"generationConfig":null}',
      '{"generationConfig":{"maxOutputTokens":10}}',
    ],
    [
      "goes into Code Assist's wrapper",
      codeAssist,
      '{"model":"m","request":{}}',
      '{"model":"m","request":{"generationConfig":{"maxOutputTokens":10}}}',
    ],
    ["goes into Converse's configuration", converse, '{"inferenceConfig":{}}', '{"inferenceConfig":{"maxTokens":10}}'],
    ["goes into Anthropic's body at Bedrock", invoke, '{"max_tokens":99}', '{"max_tokens":10}'],
    [
      "replaces Ollama's way to say that there is none",
      ollama,
      '{"options":{"num_predict":-1}}',
      '{"options":{"num_predict":10}}',
    ],
    ['counts the last of two', anthropic, '{"max_tokens":5,"max_tokens":500}', '{"max_tokens":5,"max_tokens":10}'],
    ['cannot take the place of words', anthropic, '{"max_tokens":"many"}', null],
    ['cannot go into a list', gemini, '{"generationConfig":[]}', null],
    ['cannot go into what is no object', anthropic, '[1]', null],
    ['cannot go into half a body', anthropic, '{"max_tokens":900', null],
    ["cannot go into ChatGPT's requests", { ...responses, provider: 'chatgpt' }, '{"max_output_tokens":900}', null],
    ['cannot go into a compaction', { ...responses, path: '/v1/responses/compact' }, '{}', null],
    ["cannot go into an unknown model's body", { ...invoke, pathModel: 'meta.llama' }, '{"max_gen_len":900}', null],
  ])('%s', (_name, target, before, after) => {
    expect(lowered(target, before)).toBe(after);
  });

  it('is all that changes', () => {
    const targets = [anthropic, chat, openaiChat, responses, gemini, codeAssist, converse, invoke, ollama];
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue()),
        fc.constantFrom(...targets),
        fc.boolean(),
        (value, target, pretty) => {
          fc.pre(
            !['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'options'].some((name) => name in value),
          );
          fc.pre(!['generationConfig', 'request', 'inferenceConfig', '__proto__'].some((name) => name in value));
          const text = JSON.stringify(value, null, pretty ? 2 : undefined);
          const after = lowered(target, text);
          expect(after).not.toBeNull();
          const { length } = after ?? '';
          const added = length - text.length;
          expect(after?.slice(0, 1) + (after?.slice(1 + added) ?? '')).toBe(text);
          expect(Object.keys(JSON.parse(after ?? '')).length).toBe(Object.keys(value).length + 1);
        },
      ),
    );
  });

  it('can be had of every API but those that have none', () => {
    expect([anthropic, chat, responses, gemini, converse, invoke, ollama].map(takesMaxOutput)).not.toContain(false);
    expect(takesMaxOutput({ ...responses, provider: 'chatgpt' })).toBe(false);
  });
});

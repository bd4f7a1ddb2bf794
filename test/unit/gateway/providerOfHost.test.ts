import { describe, expect, it } from 'vitest';
import { providerOfHost } from '../../../src/gateway/providerOfHost.ts';

describe('providerOfHost', () => {
  it.each([
    ['api.anthropic.com', 'anthropic'],
    ['API.Z.AI', 'zai'],
    ['api.moonshot.cn', 'moonshotai'],
    ['my-team.openai.azure.com', 'azure'],
    ['api.openai.com', 'openai'],
    ['cloudcode-pa.googleapis.com', 'google-code-assist'],
    ['bedrock-runtime.eu-west-1.amazonaws.com', 'aws'],
    ['my-team.services.ai.azure.com', 'azure'],
    ['dashscope.aliyuncs.com', 'alibaba'],
    ['chatgpt.com', 'chatgpt'],
    ['generativelanguage.googleapis.com', 'google'],
    ['bedrock-mantle.us-east-1.api.aws', 'aws'],
    ['openrouter.ai', 'openrouter'],
    ['api.deepseek.com', 'deepseek'],
    ['api.x.ai', 'x-ai'],
    ['api.mistral.ai', 'mistral'],
    ['api.groq.com', 'groq'],
    ['api.cerebras.ai', 'cerebras'],
    ['api.fireworks.ai', 'fireworks'],
    ['api.together.ai', 'together'],
    ['api.together.xyz', 'together'],
    ['api.moonshot.ai', 'moonshotai'],
    ['api.kimi.com', 'moonshotai'],
    ['api.minimax.io', 'minimax'],
    ['api.minimaxi.com', 'minimax'],
    ['open.bigmodel.cn', 'zhipuai'],
    ['my-team.cognitiveservices.azure.com', 'azure'],
  ])('knows the seller behind %s', (host, provider) => {
    expect(providerOfHost(host)).toBe(provider);
  });

  it.each(['localhost', '127.0.0.1', 'llm.corp.example', 'api.anthropic.com.evil.example', 'notopenai.com', 'com', ''])(
    'does not take %s for a seller',
    (host) => {
      expect(providerOfHost(host)).toBe('unnamed');
    },
  );
});

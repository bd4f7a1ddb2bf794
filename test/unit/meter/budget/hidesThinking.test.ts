import { describe, expect, it } from 'vitest';
import type { CallHead } from '../../../../src/gateway/contract.ts';
import { publicUpstreams, type UpstreamName } from '../../../../src/gateway/upstreams.ts';
import { hidesThinking } from '../../../../src/meter/budget/hidesThinking.ts';
import type { RequestFacts } from '../../../../src/wire/contract.ts';

const facts: RequestFacts = {
  model: 'm',
  stream: true,
  effort: null,
  maxOutputTokens: null,
  serviceTier: null,
  speed: null,
  session: null,
  textBytes: 0,
  problems: [],
};

function headOf(name: UpstreamName): CallHead {
  return {
    id: '0199a5c0-0000-7000-8000-000000000001',
    startedAtMs: 0,
    workspaceId: 'ws',
    taskId: null,
    isWatched: true,
    routeId: name,
    provider: publicUpstreams[name]?.provider ?? name,
    api: 'openai-chat',
    pathModel: null,
    pathStream: null,
    auth: 'key',
    agent: 'other',
    session: null,
    subAgent: null,
    requestEncoding: null,
  };
}

describe('a Chat answer', () => {
  it.each<[UpstreamName, boolean]>([
    ['openai', true],
    ['azure', true],
    ['vertex', true],
    ['gemini', true],
    ['xai', true],
    ['openrouter', true],
    ['deepseek', false],
    ['mistral', false],
    ['ollama', false],
  ])('of %s may think without showing it: %s', (name, hides) => {
    expect(hidesThinking(headOf(name), facts)).toBe(hides);
    expect(hidesThinking(headOf(name), { ...facts, effort: 'none' })).toBe(false);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../src/readers/contract.ts';
import { homesDir } from './builtHome.ts';

interface Golden {
  readonly calls: readonly Observation[];
}

/** Of a call that a real agent made of a scripted provider: what the provider had answered. */
interface Answered {
  readonly model: string;
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  /** Null where the agent does not keep it. */
  readonly thinking: number | null;
}

const first = { input: 1000, cacheRead: 20_000, cacheWrite: 0, output: 900, thinking: 500 };
const second = { input: 1001, cacheRead: 20_001, cacheWrite: 0, output: 901, thinking: 501 };

const answered: readonly (readonly [string, readonly Answered[]])[] = [
  [
    'cline',
    [
      { ...first, model: 'claude-sonnet-4-5', cacheWrite: 300 + 400, thinking: null },
      { ...first, model: 'gpt-5', thinking: null },
      { ...first, model: 'gemini-2.5-pro', thinking: null },
    ],
  ],
  [
    'opencode',
    [
      { ...second, model: 'claude-sonnet-4-5', cacheWrite: 301 + 401 },
      { ...second, model: 'gpt-5' },
    ],
  ],
  ['gemini-cli', [{ ...second, model: 'gemini-3.8-flash' }]],
  [
    'qwen-code',
    [
      { ...first, model: 'gpt-5' },
      { ...second, model: 'gpt-5' },
    ],
  ],
];

function answerOf({ model, usage }: Observation): Answered {
  return {
    model,
    input: usage.inputTokens ?? -1,
    cacheRead: usage.cacheReadTokens,
    cacheWrite: usage.cacheWrite5mTokens + usage.cacheWrite1hTokens,
    output: usage.outputTokens ?? -1,
    thinking: usage.thinkingTokens,
  };
}

describe('what real agents wrote', () => {
  it.each(answered)('%s: is read as the counts that the provider had answered', (agent, calls) => {
    const golden = JSON.parse(readFileSync(join(homesDir, agent, 'golden.json'), 'utf8')) as Golden;
    expect(golden.calls.map(answerOf)).toEqual(expect.arrayContaining([...calls]));
  });
});

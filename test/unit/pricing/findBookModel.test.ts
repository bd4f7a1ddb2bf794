import { describe, expect, test } from 'vitest';
import { createModelFinder } from '../../../src/pricing/findBookModel.ts';
import { BOOK } from './pricingFixtures.ts';

const find = createModelFinder(BOOK);
const name = (provider: string, model: string): string | null => {
  const found = find(provider, model);
  return found === null ? null : `${found.section} ${found.id}`;
};

describe('createModelFinder', () => {
  test.each([
    ['anthropic', 'claude-opus-5-5[1m]', 'anthropic claude-opus-5-5'],
    ['anthropic', 'claude-haiku-4-5-20251001', 'anthropic claude-haiku-4-5'],
    ['chatgpt', 'gpt-5.5', 'openai gpt-5.5'],
    ['OpenAI', 'GPT-5.5', 'openai gpt-5.5'],
    ['vertex_ai', 'publishers/anthropic/models/claude-opus-4-6@20260101', 'google claude-opus-4-6'],
    ['openai', 'gpt-4o-2024-11-20', 'openai gpt-4o'],
    ['openai', 'gpt-4o-2024-05-13', 'openai gpt-4o-2024-05-13'],
    ['openai', 'openai/gpt-4o-2024-05-13', 'openai gpt-4o-2024-05-13'],
  ])('%s %s is %s', (provider, model, expected) => {
    expect(name(provider, model)).toBe(expected);
  });

  test.each([
    ['anthropic', 'claude-opus-5-6'],
    ['anthropic', 'claude-opus-5'],
    ['anthropic', 'claude-opus-5-5-mini'],
    ['openai', 'gpt-5.5-codex-next'],
    ['openai', 'claude-opus-5-5'],
    ['anthropic', ''],
    ['', ''],
    ['__proto__', 'constructor'],
  ])('%s %s is not guessed from its relatives', (provider, model) => {
    expect(find(provider, model)).toBeNull();
  });

  test('a seller that resells another one falls back to its prices', () => {
    expect(name('google', 'claude-opus-5-5')).toBe('anthropic claude-opus-5-5');
  });

  test('an unknown seller gets a price where exactly one first-party section has the model', () => {
    expect(name('some-router', 'gpt-5.5')).toBe('openai gpt-5.5');
    expect(name('some-router', 'claude-bare-5')).toBe('anthropic claude-bare-5');
    expect(name('some-router', 'shared-model')).toBeNull();
    expect(name('some-router', 'only-here')).toBeNull();
  });

  test('a fast suffix counts only where the book knows what fast costs', () => {
    expect(find('anthropic', 'claude-opus-5-5-fast')).toMatchObject({ id: 'claude-opus-5-5', fastSuffix: true });
    expect(find('anthropic', 'claude-bare-5-fast')).toBeNull();
  });

  test('an effort suffix is taken off only where the suffixed id is no model', () => {
    expect(name('openai', 'gpt-6-sol-xhigh')).toBe('openai gpt-6-sol');
    expect(name('openai', 'o4-mini-high')).toBe('openai o4-mini-high');
    expect(name('openai', 'gpt-7-xhigh')).toBeNull();
  });

  test('a free variant is free at OpenRouter and unknown anywhere else', () => {
    expect(find('openrouter', 'deepseek/deepseek-v4-pro:free')).toMatchObject({ freeVariant: true });
    expect(find('deepseek', 'deepseek-v4-pro:free')).toBeNull();
    expect(find('openrouter', 'deepseek/unheard-of:free')).toBeNull();
  });

  test('a cloud sells by region unless its global profile is named', () => {
    expect(name('bedrock', 'us.anthropic.claude-opus-5-5-v1:0')).toBe('aws claude-opus-5-5');
    expect(name('bedrock', 'anthropic.claude-opus-5-5')).toBe('aws claude-opus-5-5');
    expect(name('bedrock', 'global.anthropic.claude-opus-5-5')).toBe('aws global.claude-opus-5-5');
    expect(name('bedrock', 'eu.anthropic.claude-fable-5')).toBe('aws global.claude-fable-5');
  });

  test('the same question gets the same answer however many came between', () => {
    const first = find('anthropic', 'claude-opus-5-5');
    for (let index = 0; index < 1200; index += 1) find('anthropic', `model-${index}`);
    expect(find('anthropic', 'claude-opus-5-5')).toEqual(first);
  });
});

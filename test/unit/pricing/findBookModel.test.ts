import { describe, expect, test } from 'vitest';
import { createModelFinder, sectionOfProvider } from '../../../src/pricing/findBookModel.ts';
import { loadPriceBook, type PriceBook } from '../../../src/pricing/priceBook.ts';
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

  test('says of a plain name that it asked for nothing special', () => {
    const plain = { fastSuffix: false, freeVariant: false };
    expect(find('anthropic', 'claude-opus-5-5')).toMatchObject({ ...plain, region: null });
    expect(find('openai', 'gpt-6-sol-xhigh')).toMatchObject(plain);
    expect(find('bedrock', 'eu.anthropic.claude-fable-5')).toMatchObject({ ...plain, region: 'eu' });
  });

  test('a free variant is free also with an effort', () => {
    expect(find('openrouter', 'deepseek/deepseek-v4-pro-high:free')).toMatchObject({ freeVariant: true });
    expect(find('openrouter', 'deepseek/deepseek-v4-pro-high:nitro')).toMatchObject({ freeVariant: false });
  });

  test('an unheard-of model is not found for its suffix', () => {
    expect(find('anthropic', 'claude-next-fast')).toBeNull();
  });
});

describe('a book that has two models for one question', () => {
  const book: PriceBook = {
    version: 'two 1',
    sources: {},
    sections: {
      aws: {
        firstParty: false,
        fallback: [],
        models: [
          { ids: ['model-a'], rows: [{ input: 1, output: 1 }] },
          { ids: ['model-b', 'model-a'], rows: [{ input: 2, output: 2 }] },
          { ids: ['global.claude-x-5-20260101'], rows: [{ input: 3, output: 3 }] },
          { ids: ['claude-x-5'], rows: [{ input: 4, output: 4 }] },
        ],
      },
    },
  };
  const among = createModelFinder(book);

  test('gives the first that claims an id, as the catalogue does', () => {
    expect(among('aws', 'model-a')?.model.rows).toEqual([{ input: 1, output: 1 }]);
    expect(among('aws', 'model-b')?.model.rows).toEqual([{ input: 2, output: 2 }]);
  });

  test('gives the snapshot of a global profile before the plain name', () => {
    expect(among('aws', 'global.anthropic.claude-x-5-20260101-v1:0')?.id).toBe('global.claude-x-5-20260101');
    expect(among('aws', 'us.anthropic.claude-x-5-20260101-v1:0')?.id).toBe('claude-x-5');
  });
});

describe('the ways in which a seller is spelled', () => {
  const spellings = ['chatgpt', 'codex', 'openai-codex', 'gemini', 'vertex', 'vertex_ai', 'vertex-ai', 'google-vertex'];
  const more = ['google-code-assist', 'bedrock', 'amazon-bedrock', 'xai', 'grok', 'copilot', 'github_copilot'];
  const rest = ['moonshot', 'kimi', 'z-ai', 'z.ai', 'zhipu', 'bigmodel', 'mistralai', 'azure-openai', 'fireworks-ai'];

  test('all lead to a section of the committed book', async () => {
    const { sections } = await loadPriceBook();
    const lost = [...spellings, ...more, ...rest, 'togetherai', 'together-ai', 'Mistral'].filter(
      (spelling) => !Object.hasOwn(sections, sectionOfProvider(spelling)),
    );
    expect(lost).toEqual([]);
  });
});

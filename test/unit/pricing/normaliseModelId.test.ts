import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_MODEL_ID_CHARS, normaliseModelId } from '../../../src/pricing/normaliseModelId.ts';

describe('normaliseModelId', () => {
  test.each([
    ['claude-opus-5-5[1m]', 'claude-opus-5-5'],
    ['Claude-Opus-5.5', 'claude-opus-5-5'],
    ['anthropic/claude-opus-5.5', 'claude-opus-5-5'],
    ['openrouter/anthropic/claude-opus-5.5:beta', 'claude-opus-5-5'],
    ['claude-haiku-4-5-20251001', 'claude-haiku-4-5'],
    ['claude-opus-4@20250514', 'claude-opus-4'],
    ['vertex_ai/claude-opus-5-5@default', 'claude-opus-5-5'],
    ['publishers/anthropic/models/claude-opus-5-5@20260101', 'claude-opus-5-5'],
    ['projects/p1/locations/us-east5/publishers/anthropic/models/claude-opus-5-5', 'claude-opus-5-5'],
    ['bedrock/us.anthropic.claude-opus-4-5-20251101-v1:0', 'claude-opus-4-5'],
    ['global.anthropic.claude-opus-5-5', 'claude-opus-5-5'],
    ['arn:aws:bedrock:us-east-1:123:inference-profile/eu.anthropic.claude-sonnet-5-v1:0', 'claude-sonnet-5'],
    ['anthropic.claude-3-haiku-20240307-v1:0:200k', 'claude-3-haiku'],
    ['apac.amazon.nova-lite-v1:0', 'amazon.nova-lite'],
    ['models/gemini-2.5-pro', 'gemini-2.5-pro'],
    ['gemini-2.0-flash-001', 'gemini-2.0-flash'],
    ['gemini-2.5-flash-preview-09-2025', 'gemini-2.5-flash-preview'],
    ['gpt-5.4-2026-03-05', 'gpt-5.4'],
    ['azure/gpt-5.4', 'gpt-5.4'],
    ['accounts/fireworks/models/glm-5p2', 'glm-5p2'],
    ['accounts/my-team/models/my-model', 'my-model'],
    ['openai/ gpt-5.5', 'gpt-5.5'],
    ['deepseek/deepseek-v4-pro:free', 'deepseek-v4-pro'],
    ['  gpt-6-sol\n', 'gpt-6-sol'],
  ])('reads %s as %s', (raw, id) => {
    expect(normaliseModelId(raw).id).toBe(id);
  });

  test.each([
    'claude-sonnet-5-5',
    'claude-opus-4-6-fast',
    'gpt-5.6-sol-xhigh',
    'gpt-5.3-codex-spark',
    'minimax-m2.5',
    'grok-4-fast',
    'kimi-k2.7-code-highspeed',
    'text-embedding-ada-002-v2',
    'claude-v1',
    'someone/claude-opus-5-5',
    'gpt-4-0613',
    'qwen3-coder-20269999',
  ])('leaves %s as it is', (raw) => {
    expect(normaliseModelId(raw).id).toBe(raw);
  });

  test('keeps the dated form apart, because some snapshots have a price of their own', () => {
    expect(normaliseModelId('openai/gpt-4o-2024-05-13')).toMatchObject({ id: 'gpt-4o', dated: 'gpt-4o-2024-05-13' });
    expect(normaliseModelId('gpt-4o').dated).toBe('gpt-4o');
  });

  test('tells what the id said besides the name', () => {
    expect(normaliseModelId('us.anthropic.claude-opus-5-5-v1:0').flags.region).toBe('us');
    expect(normaliseModelId('us-gov.anthropic.claude-opus-5-5').flags.region).toBe('us-gov');
    expect(normaliseModelId('claude-opus-5-5[1M]').flags.longContext1m).toBe(true);
    expect(normaliseModelId('z-ai/glm-5.2:free').flags.variant).toBe('free');
    expect(normaliseModelId('claude-opus-4-6-fast').flags.fast).toBe(true);
    expect(normaliseModelId('gpt-5.6-sol-xhigh').flags.effortSuffix).toBe('xhigh');
    expect(normaliseModelId('gpt-5.6-sol').flags).toEqual({
      longContext1m: false,
      fast: false,
      region: null,
      variant: null,
      effortSuffix: null,
    });
  });

  const idPiece = fc.constantFrom(
    ...[
      'models/',
      'bedrock/',
      'us.',
      'global.',
      'anthropic.',
      'claude-',
      'gpt-',
      'gemini-',
      'opus-',
      '5.5',
      '5-5',
      '-v1',
    ],
    ...[
      ':0',
      '-20260101',
      '-2026-01-01',
      '@20260101',
      ':free',
      ':beta',
      '[1m]',
      '-fast',
      '-high',
      '/',
      '-',
      '.',
      '-001',
    ],
    ...['arn:', 'projects/', 'accounts/', '-09-2025', 'İ', ' '],
  );
  const anyId = fc.oneof(
    fc.string(),
    fc.array(idPiece, { maxLength: 12 }).map((pieces) => pieces.join('')),
  );

  test('an id that was normalised stays as it is', () => {
    fc.assert(
      fc.property(anyId, (raw) => {
        const { id } = normaliseModelId(raw);
        expect(normaliseModelId(id).id).toBe(id);
      }),
      { numRuns: 2000 },
    );
  });

  test('the id never grows', () => {
    fc.assert(
      fc.property(anyId, (raw) => {
        const { id, exact } = normaliseModelId(raw);
        expect(id.length).toBeLessThanOrEqual(Math.min(exact.length, MAX_MODEL_ID_CHARS));
      }),
      { numRuns: 2000 },
    );
  });

  test.each(['[1m]', ':free', '@latest', '-2026-01-01', 'models', 'projects'])(
    '%s alone is a name like any other',
    (raw) => {
      expect(normaliseModelId(raw).id).toBe(raw);
    },
  );

  test('keeps the id as it came, in lower case and without blanks', () => {
    expect(normaliseModelId(' OpenAI/GPT-6-sol\n').exact).toBe('openai/gpt-6-sol');
  });

  test('an id that grows in lower case is cut too', () => {
    expect(normaliseModelId('\u0130'.repeat(300)).exact).toHaveLength(MAX_MODEL_ID_CHARS);
  });

  test('a hostile id is cut', () => {
    expect(normaliseModelId(`${'models/'.repeat(100_000)}x`).exact).toHaveLength(MAX_MODEL_ID_CHARS);
  });
});

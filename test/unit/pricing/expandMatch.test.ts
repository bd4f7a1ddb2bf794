import { describe, expect, test } from 'vitest';
import { expandMatch } from '../../../scripts/prices/expandMatch.ts';

describe('expandMatch', () => {
  test.each([
    [{ equals: 'gpt-5.5' }, ['gpt-5.5']],
    [{ or: [{ equals: 'a' }, { or: [{ equals: 'b' }] }] }, ['a', 'b']],
    [{ starts_with: 'claude-sonnet-5' }, ['claude-sonnet-5']],
    [{ starts_with: 'claude-sonnet-4-2025' }, ['claude-sonnet-4']],
    [{ starts_with: 'claude-sonnet-4@' }, ['claude-sonnet-4']],
    [{ contains: 'global.anthropic.claude-opus-5-5' }, ['global.anthropic.claude-opus-5-5']],
    [{ ends_with: 'claude-opus-5' }, ['claude-opus-5']],
    [{ regex: '^claude-opus-5-5-\\d{8}$' }, ['claude-opus-5-5']],
    [{ regex: '^gpt-5\\.6-sol-\\d{4}-\\d{2}-\\d{2}$' }, ['gpt-5.6-sol']],
    [{ regex: '^composer-2\\.5\\[fast=true\\]$' }, ['composer-2.5[fast=true]']],
    [{ and: [{ starts_with: 'gemini-2.5-pro' }, { regex: '^(?!.*tts)' }] }, ['gemini-2.5-pro']],
  ])('%j stands for %j', (rule, ids) => {
    expect(expandMatch(rule)).toEqual({ ids, dropped: [] });
  });

  test.each([{ regex: '^gemini-3\\.5-flash-\\d' }, { regex: '^(a|b)$' }, { starts_with: 'ft:gpt-4o-2024-' }])(
    '%j has no exact form and is reported',
    (rule) => {
      expect(expandMatch(rule)).toEqual({ ids: [], dropped: Object.values(rule) });
    },
  );
});

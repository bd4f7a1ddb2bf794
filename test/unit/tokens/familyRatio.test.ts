import { describe, expect, it } from 'vitest';
import { familyRatio } from '../../../src/tokens/familyRatio.ts';

describe('familyRatio', () => {
  it.each([
    ['claude-opus-5-5', 1.45],
    ['claude-opus-4-8', 1.45],
    ['claude-opus-4-7-20260401', 1.45],
    ['anthropic/claude-opus-5.5', 1.45],
    ['claude-fable-5', 1.45],
    ['opus', 1.45],
    ['claude-opus-4-6', 1.15],
    ['claude-opus-4-20250514', 1.15],
    ['claude-sonnet-4-5-20250929', 1.15],
    ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 1.15],
    ['claude-3-7-sonnet-20250219', 1.15],
    ['claude-2.1', 1.15],
    ['claude-instant-1', 1.15],
    ['gemini-3.1-pro-preview', 1.17],
    ['models/gemini-2.5-pro', 1.17],
    ['qwen3-coder-plus', 1.05],
    ['kimi-k2.7-code', 1.05],
    ['glm-5.2', 1.05],
    ['MiniMax-M3', 1.05],
    ['deepseek-v4-pro', 1.04],
    ['grok-4.5', 1.05],
    ['gpt-6-sol', 1],
    ['gpt-5.3-codex', 1],
    ['openai/o3', 1],
    ['o4-mini', 1],
    ['devstral-2512', 1.05],
    ['', 1.05],
  ])('takes %s for %d', (model, ratio) => {
    expect(familyRatio(model)).toBe(ratio);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSetting } from '../../../src/manifest/checkSetting.ts';
import { agentIds, type SettingKey, settings } from '../../../src/manifest/manifest.ts';

const keys = Object.keys(settings) as SettingKey[];

describe('checkSetting', () => {
  it('yields the default where nothing is written', () => {
    for (const key of keys)
      expect(checkSetting(key, undefined)).toEqual({ value: settings[key].default, problem: null });
  });

  it('yields a value of the right kind and a sentence for anything that is not', () => {
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.anything(), (key, written) => {
        const { value, problem } = checkSetting(key, written);
        expect(typeof value).toBe(typeof settings[key].default);
        expect(Array.isArray(value)).toBe(Array.isArray(settings[key].default));
        expect(problem === null || problem.endsWith('.')).toBe(true);
      }),
    );
  });

  it('keeps the valid entries of a list', () => {
    expect(checkSetting('outlay.terminals.connect', ['codex', 'emacs'])).toEqual({
      value: ['codex'],
      problem: 'The setting "outlay.terminals.connect" has entries that are not valid; they are left out.',
    });
    expect(checkSetting('outlay.terminals.connect', [...agentIds]).problem).toBeNull();
    expect(checkSetting('outlay.upstreams', { anthropic: 'https://a.example', openai: 1 }).value).toEqual({
      anthropic: 'https://a.example',
    });
  });

  it('takes false for false', () => {
    expect(checkSetting('outlay.enabled', false)).toEqual({ value: false, problem: null });
    expect(checkSetting('outlay.enabled', 'no').value).toBe(true);
  });
});

import { describe, expect, it } from 'vitest';
import packageJson from '../../../package.json';
import { settings } from '../../../src/manifest/manifest.ts';
import { parseOverrides } from '../../../src/pricing/overrides.ts';

describe('outlay.prices', () => {
  const { properties } = packageJson.contributes.configuration.properties['outlay.prices'].items;

  it('has a default that says nothing', () => {
    expect(parseOverrides(settings['outlay.prices'].default)).toEqual({ overrides: [], problems: [] });
  });

  it('shows an example that works', () => {
    const example = /`(\[\{.*?\}\])`/.exec(settings['outlay.prices'].description)?.[1] ?? '';
    const parsed = parseOverrides(JSON.parse(example));
    expect(parsed.problems).toEqual([]);
    expect(parsed.overrides).toHaveLength(1);
  });

  it.each(Object.keys(properties).filter((key) => key !== 'match' && key !== 'from'))(
    'offers "%s", which the meter understands',
    (key) => {
      expect(parseOverrides([{ match: 'm', [key]: 1 }]).problems).toEqual([]);
    },
  );

  it('offers a day, which the meter understands', () => {
    expect(parseOverrides([{ match: 'm', inputUsdPerMtok: 1, from: '2026-12-31' }]).problems).toEqual([]);
  });
});

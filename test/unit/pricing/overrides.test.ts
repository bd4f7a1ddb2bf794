import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { overrideFor, parseOverrides, ratesOfOverride } from '../../../src/pricing/overrides.ts';

describe('parseOverrides', () => {
  test('reads a full entry', () => {
    const entry = { match: 'anthropic/claude-*', inputUsdPerMtok: 3, multiplier: 0.9, from: '2026-12-01' };
    expect(parseOverrides([entry])).toEqual({ overrides: [entry], problems: [] });
  });

  test('settings that were never made are no problem', () => {
    expect(parseOverrides(undefined)).toEqual({ overrides: [], problems: [] });
  });

  test.each([
    [{ match: 'x', inputUsdPerMtok: '3' }, '"inputUsdPerMtok" is "3", which is no number'],
    [{ match: 'x', inputUsdPerMtok: Number.NaN }, 'which is no number'],
    [{ match: 'x', inputUsdPerMtok: null }, '"inputUsdPerMtok" is null, which is no number'],
    [{ match: 'x', outputUsdPerMtok: -1 }, 'cannot be negative'],
    [{ match: 'x', outputUsdPerMtok: 1e9 }, 'above the limit of 10000'],
    [{ match: 'x', multiplier: 101 }, 'above the limit of 100'],
    [{ match: 'x', input: 3 }, 'unknown key "input"'],
    [{ match: 'x', inputUsdPerMtok: 3, from: '2026-13-01' }, '"from" is "2026-13-01", which is no date'],
    [{ match: 'x', inputUsdPerMtok: 3, from: '2026-02-30' }, 'which is no date'],
    [{ match: 'x', inputUsdPerMtok: 3, from: 20261201 }, 'which is no date'],
    [{ match: 'x', inputUsdPerMtok: 3, from: ['2026-12-01'] }, '"from" is a list, which is no date'],
    [{ match: 'x', inputUsdPerMtok: 3, from: {} }, '"from" is an object, which is no date'],
    [{ match: 'x', inputUsdPerMtok: 3, from: '2026-12-01T00:00:00Z' }, 'which is no date'],
    [{ match: 'x', inputUsdPerMtok: 3, from: '+02026-12-01' }, 'which is no date'],
    [{ match: 'x', inputUsdPerMtok: 3, from: 'y'.repeat(59) }, `"from" is "${'y'.repeat(59)}..., which`],
    [{ match: 'x', inputUsdPerMtok: 3, from: 'y'.repeat(58) }, `"from" is "${'y'.repeat(58)}", which`],
    [{ match: 'x', inputUsdPerMtok: true }, '"inputUsdPerMtok" is true, which is no number'],
    [{ match: 'x', inputUsdPerMtok: 10_000.01 }, 'above the limit of 10000'],
    [{ match: '  ', inputUsdPerMtok: 3 }, 'needs a "match"'],
    [{ match: 'x', price: 3 }, '(known are match, from, inputUsdPerMtok, outputUsdPerMtok, cacheReadUsdPerMtok,'],
    [{ match: '', inputUsdPerMtok: 3 }, 'needs a "match"'],
    [{ inputUsdPerMtok: 3 }, 'needs a "match"'],
    [{ match: 'gpt-?', inputUsdPerMtok: 3 }, 'wildcard other than *'],
    [{ match: 'x'.repeat(300), inputUsdPerMtok: 3 }, 'longer than 256'],
    [{ match: 'x' }, 'sets no price'],
    ['x', 'it is no object'],
    [null, 'it is no object'],
    [[], 'it is no object'],
  ])('leaves out %j and says why', (entry, words) => {
    const good = { match: 'gpt-6-sol', inputUsdPerMtok: 1 };
    const { overrides, problems } = parseOverrides([good, entry]);
    expect(overrides).toEqual([good]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^Price override 2 is ignored: .*\.$/);
    expect(problems[0]).toContain(words);
  });

  test('takes what is just within the limits', () => {
    const entries = [
      { match: 'x'.repeat(256), inputUsdPerMtok: 0 },
      { match: 'x', outputUsdPerMtok: 10_000 },
      { match: 'x', multiplier: 100 },
    ];
    expect(parseOverrides(entries)).toEqual({ overrides: entries, problems: [] });
  });

  test('reads a match without the blanks around it, in lower case', () => {
    expect(parseOverrides([{ match: ' OpenAI/GPT-* ', multiplier: 2 }]).overrides).toEqual([
      { match: 'openai/gpt-*', multiplier: 2 },
    ]);
  });

  test('takes keys that are there without a value for keys that are not there', () => {
    const entry = { match: 'x', multiplier: 2, inputUsdPerMtok: undefined, from: undefined };
    const { overrides, problems } = parseOverrides([entry]);
    expect(problems).toEqual([]);
    expect(overrides.map((override) => Object.keys(override))).toEqual([['match', 'multiplier']]);
  });

  test('reads five hundred entries and says that it reads no more', () => {
    const entries = Array.from({ length: 501 }, () => ({ match: 'x', multiplier: 2 }));
    expect(parseOverrides(entries.slice(1))).toMatchObject({ problems: [] });
    const { overrides, problems } = parseOverrides(entries);
    expect(overrides).toHaveLength(500);
    expect(problems).toEqual(['Price overrides after the first 500 are ignored.']);
  });

  test('a value that is no list is one problem', () => {
    expect(parseOverrides({ match: 'x' }).problems).toEqual(['Price overrides are ignored: they have to be a list.']);
  });

  test('never throws, and keeps or names every entry', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const { overrides, problems } = parseOverrides(value);
        const entries = Array.isArray(value) ? value.length : value === undefined || value === null ? 0 : 1;
        expect(overrides.length + problems.length).toBe(entries);
      }),
    );
  });
});

describe('overrideFor', () => {
  const query = { provider: 'anthropic', model: 'claude-opus-5-5', atMs: Date.UTC(2026, 11, 1) };

  test.each(['claude-opus-5-5', 'claude-*', 'anthropic/claude-*', '*', 'Anthropic/Claude-Opus-5-5'])(
    'finds %s',
    (match) => {
      expect(overrideFor([{ match, multiplier: 2 }], query)?.match).toBe(match);
    },
  );

  test.each(['openai/*', 'claude-opus-5', 'opus'])('does not find %s', (match) => {
    expect(overrideFor([{ match, multiplier: 2 }], query)).toBeNull();
  });

  test('finds a model under the spelling that it was called by and under its plain name', () => {
    const dated = { ...query, model: 'claude-haiku-4-5-20251001' };
    expect(overrideFor([{ match: 'claude-haiku-4-5', multiplier: 2 }], dated)).not.toBeNull();
    expect(overrideFor([{ match: 'claude-haiku-4-5-20251001', multiplier: 2 }], dated)).not.toBeNull();
    expect(overrideFor([{ match: 'anthropic/claude-haiku-4-5', multiplier: 2 }], dated)).not.toBeNull();
    expect(overrideFor([{ match: 'anthropic/claude-haiku-4-5-20251001', multiplier: 2 }], dated)).not.toBeNull();
  });

  test('an override holds from the first instant of its day, in UTC', () => {
    const overrides = [{ match: '*', multiplier: 2, from: '2026-12-01' }];
    expect(overrideFor(overrides, query)).not.toBeNull();
    expect(overrideFor(overrides, { ...query, atMs: query.atMs - 1 })).toBeNull();
  });

  test('of several that hold, the last one in the list counts, whatever stands around it', () => {
    const some = fc.array(
      fc.record({
        match: fc.constantFrom('claude-*', '*', 'openai/*'),
        from: fc.constantFrom('2026-01-01', '2027-01-01'),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(some, some, (before, after) => {
        const ours = { match: 'claude-opus-5-5', multiplier: 7 };
        const others = after.filter(({ match, from }) => match === 'openai/*' || from === '2027-01-01');
        expect(overrideFor([...before, ours, ...others], query)).toEqual(ours);
      }),
    );
  });
});

describe('ratesOfOverride', () => {
  test('names each rate as the book does, and only those that are set', () => {
    const set = {
      inputUsdPerMtok: 1,
      outputUsdPerMtok: 2,
      cacheReadUsdPerMtok: 3,
      cacheWrite5mUsdPerMtok: 4,
      cacheWrite1hUsdPerMtok: 5,
      webSearchUsdPerThousand: 6,
    };
    const rates = { input: 1, output: 2, cacheRead: 3, cacheWrite5m: 4, cacheWrite1h: 5, webSearch: 6 };
    expect(ratesOfOverride({ match: 'x', ...set })).toStrictEqual(rates);
    expect(ratesOfOverride({ match: 'x', multiplier: 2, from: '2026-01-01' })).toStrictEqual({});
  });
});

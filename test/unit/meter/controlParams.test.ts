import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readBeforeMs,
  readRecords,
  readSettings,
  readVersion,
  readWorkspace,
} from '../../../src/meter/control/controlParams.ts';
import { ControlProblem } from '../../../src/meter/control/controlServer.ts';
import { parseOverrides } from '../../../src/pricing/overrides.ts';
import { parseMeterLock } from '../../../src/protocol/meterLock.ts';
import { call } from '../ledger/callFixtures.ts';

const readers = { readBeforeMs, readRecords, readSettings, readVersion, readWorkspace };

/** Values that a JSON text can hold and that code trips over. */
const trap = fc.constantFrom<unknown>(
  ...[
    null,
    true,
    '',
    0,
    -0,
    -1,
    1.5,
    1e308,
    2 ** 53,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    [],
    {},
    [[]],
    'x'.repeat(100_000),
  ],
  ...[
    '{"__proto__":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    '{"upstreams":{"__proto__":"http://x"}}',
  ].map((text) => JSON.parse(text) as unknown),
);
const names = fc.constantFrom(
  ...[
    'metering',
    'retentionDays',
    'priceOverrides',
    'workspaceId',
    'title',
    'upstreams',
    'beforeMs',
    'version',
    'records',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'match',
    'inputUsdPerMtok',
    'port',
    'token',
    'controlToken',
    'pid',
    'id',
    'usage',
    'cost',
  ],
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    trap,
    fc.jsonValue({ maxDepth: 2 }),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(names, tie('tree'), { maxKeys: 6 }),
  ),
}));

describe('what clients and files may send', () => {
  it('is a value or a problem in a sentence, whatever it is, and pollutes nothing', () => {
    fc.assert(
      fc.property(tree, (value) => {
        for (const read of Object.values(readers)) {
          try {
            read(value);
          } catch (error) {
            expect(error).toBeInstanceOf(ControlProblem);
          }
        }
        parseMeterLock(value);
        for (const problem of parseOverrides(value).problems) expect(problem.length).toBeLessThan(1_000);
        expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
      }),
      { numRuns: 3_000 },
    );
  });

  it('takes no settings out of a prototype', () => {
    const inherited: unknown = JSON.parse('{"__proto__":{"metering":false,"retentionDays":1}}');
    expect(() => readSettings(inherited)).toThrow(ControlProblem);
    const { upstreams } = readWorkspace(
      JSON.parse('{"workspaceId":"w","upstreams":{"__proto__":"http://x","constructor":"http://y"}}'),
    );
    expect(Object.getPrototypeOf(upstreams)).toBe(Object.prototype);
  });
});

/** The sentence that a reader refuses a value with. */
function refusalOf(read: (value: unknown) => unknown, value: unknown): string {
  try {
    return `accepted: ${JSON.stringify(read(value))}`;
  } catch (error) {
    return error instanceof ControlProblem ? error.message : `not a problem: ${String(error)}`;
  }
}

describe('readSettings', () => {
  const settings = { metering: false, retentionDays: 30, priceOverrides: [{ match: 'm' }] };

  it('takes the named fields, the prices as they were written, and nothing else', () => {
    expect(readSettings({ ...settings, other: 1 })).toEqual(settings);
    expect(readSettings({ metering: true, retentionDays: 0 })).toEqual({
      metering: true,
      retentionDays: 0,
      priceOverrides: undefined,
    });
  });

  it('takes whether logs are read only where that is yes or no', () => {
    for (const readLogs of [true, false])
      expect(readSettings({ ...settings, readLogs })).toEqual({ ...settings, readLogs });
    for (const readLogs of [undefined, null, 'yes', 1])
      expect(Object.keys(readSettings({ ...settings, readLogs }))).not.toContain('readLogs');
  });

  it('says which field is wrong', () => {
    for (const metering of [undefined, null, 'true', 1])
      expect(refusalOf(readSettings, { ...settings, metering })).toBe('"metering" must be true or false.');
    for (const retentionDays of [undefined, null, '30', -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(refusalOf(readSettings, { ...settings, retentionDays })).toBe(
        '"retentionDays" must be a whole number of days, 0 for ever.',
      );
    for (const value of [null, undefined, 'text', 1, [settings]])
      expect(refusalOf(readSettings, value)).toBe('An object was expected.');
  });
});

describe('readWorkspace', () => {
  it('takes an id of letters, digits and dashes, and its upstreams', () => {
    const workspace = { workspaceId: 'Ws-1', title: 'Title', upstreams: { anthropic: 'https://own.example' } };
    expect(readWorkspace({ ...workspace, other: 1 })).toEqual(workspace);
    expect(readWorkspace({ workspaceId: 'x'.repeat(64) }).workspaceId).toHaveLength(64);
    for (const workspaceId of [undefined, 1, '', 'x'.repeat(65), 'a b', 'a/b', 'a_b', 'a\n', 'ä', '../x'])
      expect(refusalOf(readWorkspace, { workspaceId })).toBe('"workspaceId" must be letters, digits and dashes.');
  });

  it('cuts a title to 200 characters, and takes none for an empty one', () => {
    expect(readWorkspace({ workspaceId: 'w', title: `${'t'.repeat(200)}u` }).title).toBe('t'.repeat(200));
    expect(readWorkspace({ workspaceId: 'w', title: 7 }).title).toBe('');
    expect(readWorkspace({ workspaceId: 'w' })).toEqual({ workspaceId: 'w', title: '', upstreams: {} });
  });

  it('refuses upstreams that are no texts', () => {
    expect(refusalOf(readWorkspace, { workspaceId: 'w', upstreams: { openai: 1 } })).toBe(
      'The upstream of "openai" must be a text.',
    );
    expect(refusalOf(readWorkspace, { workspaceId: 'w', upstreams: 'https://x' })).toBe('An object was expected.');
  });
});

describe('readBeforeMs', () => {
  it('takes an instant or null, and never takes nonsense for everything', () => {
    expect(readBeforeMs({ beforeMs: null })).toBeNull();
    expect(readBeforeMs({ beforeMs: 0 })).toBe(0);
    expect(readBeforeMs({ beforeMs: 1.5 })).toBe(1.5);
    for (const beforeMs of [undefined, '0', Number.NaN, Number.POSITIVE_INFINITY, false])
      expect(refusalOf(readBeforeMs, { beforeMs })).toBe(
        '"beforeMs" must be an instant in milliseconds, or null for everything.',
      );
  });
});

describe('readVersion', () => {
  it('takes version numbers, with or without what follows them', () => {
    for (const version of ['0.1.0', '10.20.30', '1.2.3-beta.1']) expect(readVersion({ version })).toBe(version);
    for (const version of [undefined, null, 1, '', '1.2', '1.2.', 'v1.2.3', ' 1.2.3', '1..3', 'a1.2.3'])
      expect(refusalOf(readVersion, { version })).toBe('"version" must be a version number.');
  });
});

describe('readRecords', () => {
  it('keeps the records of a list and leaves out what has not their frame', () => {
    const frame = { id: 'a', startedAtMs: 1, usage: {}, cost: {} };
    const broken = [
      null,
      'text',
      { ...frame, id: 1 },
      { ...frame, startedAtMs: '1' },
      { ...frame, usage: 1 },
      { ...frame, cost: undefined },
    ];
    expect(readRecords({ records: [call(), ...broken, frame] })).toEqual([call(), frame]);
    expect(refusalOf(readRecords, { records: {} })).toBe('"records" must be a list.');
  });
});

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

import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { call, callId } from './callFixtures.ts';
import { integrityOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

const options = { clock: systemClock, log: () => undefined };

/** A closed ledger with calls enough for some pages of every kind. */
function filledLedger(): string {
  const path = ledgerPathOf(tempDir());
  const ledger = openLedger({ path, ...options });
  const records = Array.from({ length: 200 }, (_, index) => call({ id: callId(index), session: `s${index % 9}` }));
  ledger.writer.apply(records.map((record) => ({ kind: 'finish', record })));
  ledger.close();
  return path;
}

function asideOf(path: string): readonly string[] {
  return readdirSync(dirname(path)).filter((name) => /^ledger\.damaged-.*\.sqlite$/.test(name));
}

describe('a damaged ledger', () => {
  it.each([
    ['an overwritten header', (bytes: Buffer) => bytes.fill(0x78, 0, 100)],
    [
      'a text file in its place',
      () => Buffer.from('not a database at all, but long enough to be looked at as one'.repeat(40)),
    ],
    ['an overwritten page in the middle', (bytes: Buffer) => bytes.fill(0xa5, 4096 * 3, 4096 * 4)],
    ['a file cut in half', (bytes: Buffer) => bytes.subarray(0, 4096 * Math.floor(bytes.length / 8192))],
  ])('with %s is set aside unchanged, and a new one is begun', (_, damage) => {
    const path = filledLedger();
    const damaged = Buffer.from(damage(readFileSync(path)));
    writeFileSync(path, damaged);
    const said: string[] = [];
    const ledger = openLedger({ ...options, path, log: (sentence) => said.push(sentence) });
    const [aside = ''] = asideOf(path);
    expect(ledger.health()).toEqual({ state: 'recovered', setAsidePath: join(dirname(path), aside) });
    expect(readFileSync(join(dirname(path), aside)).equals(damaged)).toBe(true);
    expect(said).toHaveLength(1);
    expect(ledger.reader.calls({})).toEqual([]);
    ledger.writer.finish(call());
    ledger.close();
    expect(integrityOf(path)).toBe('ok');
  });

  it('takes the log along when it is set aside, so that the new ledger does not meet it', () => {
    const path = filledLedger();
    writeFileSync(path, Buffer.alloc(8192, 0x41));
    writeFileSync(`${path}-wal`, Buffer.alloc(5000, 0x42));
    const ledger = openLedger({ ...options, path });
    ledger.writer.finish(call());
    const [aside = ''] = asideOf(path);
    expect(existsSync(join(dirname(path), `${aside}-wal`))).toBe(true);
    expect(ledger.reader.calls({})).toHaveLength(1);
    ledger.close();
  });

  it('found only while it is used is set aside then, and the write in hand goes to the new one', () => {
    const path = filledLedger();
    const ledger = openLedger({ ...options, path });
    expect(ledger.health()).toEqual({ state: 'ok' });
    truncateSync(path, 4096);
    writeFileSync(path, Buffer.alloc(100_000, 0x5a), { flag: 'r+' });
    ledger.writer.finish(call({ id: callId(5000) }));
    expect(ledger.health()).toMatchObject({ state: 'recovered' });
    expect(asideOf(path)).toHaveLength(1);
    expect(ledger.reader.calls({}).map((record) => record.id)).toEqual([callId(5000)]);
    ledger.close();
    expect(integrityOf(path)).toBe('ok');
  });

  it('in the names of tables or columns is found when it is opened', () => {
    for (const name of [
      'thinking_at_least_tokens',
      'TABLE observations',
      'REFERENCES tasks',
      'ON calls (started_at_ms',
    ]) {
      const path = filledLedger();
      const bytes = readFileSync(path);
      const at = bytes.indexOf(name);
      expect(at).toBeGreaterThan(0);
      bytes.write('z', at + name.length - 2);
      writeFileSync(path, bytes);
      const ledger = openLedger({ ...options, path });
      expect(ledger.health()).toMatchObject({ state: 'recovered' });
      ledger.writer.finish(call({ id: callId(9999) }));
      expect(ledger.reader.calls({}).map((record) => record.id)).toEqual([callId(9999)]);
      ledger.close();
    }
  });

  it('by any one flipped byte never stops the books: it is set aside, or reads and writes go on', () => {
    const path = filledLedger();
    const whole = readFileSync(path);
    const step = Math.floor(whole.length / 150) | 1;
    for (let offset = 0; offset < whole.length; offset += step) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(offset) ^ 0xff, offset);
      writeFileSync(path, bytes);
      const ledger = openLedger({ ...options, path });
      ledger.reader.report({ by: 'session' });
      ledger.reader.calls({});
      ledger.writer.finish(call({ id: callId(9999) }));
      // Not by its id: the one byte may have been in the index of ids, which nothing notices.
      expect(ledger.reader.calls({}).filter(({ id }) => id === callId(9999))).toHaveLength(1);
      ledger.close();
    }
    expect(asideOf(path).length).toBeGreaterThan(0);
  });
});

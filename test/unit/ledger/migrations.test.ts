import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { migrations } from '../../../src/ledger/migrations.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { call } from './callFixtures.ts';
import { execute, rowsOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

const options = { clock: systemClock, log: () => undefined };
const next = { version: 2, sql: 'CREATE TABLE later (a INTEGER) STRICT; INSERT INTO later VALUES (1);' };

function ledgerWithOneCall(): string {
  const path = ledgerPathOf(tempDir());
  const ledger = openLedger({ path, ...options });
  ledger.writer.finish(call());
  ledger.close();
  return path;
}

const backupsOf = (path: string) => readdirSync(dirname(path)).filter((name) => name.startsWith('ledger.version-'));
const versionOf = (path: string) => rowsOf(path, 'PRAGMA user_version')[0]?.['user_version'];

describe('migrations', () => {
  it('are numbered from one without a gap', () => {
    expect(migrations.map((step) => step.version)).toEqual(migrations.map((_, index) => index + 1));
  });

  it('fill an empty file without a backup of nothing', () => {
    const path = ledgerPathOf(tempDir());
    execute(path, 'PRAGMA user_version = 0');
    const ledger = openLedger({ path, ...options });
    ledger.writer.finish(call());
    ledger.close();
    expect(versionOf(path)).toBe(1);
    expect(backupsOf(path)).toEqual([]);
  });

  it('bring an older file to the next version and keep a backup of it as it was', () => {
    const path = ledgerWithOneCall();
    const ledger = openLedger({ path, ...options, migrations: [...migrations, next] });
    expect(ledger.reader.calls({})).toEqual([call()]);
    ledger.close();
    expect(versionOf(path)).toBe(2);
    const [backup = ''] = backupsOf(path);
    expect(backup).toMatch(/^ledger\.version-1-\d{8}T\d{9}Z\.sqlite$/);
    const older = join(dirname(path), backup);
    expect(statSync(older).mode & 0o777).toBe(0o600);
    expect(versionOf(older)).toBe(1);
    const reader = openLedgerReader(older);
    expect(reader.calls({})).toEqual([call()]);
    reader.close();
  });

  it('that fail half way leave the older version whole, and are tried again the next time', () => {
    const path = ledgerWithOneCall();
    const broken = { version: 2, sql: `${next.sql} INSERT INTO missing VALUES (1);` };
    expect(() => openLedger({ path, ...options, migrations: [...migrations, broken] })).toThrow('missing');
    expect(versionOf(path)).toBe(1);
    expect(rowsOf(path, `SELECT name FROM sqlite_schema WHERE name = 'later'`)).toEqual([]);
    const ledger = openLedger({ path, ...options, migrations: [...migrations, next] });
    expect(ledger.reader.calls({})).toHaveLength(1);
    ledger.close();
    expect(versionOf(path)).toBe(2);
  });
});

import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { windowAccountKeys } from '../../../src/budget/accountKeys.ts';
import type { CallRecord } from '../../../src/domain/call.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { zeroUsage } from '../../../src/domain/usage.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { migrations } from '../../../src/ledger/migrations.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { call, callId, priced, unpriced, usage } from './callFixtures.ts';
import { execute, rowsOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

const options = { clock: systemClock, log: () => undefined };
const newest = migrations.length;
const next = { version: newest + 1, sql: 'CREATE TABLE later (a INTEGER) STRICT; INSERT INTO later VALUES (1);' };

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
    expect(versionOf(path)).toBe(newest);
    expect(backupsOf(path)).toEqual([]);
  });

  it('bring an older file to the next version and keep a backup of it as it was', () => {
    const path = ledgerWithOneCall();
    const ledger = openLedger({ path, ...options, migrations: [...migrations, next] });
    expect(ledger.reader.calls({})).toEqual([call()]);
    ledger.close();
    expect(versionOf(path)).toBe(newest + 1);
    const [backup = ''] = backupsOf(path);
    expect(backup).toMatch(/^ledger\.version-\d-\d{8}T\d{9}Z\.sqlite$/);
    const older = join(dirname(path), backup);
    expect(statSync(older).mode & 0o777).toBe(0o600);
    expect(versionOf(older)).toBe(newest);
    const reader = openLedgerReader(older);
    expect(reader.calls({})).toEqual([call()]);
    reader.close();
  });

  it('that fail half way leave the older version whole, and are tried again the next time', () => {
    const path = ledgerWithOneCall();
    const broken = { version: newest + 1, sql: `${next.sql} INSERT INTO missing VALUES (1);` };
    expect(() => openLedger({ path, ...options, migrations: [...migrations, broken] })).toThrow('missing');
    expect(versionOf(path)).toBe(newest);
    expect(rowsOf(path, `SELECT name FROM sqlite_schema WHERE name = 'later'`)).toEqual([]);
    const ledger = openLedger({ path, ...options, migrations: [...migrations, next] });
    expect(ledger.reader.calls({})).toHaveLength(1);
    ledger.close();
    expect(versionOf(path)).toBe(newest + 1);
  });

  it('begin the accounts of days and months with the calls of version 1, exactly as those would be charged', () => {
    const path = ledgerPathOf(tempDir());
    const zone = { ...options, timeZone: 'Asia/Tokyo' };
    const records = [
      call({ id: callId(1), cost: priced(5, 2) }),
      call({ id: callId(2), workspaceId: 'w2', auth: 'subscription', provenance: 'partial' }),
      call({
        id: callId(3),
        startedAtMs: Date.UTC(2026, 10, 30, 15),
        usage: usage({ outputTokens: 9 }),
        cost: unpriced,
      }),
      call({ id: callId(4), status: 'error', usage: zeroUsage, cost: unpriced }),
      call({ id: callId(5), status: 'aborted', usage: usage({}), cost: unpriced }),
    ];
    const first = openLedger({ path, ...zone, migrations: migrations.slice(0, 1) });
    first.close();
    const current = openLedger({ path: ':memory:', ...zone });
    for (const record of records) current.writer.finish(record);
    const keys = records.flatMap(({ workspaceId, startedAtMs }) =>
      windowAccountKeys({ workspaceId, atMs: startedAtMs, timeZone: 'Asia/Tokyo' }),
    );
    const expected = current.budget.accounts(keys);
    current.close();
    bookInVersion1(path, records);
    const ledger = openLedger({ path, ...zone });
    expect(ledger.budget.accounts(keys)).toEqual(expected);
    for (const record of records) ledger.writer.finish(record);
    expect(ledger.budget.accounts(keys)).toEqual(expected);
    ledger.close();
  });
});

/** Writes calls as the first version did: the rows of today less what today's version adds. */
function bookInVersion1(path: string, records: readonly CallRecord[]): void {
  const newer = ledgerPathOf(tempDir());
  const ledger = openLedger({ path: newer, ...options, timeZone: 'Asia/Tokyo' });
  for (const record of records) ledger.writer.finish(record);
  ledger.close();
  const tables = ['names', 'calls', 'call_parts', 'observations', 'rollups'];
  const copies = tables.map((table) => {
    const [row] = rowsOf(path, `SELECT group_concat(name, ', ') AS columns FROM pragma_table_info('${table}')`);
    return `INSERT INTO ${table} (${row?.['columns']}) SELECT ${row?.['columns']} FROM newer.${table};`;
  });
  execute(path, `ATTACH '${newer}' AS newer; ${copies.join(' ')}`);
}

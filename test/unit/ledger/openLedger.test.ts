import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { type Ledger, LedgerInMemory, LedgerReadOnly, openLedger } from '../../../src/ledger/openLedger.ts';
import { DamagedRow } from '../../../src/ledger/sqlite.ts';
import { spent, task } from './budgetFixtures.ts';
import { advisedCall, call, callId, priced, unpriced, usage } from './callFixtures.ts';
import { whileFilesFail } from './faultyFiles.ts';
import { execute, rowsOf } from './rawDatabase.ts';
import { asUnprivileged, tempDir } from './tempDir.ts';
import { sqliteError, watchDatabases } from './watchedDatabases.ts';

const options = { clock: systemClock, log: () => undefined };

describe('openLedger', () => {
  it('gives back a call as it was booked, parts, rates and problems included', () => {
    const ledger = openLedger({ path: ':memory:', ...options });
    const records = [
      call({ id: callId(3), problems: ['bad-count'], thinkingAtLeastTokens: 12, subAgent: 'sub', durationMs: null }),
      advisedCall({ id: callId(2), status: 'error', errorType: 'overloaded_error', cost: priced(2000, 600) }),
      call({ id: 'no-uuid', cost: unpriced, usage: usage({}), requestId: null, responseId: null, effort: null }),
    ];
    for (const record of records) ledger.writer.finish(record);
    for (const record of records) expect(ledger.reader.calls({ id: record.id })).toEqual([record]);
  });

  it('never merges two gateway calls, whatever ids their responses carry', () => {
    const ledger = openLedger({ path: ':memory:', ...options });
    ledger.writer.finish(call({ id: callId(1), requestId: 'same', responseId: 'same' }));
    ledger.writer.finish(call({ id: callId(2), requestId: 'same', responseId: 'same' }));
    expect(ledger.reader.calls({})).toHaveLength(2);
    expect(ledger.reader.report({ by: 'model' })[0]?.calls).toBe(2);
  });

  it('notes the provider’s ids of a call once a source, so that another source can find it', () => {
    const path = ledgerPathOf(tempDir());
    const ledger = openLedger({ path, ...options });
    ledger.writer.finish(call({ requestId: 'old', responseId: 'msg' }));
    ledger.writer.finish(call({ requestId: 'new', responseId: 'msg' }));
    ledger.close();
    const rows = rowsOf(path, 'SELECT key_kind, native_key, source FROM observations ORDER BY key_kind');
    expect(rows).toEqual([
      { key_kind: 'request', native_key: 'new', source: 'gateway' },
      { key_kind: 'response', native_key: 'msg', source: 'gateway' },
    ]);
  });

  it('stays readable where sums leave the range of exact numbers', () => {
    const ledger = openLedger({ path: ':memory:', ...options });
    for (const index of [1, 2, 3]) {
      const huge = usage({ inputTokens: Number.MAX_SAFE_INTEGER, outputTokens: 1 });
      ledger.writer.finish(
        call({ id: callId(index), usage: huge, cost: priced(Number.MAX_SAFE_INTEGER - 1, 1), parts: [] }),
      );
    }
    expect(ledger.reader.report({ by: 'day' })).toMatchObject([
      { calls: 3, inputTokens: Number.MAX_SAFE_INTEGER, outputTokens: 3, costNanoUsd: Number.MAX_SAFE_INTEGER },
    ]);
    expect(ledger.reader.costSince(0)[0]?.costNanoUsd).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('lists calls newest first, up to a limit, and from an instant', () => {
    const ledger = openLedger({ path: ':memory:', ...options });
    for (const index of [2, 1, 3]) ledger.writer.finish(call({ id: callId(index), startedAtMs: index * 1000 }));
    const ids = (query: object) => ledger.reader.calls(query).map((record) => record.startedAtMs);
    expect(ids({})).toEqual([3000, 2000, 1000]);
    expect(ids({ limit: 2 })).toEqual([3000, 2000]);
    expect(ids({ sinceMs: 2000 })).toEqual([3000, 2000]);
  });

  it('sums the cost of calls that ended since an instant, by authorisation', () => {
    const ledger = openLedger({ path: ':memory:', ...options });
    const ended = (index: number, endMs: number, auth: 'key' | 'subscription') =>
      call({ id: callId(index), startedAtMs: endMs - 500, durationMs: 500, auth, cost: priced(index, 0) });
    ledger.writer.finish(ended(1, 1000, 'key'));
    ledger.writer.finish(ended(2, 2000, 'key'));
    ledger.writer.finish(ended(4, 2000, 'subscription'));
    ledger.writer.finish(ended(8, 3000, 'key'));
    ledger.writer.begin(ended(16, 3000, 'key'));
    // Only a log tells of it, and not who paid: no bill.
    ledger.writer.finish({ ...ended(32, 3000, 'key'), auth: 'unknown', source: 'transcript' });
    expect(ledger.reader.costSince(2000)).toEqual([
      { auth: 'key', costNanoUsd: 10 },
      { auth: 'subscription', costNanoUsd: 4 },
    ]);
  });

  it('keeps a finished call as it finished when older figures arrive late', () => {
    const ledger = openLedger({ path: ':memory:', ...options });
    ledger.writer.finish(call({ status: 'ok' }));
    ledger.writer.update(call({ status: 'aborted' }));
    ledger.writer.begin(call({ status: 'aborted' }));
    expect(ledger.reader.calls({})).toMatchObject([{ status: 'ok' }]);
  });

  it('keeps the latest figures of a call in flight', () => {
    const ledger = openLedger({ path: ':memory:', ...options });
    ledger.writer.begin(call({ usage: usage({}), cost: unpriced }));
    ledger.writer.update(call({ usage: usage({ outputTokens: 7 }), cost: priced(0, 70) }));
    ledger.writer.sweepLost(() => false);
    expect(ledger.reader.calls({})).toMatchObject([{ status: 'lost', usage: { outputTokens: 7 } }]);
    expect(ledger.reader.report({ by: 'model' })).toMatchObject([{ calls: 1, outputTokens: 7, costNanoUsd: 70 }]);
  });

  it('asks after the owner of each call in flight, and ends those of the dead only', () => {
    const path = ledgerPathOf(tempDir());
    const owners = [
      { pid: 11, bootId: 'boot-1' },
      { pid: 22, bootId: 'boot-2' },
    ];
    owners.forEach((owner, index) => {
      const ledger = openLedger({ path, ...options, owner });
      ledger.writer.begin(call({ id: callId(index), session: `s${index}` }));
      ledger.close();
    });
    const ledger = openLedger({ path, ...options });
    const asked: unknown[] = [];
    const lost = ledger.writer.sweepLost((owner) => {
      asked.push(owner);
      return owner.pid === 11;
    });
    expect(lost).toBe(1);
    expect(asked).toEqual(owners);
    expect(ledger.reader.calls({})).toMatchObject([{ session: 's1', status: 'lost' }]);
    ledger.close();
  });

  it('lets the true end of a call replace one that was booked as lost', () => {
    const ledger = openLedger({ path: ':memory:', ...options });
    ledger.writer.begin(call({ cost: priced(1, 1) }));
    expect(ledger.writer.sweepLost(() => true)).toBe(0);
    expect(ledger.writer.sweepLost(() => false)).toBe(1);
    expect(ledger.reader.calls({})).toMatchObject([{ status: 'lost', provenance: 'partial' }]);
    ledger.writer.finish(call({ cost: priced(5, 5) }));
    expect(ledger.reader.calls({})).toMatchObject([{ status: 'ok' }]);
    expect(ledger.reader.report({ by: 'model' })).toMatchObject([{ calls: 1, costNanoUsd: 10, estimatedCalls: 0 }]);
  });

  it('keeps calibration by model', () => {
    const ledger = openLedger({ path: ':memory:', ...options });
    const state = { model: 'm', logRatioSum: 0.25, weight: 1.5, variance: 0.1, samples: 3, updatedAtMs: 1000 };
    ledger.writer.apply([{ kind: 'saveCalibration', states: [state] }]);
    ledger.writer.apply([{ kind: 'saveCalibration', states: [{ ...state, samples: 4 }] }]);
    expect(ledger.writer.loadCalibration()).toEqual([{ ...state, samples: 4 }]);
  });

  it('commits all of a batch or nothing of it', () => {
    const ledger = openLedger({ path: ':memory:', ...options });
    const bad = call({ id: callId(2), usage: { ...usage({}), inputTokens: 1e300 } });
    const batch = [
      { kind: 'finish', record: call() },
      { kind: 'finish', record: bad },
    ] as const;
    expect(() => ledger.writer.apply(batch)).toThrow();
    expect(ledger.reader.calls({})).toEqual([]);
    expect(ledger.reader.report({ by: 'model' })).toEqual([]);
    ledger.writer.finish(call());
    expect(ledger.reader.report({ by: 'model' })).toMatchObject([{ calls: 1, model: 'claude-opus-4-6' }]);
  });

  it('leaves nothing of a deleted call in its files', () => {
    const folder = tempDir();
    const ledger = openLedger({ path: ledgerPathOf(folder), ...options });
    const gone = { session: 'gone-session', startedAtMs: 1000, requestId: 'gone-request', responseId: 'gone-response' };
    ledger.writer.finish(call({ id: callId(1), ...gone }));
    ledger.writer.finish(call({ id: callId(2), session: 'kept-session', startedAtMs: 2000 }));
    const filesWith = (text: string) =>
      readdirSync(folder).filter((name) => readFileSync(join(folder, name), 'latin1').includes(text));
    expect(filesWith('gone-')).not.toEqual([]);
    expect(ledger.writer.deleteBefore(1500)).toBe(1);
    expect(filesWith('gone-')).toEqual([]);
    expect(filesWith('kept-session')).not.toEqual([]);
    ledger.close();
  });

  it('gives the room of its calls back when everything is deleted, not for a few', () => {
    const path = ledgerPathOf(tempDir());
    const ledger = openLedger({ path, ...options });
    const records = Array.from({ length: 400 }, (_, index) => call({ id: callId(index), startedAtMs: 1000 + index }));
    ledger.writer.apply(records.map((record) => ({ kind: 'finish', record })));
    expect(ledger.writer.deleteBefore(1100)).toBe(100);
    const afterSome = statSync(path).size;
    expect(ledger.writer.deleteBefore(1399)).toBe(299);
    expect(statSync(path).size).toBe(afterSome);
    expect(ledger.writer.deleteBefore(null)).toBe(1);
    expect(statSync(path).size).toBeLessThan(afterSome);
    ledger.close();
  });

  it('begins calls in a batch too', () => {
    const ledger = openLedger({ path: ':memory:', ...options });
    ledger.writer.apply([
      { kind: 'begin', record: call({ id: callId(1) }) },
      { kind: 'update', record: call({ id: callId(2) }) },
    ]);
    expect(ledger.writer.sweepLost(() => false)).toBe(2);
  });

  it('in memory has nothing to set aside: damage is the caller’s to hear of', () => {
    const closed = tempDir();
    chmodSync(closed, 0o555);
    const inMemory = openLedger({ path: ':memory:', ...options });
    const unwritable = asUnprivileged(() => openLedger({ path: ledgerPathOf(closed), ...options }));
    for (const ledger of [inMemory, unwritable]) {
      const health = ledger.health();
      ledger.writer.begin(call());
      const damaged = () =>
        ledger.writer.sweepLost(() => {
          throw new DamagedRow('made up');
        });
      expect(damaged).toThrow('made up');
      expect(ledger.health()).toEqual(health);
      expect(ledger.writer.sweepLost(() => false)).toBe(1);
    }
    expect(readdirSync(closed)).toEqual([]);
  });

  it('leaves calls in flight whole when everything is deleted', () => {
    const ledger = openLedger({ path: ':memory:', ...options });
    const inFlight = advisedCall({ id: callId(1), session: 'flying', agent: 'pilot', workspaceId: 'sky' });
    ledger.writer.begin(inFlight);
    ledger.writer.finish(call({ id: callId(2) }));
    expect(ledger.writer.deleteBefore(null)).toBe(1);
    ledger.writer.sweepLost(() => false);
    expect(ledger.reader.calls({})).toEqual([{ ...inFlight, status: 'lost', provenance: 'partial' }]);
    expect(ledger.reader.report({ by: 'session' })).toMatchObject([{ key: 'flying', calls: 1 }]);
  });

  it('makes the folder and the file for this user only', () => {
    const folder = join(tempDir(), 'data');
    const ledger = openLedger({ path: ledgerPathOf(folder), ...options });
    ledger.writer.finish(call());
    const modes = readdirSync(folder).map((name) => statSync(join(folder, name)).mode & 0o777);
    ledger.close();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(modes.length).toBeGreaterThan(1);
    expect(new Set(modes)).toEqual(new Set([0o600]));
  });

  it('counts in memory where the folder cannot be written, and says so', () => {
    const folder = tempDir();
    chmodSync(folder, 0o555);
    const said: string[] = [];
    const log = (sentence: string) => said.push(sentence);
    const ledger = asUnprivileged(() => openLedger({ path: ledgerPathOf(folder), ...options, log }));
    const reason =
      'The data folder cannot be written (EACCES), so calls are counted in memory and forgotten at the end.';
    expect(ledger.health()).toEqual({ state: 'memory', reason });
    expect(said).toEqual([reason]);
    ledger.writer.finish(call());
    expect(ledger.reader.calls({})).toHaveLength(1);
    expect(readdirSync(folder)).toEqual([]);
    // What would be forgotten with it is not taken.
    expect(() => ledger.budget.saveTask(task())).toThrow(LedgerInMemory);
    expect(() => ledger.writer.removeImport('board')).toThrow(LedgerInMemory);
    expect(ledger.budget.loadTasks()).toMatchObject({ tasks: [] });
    ledger.close();
  });

  it('says that its log could not be taken into its file, and goes on', () => {
    const said: string[] = [];
    const ledger = openLedger({ path: ':memory:', ...options, log: (sentence) => said.push(sentence) });
    ledger.tidy();
    expect(said).toEqual([]);
    ledger.close();
    ledger.tidy();
    expect(said).toEqual(['The ledger’s log was not taken into its file: database is not open.']);
  });

  it('uses a rollback journal where this SQLite may not use a log', () => {
    const path = ledgerPathOf(tempDir());
    const ledger = openLedger({ path, ...options, sqliteVersion: '3.50.4' });
    ledger.writer.finish(call());
    ledger.close();
    expect(rowsOf(path, 'PRAGMA journal_mode')).toEqual([{ journal_mode: 'delete' }]);
  });

  it('reads a ledger of a newer schema, and does not write it', () => {
    const path = ledgerPathOf(tempDir());
    const ledger = openLedger({ path, ...options });
    ledger.writer.finish(call());
    ledger.close();
    execute(path, 'PRAGMA user_version = 99');
    const said: string[] = [];
    const older = openLedger({ path, ...options, log: (sentence) => said.push(sentence) });
    expect(older.health()).toMatchObject({ state: 'newer-schema', reason: expect.stringContaining('99') });
    expect(said).toEqual([
      'The ledger was written by a newer Outlay (schema 99), so it is read but not written; update Outlay to record calls again.',
    ]);
    expect(() => older.writer.finish(call({ id: callId(2) }))).toThrow(
      new LedgerReadOnly('The ledger is of a newer schema.'),
    );
    expect(older.reader.calls({})).toHaveLength(1);
    older.close();
    expect(rowsOf(path, 'PRAGMA user_version')).toEqual([{ user_version: 99 }]);
  });

  it('follows what a newer Outlay goes on writing, in limits and accounts that it may word otherwise', () => {
    const path = ledgerPathOf(tempDir());
    const newer = openLedger({ path, ...options, timeZone: 'UTC' });
    newer.writer.finish(spent(1, 7));
    newer.close();
    execute(
      path,
      `ALTER TABLE policy RENAME COLUMN value TO content; INSERT INTO policy VALUES (1, 'new');
      PRAGMA user_version = 99`,
    );
    const older = openLedger({ path, ...options, timeZone: 'UTC' });
    onTestFinished(() => older.close());
    const spentNanoUsd = () => older.budget.accounts(['machine day 2026-11-22'])[0]?.spent.costNanoUsd;
    expect(spentNanoUsd()).toBe(7);
    execute(path, `UPDATE accounts SET spent_nano_usd = 9 WHERE key = 'machine day 2026-11-22'`);
    expect(spentNanoUsd()).toBe(9);
  });

  it('has the days of accounts in the zone of the limits, else in its own', () => {
    // Noon in UTC is the next day there already.
    const kiritimati = 'Pacific/Kiritimati';
    const path = ledgerPathOf(tempDir());
    const days = ['machine day 2026-11-22', 'machine day 2026-11-23'];
    const spentWith = (timeZone: string, index: number) => {
      const ledger = openLedger({ path, ...options, timeZone });
      ledger.writer.finish(spent(index, 1));
      const accounts = ledger.budget.accounts(days);
      ledger.close();
      return accounts.map(({ spent }) => spent.costNanoUsd);
    };
    expect(spentWith(kiritimati, 1)).toEqual([0, 1]);
    const ledger = openLedger({ path, ...options });
    ledger.budget.savePolicy({ timeZone: 'UTC' });
    ledger.close();
    expect(spentWith(kiritimati, 2)).toEqual([1, 1]);
  });

  it('in memory makes no file', () => {
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(tempDir());
    const ledger = openLedger({ path: ':memory:', ...options });
    ledger.writer.finish(call());
    ledger.close();
    expect(readdirSync('.')).toEqual([]);
  });

  it.each(['ENOSPC', 'EDQUOT'])('does not open while there is no room (%s), which may pass', (code) => {
    const path = ledgerPathOf(tempDir());
    const open = () => openLedger({ path, ...options });
    expect(() => whileFilesFail('openSync', { code }, open)).toThrow(code);
    const ledger = open();
    expect(ledger.health()).toEqual({ state: 'ok' });
    ledger.close();
  });

  it('has one file open, also after a damaged one was set aside, and none once it is closed, which may be said twice', () => {
    const path = ledgerPathOf(tempDir());
    const watch = watchDatabases();
    const ledger = openLedger({ path, ...options });
    damage(ledger);
    expect(ledger.health()).toMatchObject({ state: 'recovered' });
    expect(watch.open()).toBe(1);
    ledger.close();
    ledger.reader.close();
    expect(watch.open()).toBe(0);
  });

  it('goes on once there is room for a new ledger, where there was none when the damaged one was set aside', () => {
    const path = ledgerPathOf(tempDir());
    const ledger = openLedger({ path, ...options });
    onTestFinished(() => ledger.close());
    for (const work of [() => damage(ledger), () => ledger.writer.finish(call()), () => ledger.reader.calls({})]) {
      expect(() => whileFilesFail('openSync', { code: 'ENOSPC' }, work)).toThrow('ENOSPC');
    }
    ledger.writer.finish(call());
    expect(ledger.reader.calls({})).toEqual([call()]);
    const [aside] = readdirSync(dirname(path)).filter((name) => name.startsWith('ledger.damaged'));
    expect(ledger.health()).toEqual({ state: 'recovered', setAsidePath: join(dirname(path), aside ?? '') });
  });

  it('has deleted what it could not be shrunk after, and says so', () => {
    const said: string[] = [];
    const path = ledgerPathOf(tempDir());
    const ledger = openLedger({ path, ...options, log: (sentence) => said.push(sentence) });
    onTestFinished(() => ledger.close());
    ledger.writer.finish(call());
    const watch = watchDatabases((sql) => (sql === 'VACUUM' ? sqliteError(13) : null));
    expect(ledger.writer.deleteBefore(null)).toBe(1);
    watch.end();
    expect(said).toEqual(['The ledger could not be shrunk after a deletion: made up by the test.']);
    expect(ledger.reader.calls({})).toEqual([]);
  });
});

/** Has a ledger find damage while it works: once, so that its second attempt goes on. */
function damage(ledger: Ledger): void {
  ledger.writer.begin(call());
  ledger.writer.sweepLost(() => {
    throw new DamagedRow('made up');
  });
}

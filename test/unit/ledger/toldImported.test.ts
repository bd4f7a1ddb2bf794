import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ImportedCall, PriceImported } from '../../../src/ledger/importContract.ts';
import { Names } from '../../../src/ledger/names.ts';
import { partRowsOf } from '../../../src/ledger/rollups.ts';
import { openDatabase, type SqlRow, Statements } from '../../../src/ledger/sqlite.ts';
import { importedOf, rawSumOf, selectTold } from '../../../src/ledger/toldImported.ts';
import { applyEvent, type BookedEvent } from './bookedEvents.ts';
import { usage } from './callFixtures.ts';
import { openBooks, plainPrice, told } from './importFixtures.ts';
import { counts, seen, sumOf } from './sumFixtures.ts';
import { tempDir } from './tempDir.ts';

/** What a log says that the provider charged is the price. */
const price: PriceImported = (query) =>
  query.billedNanoUsd === null
    ? plainPrice(query)
    : { costNanoUsd: query.billedNanoUsd, provenance: 'billed', split: null, rates: [], priceVersion: null };

interface ToldRows {
  readonly statements: Statements;
  readonly names: Names;
  readonly rows: readonly SqlRow[];
}

/** The rows of logs' calls in books with these events. */
function toldRowsAfter(events: readonly BookedEvent[]): ToldRows {
  const path = join(tempDir(), 'ledger.sqlite');
  const ledger = openBooks(path, undefined, price);
  for (const event of events) applyEvent(ledger, event);
  ledger.close();
  const db = openDatabase(path, { readOnly: true, busyMs: 0 });
  onTestFinished(() => db.close());
  const statements = new Statements(db);
  return { statements, names: new Names(statements), rows: statements.all(`${selectTold} ORDER BY seq`) };
}

function readBack(calls: readonly ImportedCall[]): readonly ImportedCall[] {
  const { statements, names, rows } = toldRowsAfter(calls.map((call) => ({ told: call })));
  return rows.map((row) => importedOf(row, names, partRowsOf(statements, row)));
}

describe('what logs told of calls, read from their rows', () => {
  it('is all that they told', () => {
    const about = { effort: 'high', durationMs: 700, subAgent: 'a1', serviceTier: 'batch', speed: 'fast' };
    const calls = [told(), told({ ...about, inferenceGeo: 'us', responseId: null, requestId: 'req_2' })];
    expect(readBack(calls)).toStrictEqual(calls);
  });

  it('has the parts that have prices of their own, and none where there are none', () => {
    const parts = [
      { model: null, usage: usage({ inputTokens: 10, outputTokens: 4 }) },
      { model: 'claude-advisor', usage: usage({ inputTokens: 30, outputTokens: 2 }) },
    ];
    const advised = told({ parts, usage: usage({ inputTokens: 40, outputTokens: 6 }) });
    expect(readBack([advised, told({ responseId: 'msg_2', requestId: 'req_2' })]).map((call) => call.parts)).toEqual([
      parts,
      undefined,
    ]);
  });

  it('has as billed what the provider charged, and not what our prices say', () => {
    const calls = [told({ billedNanoUsd: 777 }), told({ responseId: 'msg_2', requestId: 'req_2' })];
    expect(readBack(calls).map(({ billedNanoUsd }) => billedNanoUsd)).toEqual([777, null]);
  });
});

describe('what a log told of a sum, read from its row', () => {
  const sum = sumOf('s', counts(100, 10), { billedNanoUsd: 777 });

  it('is all of it, though calls that were seen are taken out of what counts', () => {
    const { statements, names, rows } = toldRowsAfter([{ told: sum }, { finished: seen(1, counts(60, 6)) }]);
    expect(rows.map((row) => rawSumOf(statements, row, names))).toStrictEqual([sum]);
    const left = { usage: counts(40, 4), provenance: 'partial', billedNanoUsd: null };
    expect(rows.map((row) => importedOf(row, names, []))).toStrictEqual([{ ...sum, ...left }]);
  });

  it('is what counts where nothing is taken out', () => {
    const { statements, names, rows } = toldRowsAfter([{ told: sum }]);
    expect(rows.map((row) => rawSumOf(statements, row, names))).toStrictEqual([sum]);
    expect(rows.map((row) => importedOf(row, names, []))).toStrictEqual([sum]);
  });
});

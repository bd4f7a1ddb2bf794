import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { dayText, localDays } from '../../../src/ledger/localDay.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { expectedReport } from './bookModel.ts';
import { callId } from './callFixtures.ts';
import { lineOf, startChild } from './childProcess.ts';
import { integrityOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

const kills = 20;

describe('a writer that is killed', () => {
  it('loses no acknowledged call, and leaves rollups that equal its calls', { timeout: 300_000 }, async () => {
    const path = ledgerPathOf(tempDir());
    const acknowledged = new Set<string>();
    for (let round = 0; round < kills; round++) {
      const child = startChild('writer.child.ts', [path, String(round * 1_000_000)]);
      const quota = 20 + ((round * 37) % 180);
      let seen = 0;
      child.lines.on('line', (line) => {
        const [word, index] = line.split(' ');
        if (word !== 'ack') return;
        acknowledged.add(callId(Number(index)));
        if (++seen === quota) child.process.kill('SIGKILL');
      });
      await once(child.lines, 'close');
      const reader = openLedgerReader(path);
      const booked = new Set(reader.calls({}).map((record) => record.id));
      reader.close();
      expect([...acknowledged].filter((id) => !booked.has(id))).toEqual([]);
    }
    expect(integrityOf(path)).toBe('ok');
    const reader = openLedgerReader(path);
    const records = reader.calls({});
    const dayOf = localDays();
    for (const by of ['model', 'session', 'day'] as const) {
      const rows = reader.report({ by }).map(({ agent: _, model: __, ...row }) => row);
      const expected = expectedReport(records, by, (record) => dayText(dayOf(record.startedAtMs)));
      expect(rows.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual(
        expected.toSorted((a, b) => (a.key < b.key ? -1 : 1)),
      );
    }
    reader.close();
    expect(acknowledged.size).toBeGreaterThan(kills * 20);
  });

  it('has its calls in flight booked as lost by the next one, with what was last known', {
    timeout: 120_000,
  }, async () => {
    const path = ledgerPathOf(tempDir());
    const first = startChild('beginner.child.ts', [path, 'begin']);
    await lineOf(first, (line) => line === 'begun');
    const during = openLedgerReader(path);
    expect(during.calls({})).toEqual([]);
    expect(during.report({ by: 'model' })).toEqual([]);
    during.close();
    await first.kill();
    const second = startChild('beginner.child.ts', [path, 'open']);
    await lineOf(second, (line) => line === 'opened');
    await second.kill();
    const reader = openLedgerReader(path);
    const [lost, ...others] = reader.calls({});
    expect(others).toEqual([]);
    expect(lost).toMatchObject({ status: 'lost', provenance: 'partial', usage: { outputTokens: 77 } });
    expect(reader.report({ by: 'model' })[0]).toMatchObject({ calls: 1, outputTokens: 77, partialCalls: 1 });
    reader.close();
  });

  it('keeps the calls in flight of a writer that still lives', { timeout: 120_000 }, async () => {
    const path = ledgerPathOf(tempDir());
    const first = startChild('beginner.child.ts', [path, 'begin']);
    await lineOf(first, (line) => line === 'begun');
    const second = startChild('beginner.child.ts', [path, 'open']);
    await lineOf(second, (line) => line === 'opened');
    const reader = openLedgerReader(path);
    expect(reader.calls({})).toEqual([]);
    reader.close();
  });
});

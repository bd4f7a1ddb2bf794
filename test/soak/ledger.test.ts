import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/domain/clock.ts';
import { ledgerPathOf } from '../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../src/ledger/openLedger.ts';
import { openLedgerReader } from '../../src/ledger/openLedgerReader.ts';
import { call, callId } from '../unit/ledger/callFixtures.ts';
import { startChild } from '../unit/ledger/childProcess.ts';
import { stopAtManyPlaces } from '../unit/ledger/faultyDisk.ts';
import { integrityOf } from '../unit/ledger/rawDatabase.ts';
import { tempDir } from '../unit/ledger/tempDir.ts';

describe('two hundred kills', () => {
  it('lose none of a hundred thousand acknowledged calls', async () => {
    const path = ledgerPathOf(tempDir());
    let acknowledged = 0;
    for (let round = 0; round < 200; round += 1) {
      const child = startChild('writer.child.ts', [path, String(round * 1_000_000)]);
      const quota = 500 + ((round * 37) % 60);
      const ids: string[] = [];
      child.lines.on('line', (line) => {
        const [word, index] = line.split(' ');
        if (word !== 'ack') return;
        ids.push(callId(Number(index)));
        if (ids.length === quota) child.process.kill('SIGKILL');
      });
      await once(child.lines, 'close');
      acknowledged += ids.length;
      const reader = openLedgerReader(path);
      expect(ids.filter((id) => reader.calls({ id }).length !== 1)).toEqual([]);
      reader.close();
    }
    expect(integrityOf(path)).toBe('ok');
    expect(acknowledged).toBeGreaterThanOrEqual(100_000);
    const reader = openLedgerReader(path);
    const booked = reader.report({ by: 'agent' }).reduce((sum, row) => sum + row.calls, 0);
    reader.close();
    expect(booked).toBeGreaterThanOrEqual(acknowledged);
  });
});

describe('a disk that stops at two hundred places of the files', () => {
  it('loses no acknowledged call', async () => {
    console.log(`${await stopAtManyPlaces(200)} calls were acknowledged`);
  });
});

describe('two thousand flipped bytes', () => {
  it('never stop the books', () => {
    const path = ledgerPathOf(tempDir());
    const options = { clock: systemClock, log: () => undefined };
    const first = openLedger({ path, ...options });
    first.writer.apply(
      Array.from({ length: 200 }, (_, index) => ({ kind: 'finish', record: call({ id: callId(index) }) })),
    );
    first.close();
    const whole = readFileSync(path);
    for (let run = 0; run < 2_000; run += 1) {
      const bytes = Buffer.from(whole);
      const offset = Math.floor((run * whole.length) / 2_000);
      bytes.writeUInt8(bytes.readUInt8(offset) ^ (1 + (run % 255)), offset);
      writeFileSync(path, bytes);
      const ledger = openLedger({ path, ...options });
      ledger.reader.report({ by: 'session' });
      ledger.writer.finish(call({ id: callId(9_999) }));
      // A damaged index may hide a call from a search by id, but not from a list.
      const ids = [...ledger.reader.calls({ id: callId(9_999) }), ...ledger.reader.calls({})].map(
        (record) => record.id,
      );
      expect([offset, ids.includes(callId(9_999))]).toEqual([offset, true]);
      ledger.close();
    }
  });
});

import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { callId } from './callFixtures.ts';
import { lineOf, startChild } from './childProcess.ts';
import { integrityOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

describe('a disk that takes no more', () => {
  it('makes calls wait in memory, and every one of them is booked once it takes them again', {
    timeout: 60_000,
  }, async () => {
    const path = ledgerPathOf(tempDir());
    // The kernel refuses to let any file of this process grow beyond 400 kB, until that limit is lifted below.
    const child = startChild('writer.child.ts', [path, '0'], ['prlimit', '--fsize=400000:unlimited']);
    const acknowledged: string[] = [];
    child.lines.on('line', (line) => {
      const [word, index] = line.split(' ');
      if (word === 'ack') acknowledged.push(callId(Number(index)));
    });
    await lineOf(child, (line) => line === 'health waiting');
    execFileSync('prlimit', [`--pid=${child.process.pid}`, '--fsize=unlimited:unlimited']);
    await lineOf(child, (line) => line === 'health ok');
    await lineOf(child, (line) => line.startsWith('ack '));
    const soFar = [...acknowledged];
    await child.kill();
    const reader = openLedgerReader(path);
    const booked = reader.calls({}).map((record) => record.id);
    const [sum] = reader.report({ by: 'agent' });
    reader.close();
    expect(soFar.length).toBeGreaterThan(100);
    expect(soFar.filter((id) => !new Set(booked).has(id))).toEqual([]);
    expect(sum?.calls).toBe(booked.length);
    expect(integrityOf(path)).toBe('ok');
  });
});

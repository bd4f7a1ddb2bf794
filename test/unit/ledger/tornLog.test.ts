import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { call, callId } from './callFixtures.ts';
import { integrityOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

const options = { clock: systemClock, log: () => undefined };
const written = 12;

/** The files of a writer that died after its last commit: the ledger and its log, in which each call is a commit of its own. */
function crashed(): { readonly ledger: Buffer; readonly log: Buffer } {
  const path = ledgerPathOf(tempDir());
  const ledger = openLedger({ path, ...options });
  for (let index = 0; index < written; index += 1) ledger.writer.finish(call({ id: callId(index) }));
  const files = { ledger: readFileSync(path), log: readFileSync(`${path}-wal`) };
  ledger.close();
  return files;
}

/** Opens such files with that log; the calls in them, after one more was booked. */
function reopened(files: { readonly ledger: Buffer; readonly log: Buffer }): readonly string[] {
  const folder = tempDir();
  const path = ledgerPathOf(folder);
  writeFileSync(path, files.ledger);
  writeFileSync(`${path}-wal`, files.log);
  copyFileSync(path, join(folder, 'untouched'));
  const ledger = openLedger({ path, ...options });
  expect(ledger.health()).toEqual({ state: 'ok' });
  const found = ledger.reader
    .calls({})
    .map(({ id }) => id)
    .reverse();
  ledger.writer.finish(call({ id: callId(9_999) }));
  expect(ledger.reader.calls({ id: callId(9_999) })).toHaveLength(1);
  ledger.close();
  expect(integrityOf(path)).toBe('ok');
  return found;
}

const inOrder = Array.from({ length: written }, (_, index) => callId(index));

describe('a log that a power cut tore', () => {
  it('loses only what was written last, wherever it is torn, and takes the next call', () => {
    const files = crashed();
    expect(reopened(files)).toHaveLength(written);
    const step = Math.floor(files.log.length / 90) | 1;
    let longest = 0;
    for (let length = 0; length < files.log.length; length += step) {
      const found = reopened({ ...files, log: files.log.subarray(0, length) });
      expect([...found].sort()).toEqual(inOrder.slice(0, found.length).sort());
      expect(found.length).toBeGreaterThanOrEqual(longest);
      longest = found.length;
    }
    expect(longest).toBeGreaterThanOrEqual(written - 2);
  });

  it('is followed up to the first damaged place and no further', () => {
    const files = crashed();
    for (let at = 40; at < files.log.length; at += Math.floor(files.log.length / 40)) {
      const log = Buffer.from(files.log);
      log.fill(0xa5, at, at + 100);
      const found = reopened({ ...files, log });
      expect([...found].sort()).toEqual(inOrder.slice(0, found.length).sort());
    }
  });
});

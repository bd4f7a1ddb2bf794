import { chmodSync, existsSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireOwnerLock, type OwnerLock } from '../../../src/ledger/ownerLock.ts';
import { lineOf, startChild } from './childProcess.ts';
import { whileAnotherIsFaster, whileFilesFail } from './faultyFiles.ts';
import { asUnprivileged, tempDir } from './tempDir.ts';
import { watchDatabases } from './watchedDatabases.ts';

function release(lock: OwnerLock): void {
  if (lock.state === 'held') lock.release();
}

describe('acquireOwnerLock', () => {
  it('gives the lock to one process at a time', async () => {
    const dataDir = tempDir();
    const child = startChild('owner.child.ts', [dataDir]);
    expect(await lineOf(child, () => true)).toBe('held');
    expect(acquireOwnerLock(dataDir).state).toBe('taken');
  });

  it('lets no other user lock the file', () => {
    const dataDir = tempDir();
    const lock = acquireOwnerLock(dataDir);
    expect(statSync(join(dataDir, 'owner.sqlite')).mode & 0o777).toBe(0o600);
    release(lock);
  });

  it('gives the lock to the next as soon as its holder was killed', async () => {
    const dataDir = tempDir();
    for (let round = 0; round < 3; round++) {
      const child = startChild('owner.child.ts', [dataDir]);
      expect(await lineOf(child, () => true)).toBe('held');
      await child.kill();
    }
    const lock = acquireOwnerLock(dataDir);
    expect(lock.state).toBe('held');
    release(lock);
  });

  it('lets exactly one of many that start together have it', async () => {
    const dataDir = tempDir();
    const children = Array.from({ length: 5 }, () => startChild('owner.child.ts', [dataDir]));
    const states = await Promise.all(children.map((child) => lineOf(child, () => true)));
    expect(states.toSorted()).toEqual(['held', 'taken', 'taken', 'taken', 'taken']);
  });

  it('holds against the same process too, until it is released', () => {
    const dataDir = tempDir();
    const lock = acquireOwnerLock(dataDir);
    expect(lock.state).toBe('held');
    expect(acquireOwnerLock(dataDir).state).toBe('taken');
    expect(acquireOwnerLock(dataDir).state).toBe('taken');
    release(lock);
    const next = acquireOwnerLock(dataDir);
    expect(next.state).toBe('held');
    release(next);
  });

  it('makes the folder where there is none', () => {
    const dataDir = join(tempDir(), 'a', 'b');
    const lock = acquireOwnerLock(dataDir);
    expect(lock.state).toBe('held');
    release(lock);
    rmSync(dataDir, { recursive: true });
  });

  it('says that a folder cannot be written', () => {
    const dataDir = tempDir();
    chmodSync(dataDir, 0o555);
    const lock = asUnprivileged(() => acquireOwnerLock(dataDir));
    expect(lock).toMatchObject({ state: 'unwritable', reason: expect.stringContaining(dataDir) });
  });

  it('is nobody’s in a folder that cannot be written, even if its file could be', () => {
    const dataDir = tempDir();
    release(acquireOwnerLock(dataDir));
    const refusal = { code: 'EROFS', path: dataDir };
    const lock = whileFilesFail('accessSync', refusal, () => acquireOwnerLock(dataDir));
    release(lock);
    expect(lock).toMatchObject({ state: 'unwritable', reason: expect.stringContaining('EROFS') });
  });

  it('says why a folder cannot be locked, in the words of the system', () => {
    const dataDir = join(tempDir(), 'a file');
    writeFileSync(dataDir, '');
    const lock = acquireOwnerLock(dataDir);
    expect(lock).toMatchObject({
      state: 'unwritable',
      reason: expect.stringContaining(`${dataDir} cannot be locked: EEXIST`),
    });
  });

  it('closes a file to others that was open to them', () => {
    const dataDir = tempDir();
    const path = join(dataDir, 'owner.sqlite');
    writeFileSync(path, '');
    chmodSync(path, 0o666);
    const lock = acquireOwnerLock(dataDir);
    expect(lock.state).toBe('held');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    release(lock);
  });

  it('is taken with the file that another one has just made', () => {
    const lock = whileAnotherIsFaster(() => acquireOwnerLock(tempDir()));
    expect(lock.state).toBe('held');
    release(lock);
  });

  it('makes no file elsewhere, where a link stands in the place of its own', () => {
    const dataDir = tempDir();
    const elsewhere = join(tempDir(), 'elsewhere');
    symlinkSync(elsewhere, join(dataDir, 'owner.sqlite'));
    const lock = acquireOwnerLock(dataDir);
    release(lock);
    expect(lock).toMatchObject({ state: 'unwritable', reason: expect.stringContaining('EEXIST') });
    expect(existsSync(elsewhere)).toBe(false);
  });

  it('keeps the file open only while it holds the lock, which may be released twice', () => {
    const dataDir = tempDir();
    const watch = watchDatabases();
    const lock = acquireOwnerLock(dataDir);
    expect(acquireOwnerLock(dataDir).state).toBe('taken');
    expect(watch.open()).toBe(1);
    release(lock);
    expect(watch.open()).toBe(0);
    expect(() => release(lock)).not.toThrow();
  });
});

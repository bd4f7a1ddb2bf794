import { chmodSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { acquireOwnerLock, type OwnerLock } from '../../../src/ledger/ownerLock.ts';
import { lineOf, startChild } from './childProcess.ts';
import { asUnprivileged, tempDir } from './tempDir.ts';

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
});

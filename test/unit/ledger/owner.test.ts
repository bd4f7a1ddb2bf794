import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ownerAlive, thisProcess } from '../../../src/ledger/owner.ts';
import { asUnprivileged } from './tempDir.ts';

describe('the owner of a call in flight', () => {
  const here = thisProcess();

  it('is this process, by its number and the boot of the machine', () => {
    expect(here.pid).toBe(process.pid);
    expect(here.bootId).not.toBe('');
    expect(thisProcess()).toEqual(here);
  });

  it('lives while another process of this boot has its number', () => {
    expect(ownerAlive({ ...here, pid: process.ppid })).toBe(true);
    expect(ownerAlive({ pid: process.ppid, bootId: 'another boot' })).toBe(false);
  });

  it('is dead where its number is ours, which an earlier process must have had', () => {
    expect(ownerAlive(here)).toBe(false);
  });

  it('is dead once its process has ended', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    expect(ownerAlive({ ...here, pid })).toBe(false);
  });

  it('lives where we may not ask', () => {
    // The first process of the system belongs to its administrator.
    expect(asUnprivileged(() => ownerAlive({ ...here, pid: 1 }))).toBe(true);
  });
});

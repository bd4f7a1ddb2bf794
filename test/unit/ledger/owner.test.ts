import { spawn, spawnSync } from 'node:child_process';
import { uptime } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ownerAlive, thisProcess } from '../../../src/ledger/owner.ts';
import { whileFilesFail } from './faultyFiles.ts';
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
    const pid = processOfAnother();
    expect(asUnprivileged(() => ownerAlive({ ...here, pid }))).toBe(true);
  });

  it('has the minute in which the machine was started, where no kernel names its boot', () => {
    const { pid, bootId } = whileFilesFail('readFileSync', { code: 'ENOENT' }, thisProcess);
    expect(pid).toBe(process.pid);
    const [, minute] = /^boot-(\d+)$/.exec(bootId) ?? [];
    const minutesAgo = Date.now() / 60_000 - Number(minute);
    // Within the rounding, and a machine that stood still between the two looks at its clock.
    expect(Math.abs(minutesAgo - uptime() / 60)).toBeLessThan(3);
  });
});

/** A process that lives, and which we may not ask: root, even without its rights, may ask all of its own. */
function processOfAnother(): number {
  // The first process of the system belongs to its administrator.
  if (process.geteuid?.() !== 0) return 1;
  const child = spawn('cat', { uid: 65533, stdio: ['pipe', 'ignore', 'ignore'] });
  onTestFinished(() => void child.kill());
  if (child.pid === undefined) throw new Error('No process of another user was started.');
  return child.pid;
}

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { FaultyDisk, SmallDisk, stopAtManyPlaces } from './faultyDisk.ts';

const mayMount = spawnSync('unshare', [
  '--mount',
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
  'mount',
  '-t',
  'tmpfs',
  'none',
  '/mnt',
]);

describe('a disk that takes no more', () => {
  it('makes calls wait in memory, and every one of them is booked once it takes them again', {
    timeout: 300_000,
  }, async () => {
    // The kernel refuses to let any file of this process grow beyond 400 kB, until that limit is lifted below.
    const disk = new FaultyDisk(() => ['prlimit', '--fsize=400000:unlimited']);
    await disk.until('waiting');
    disk.limitFiles('unlimited');
    await disk.until('ok');
    await disk.untilBooked();
    expect(await disk.killAndCompare()).toBeGreaterThan(100);
  });

  it('loses no call at whichever byte of the files it stops, ten times', { timeout: 300_000 }, async () => {
    expect(await stopAtManyPlaces(10)).toBeGreaterThan(1_000);
  });

  it.runIf(mayMount.status === 0)(
    'is one that is full, and has room again, five times',
    { timeout: 300_000 },
    async () => {
      // The books grow by some megabytes in every round: were the disk not much larger than that, they alone would fill it for good.
      const disk = new SmallDisk(128);
      await disk.untilBooked();
      for (let round = 0; round < 5; round += 1) {
        const waiting = disk.until('waiting');
        disk.fill(round * 5_000);
        await waiting;
        const well = disk.until('ok');
        disk.empty();
        await well;
      }
      await disk.untilBooked();
      // The disk is gone with its process: what it held is looked at while it lives.
      expect(disk.compareRunning()).toBeGreaterThan(100);
    },
  );
});

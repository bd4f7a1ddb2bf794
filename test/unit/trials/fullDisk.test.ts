import { execFile, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { DiskFullError, isDiskFull } from '../../../src/trials/diskFull.ts';
import { fingerprint, newFolder, newRepository } from './repositoryFixture.ts';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

const namespace = ['--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])];
const mayMount = spawnSync('unshare', [...namespace, 'mount', '-t', 'tmpfs', 'none', '/mnt']);

/** A trial on a disk of 16 MB that only it sees. */
async function trialOnSmallDisk(fillerIn: (folder: string) => string) {
  const [home, disk] = [newFolder(), newFolder('outlay-disk-')];
  stops.push(home.dispose, disk.dispose);
  const repository = newRepository(join(home.path, 'repo'), { 'a.txt': 'a\n' });
  const before = fingerprint(repository);
  const child = resolve(import.meta.dirname, 'fullDisk.child.ts');
  const command = `mount -t tmpfs -o size=16m none '${disk.path}' && exec "$@"`;
  const words = [process.execPath, child, disk.path, repository, fillerIn(disk.path)];
  const { stdout } = await promisify(execFile)('unshare', [...namespace, 'sh', '-c', command, 'sh', ...words]);
  return { told: JSON.parse(stdout), isUntouched: fingerprint(repository) === before };
}

describe('a disk that fills up during a trial', () => {
  it.runIf(mayMount.status === 0).each([
    ['an agent in its copy', () => 'filler'],
    ['anybody else, who keeps what fills it', (folder: string) => join(folder, 'filler')],
  ])(
    'by %s ends it in a clear sentence, with nothing left behind and no run held against a model',
    {
      timeout: 60_000,
    },
    async (_, fillerIn) => {
      const { told, isUntouched } = await trialOnSmallDisk(fillerIn);
      expect(told).toMatchObject({ end: 'failed', because: new DiskFullError().message, worktrees: [], processes: [] });
      expect(told.kept).toBe(told.because);
      expect(told.outcomes).not.toContain('failed');
      expect(told.files.toSorted()).toEqual(['record.json', 'repositories', 'results.jsonl', 'runs']);
      expect(isUntouched).toBe(true);
    },
  );

  it('is told from other trouble', () => {
    expect(isDiskFull(Object.assign(new Error('write'), { code: 'ENOSPC' }))).toBe(true);
    expect(isDiskFull(new Error('fatal: cannot write: No space left on device'))).toBe(true);
    expect(isDiskFull(Object.assign(new Error('open'), { code: 'EACCES' }))).toBe(false);
    expect(isDiskFull('full')).toBe(false);
  });
});

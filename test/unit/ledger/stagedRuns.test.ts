import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isStagedName, readStagedRuns, stageRuns, sweepStagedRuns } from '../../../src/ledger/stagedRuns.ts';
import { lineOf, startChild } from './childProcess.ts';
import { asUnprivileged, tempDir } from './tempDir.ts';

const request = { name: 'board', file: 'board.csv', atMs: 12, runs: [] };

describe('staged runs', () => {
  it('are read back under their name, by this user only, until whoever wrote them disposes of them', () => {
    const folder = tempDir();
    const { staged, dispose } = stageRuns(folder, request);
    expect(readdirSync(folder)).toEqual([staged]);
    expect(statSync(join(folder, staged)).mode & 0o777).toBe(0o600);
    expect(readStagedRuns(folder, staged)).toEqual(request);
    dispose();
    expect(readdirSync(folder)).toEqual([]);
    expect(dispose).not.toThrow();
  });

  it('of one process have a name each, which begins with its number', () => {
    const folder = tempDir();
    const names = [stageRuns(folder, request).staged, stageRuns(folder, request).staged];
    expect(new Set(names).size).toBe(2);
    const owner = process.pid.toString(16).padStart(8, '0');
    for (const name of names) expect(name).toMatch(new RegExp(`^staged-runs-${owner}[0-9a-f]{24}\\.json$`));
    expect(names.every(isStagedName)).toBe(true);
  });

  it('of processes that live stay, and those of one that was killed go as soon as others are staged', async () => {
    const folder = tempDir();
    writeFileSync(join(folder, 'staged-runs-notes.json'), '');
    const { staged } = stageRuns(folder, request);
    const child = startChild('stager.child.ts', [folder]);
    await lineOf(child, (line) => line === 'staged');
    sweepStagedRuns(folder);
    expect(readdirSync(folder)).toHaveLength(3);
    await child.kill();
    const next = stageRuns(folder, request).staged;
    expect(readdirSync(folder)).toEqual([staged, next, 'staged-runs-notes.json'].toSorted());
  });

  it('of a process that is another user’s stay', () => {
    const folder = tempDir();
    // Process 1 is there always, and nobody but root may signal it.
    const name = `staged-runs-00000001${'0'.repeat(24)}.json`;
    writeFileSync(join(folder, name), '{}');
    chmodSync(folder, 0o777);
    asUnprivileged(() => sweepStagedRuns(folder));
    expect(readdirSync(folder)).toEqual([name]);
  });

  it('are read under no name that is none of theirs', () => {
    const folder = tempDir();
    writeFileSync(join(folder, 'other.json'), '{}');
    expect(() => readStagedRuns(folder, 'other.json')).toThrow('This is no name of staged runs.');
    const { staged } = stageRuns(folder, request);
    for (const name of [
      `../${staged}`,
      `${staged}.bak`,
      `a${staged}`,
      staged.replace('.json', ''),
      staged.replace('.', '-'),
    ]) {
      expect(isStagedName(name)).toBe(false);
    }
  });
});

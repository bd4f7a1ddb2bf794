import { spawnSync } from 'node:child_process';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { makePrivateFolder } from '../../../src/ledger/makePrivateFolder.ts';
import { tempDir } from './tempDir.ts';

const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe('makePrivateFolder', () => {
  it('makes all folders that are missing for this user only', () => {
    const folder = tempDir();
    makePrivateFolder(join(folder, 'a', 'b c', 'ü'));
    const paths = ['a', join('a', 'b c'), join('a', 'b c', 'ü')].map((path) => join(folder, path));
    expect(paths.map(modeOf)).toEqual([0o700, 0o700, 0o700]);
  });

  it('leaves a folder that is there as it is', () => {
    const folder = join(tempDir(), 'open');
    mkdirSync(folder, { mode: 0o755 });
    const before = modeOf(folder);
    makePrivateFolder(folder);
    expect(modeOf(folder)).toBe(before);
  });

  it('throws where a file is in the way', () => {
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    expect(() => makePrivateFolder(join(file, 'a'))).toThrow(/EEXIST|ENOTDIR/);
  });

  it.runIf(process.platform === 'linux')('throws below a folder that takes none', () => {
    // In a process of its own, since what never ends could not be stopped in this one.
    const module = pathToFileURL(join(import.meta.dirname, '../../../src/ledger/makePrivateFolder.ts')).href;
    const script = `import(${JSON.stringify(module)}).then(({ makePrivateFolder }) => makePrivateFolder('/proc/outlay/a')).catch((error) => console.log(error.code))`;
    const { stdout } = spawnSync(process.execPath, ['-e', script], { encoding: 'utf8', timeout: 20_000 });
    expect(stdout).toBe('ENOENT\n');
  });
});

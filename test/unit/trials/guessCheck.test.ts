import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { proposeCarried } from '../../../src/trials/carryFiles.ts';
import { guessCheck } from '../../../src/trials/guessCheck.ts';
import { newFolder, writeFiles } from './repositoryFixture.ts';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = newFolder();
  stops.push(() => folder.dispose());
  writeFiles(folder.path, files);
  return folder.path;
}

const npm = '{"scripts":{"test":"vitest run"}}';

describe('the guess of the check', () => {
  it.each([
    [{ 'package.json': npm }, 'npm test'],
    [{ 'package.json': npm, 'pnpm-lock.yaml': '' }, 'pnpm test'],
    [{ 'package.json': npm, 'yarn.lock': '' }, 'yarn test'],
    [
      { 'package.json': '{"scripts":{"test":"echo \\"Error: no test specified\\" && exit 1"}}', 'go.mod': '' },
      'go test ./...',
    ],
    [{ 'package.json': 'not json', Makefile: 'all:\n\ttest\ntest: all\n' }, 'make test'],
    [{ Makefile: 'test:\n\ncheck :\n' }, 'make check'],
    [{ 'Cargo.toml': '' }, 'cargo test'],
    [{ 'pyproject.toml': '[tool.pytest.ini_options]\n' }, 'python -m pytest'],
    [{ 'pyproject.toml': '[project]\n' }, 'python -m unittest'],
    [{ 'README.md': 'test:' }, null],
    [{ 'package.json': '[]' }, null],
  ])('%j: %s', async (files, expected) => {
    expect(await guessCheck(folderWith(files))).toBe(expected);
  });
});

describe('the files that are offered to be carried', () => {
  it('are the usual ones that are there and that git does not know', async () => {
    const folder = folderWith({ '.env': 'x', '.env.local': 'y', 'node_modules/a/b.js': '' });
    expect(await proposeCarried(folder, async (path) => path === '.env.local')).toEqual([
      { path: '.env', how: 'copy' },
      { path: 'node_modules', how: 'link' },
    ]);
    expect(await proposeCarried(join(folder, 'none'), async () => false)).toEqual([]);
  });
});

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { listSuites } from '../../../src/trials/listSuites.ts';
import { newFolder, writeFiles } from './repositoryFixture.ts';

let dispose = (): void => undefined;

afterEach(() => dispose());

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = newFolder();
  dispose = folder.dispose;
  writeFiles(folder.path, files);
  return folder.path;
}

const task = 'prompt: Do it.\ncheck: make check\n';
const whole = `agents: [claude-code:claude-sonnet-4-5]\nbudget: 1\n${task}`;

describe('the suites of a repository', () => {
  it('are listed by file, with what each leaves to whoever runs it', async () => {
    const root = folderWith({
      '.outlay/trials/b.yaml': whole,
      '.outlay/trials/a.yml': `name: Open\n${task}`,
      '.outlay/trials/notes.md': 'No suite.',
    });
    expect(await listSuites(root)).toEqual([
      { path: join('.outlay/trials/a.yml'), name: 'Open', tasks: 1, missing: ['agents', 'budget'], problem: null },
      { path: join('.outlay/trials/b.yaml'), name: 'b', tasks: 1, missing: [], problem: null },
    ]);
  });

  it('are listed with what is wrong with them, of which being run by others is no part', async () => {
    const root = folderWith({
      '.outlay/trials/agents.yaml': `agents: [nobody:x]\nbudget: 1\n${task}`,
      '.outlay/trials/prompt.yaml': 'promptFile: gone.md\ncheck: make check\n',
      '.outlay/trials/yaml.yaml': '"',
    });
    const problems = (await listSuites(root)).map(({ problem }) => problem);
    expect(problems[0]).toContain('Agent 1: "nobody:x" names no agent and model');
    expect(problems[1]).toBe('The suite: the prompt file "gone.md" cannot be read.');
    expect(problems[2]).toContain('The suite is no YAML');
  });

  it('are none where there is no such folder, and no folder is one', async () => {
    const root = folderWith({ 'a.txt': 'a' });
    expect(await listSuites(root)).toEqual([]);
    mkdirSync(join(root, '.outlay/trials/folder.yaml'), { recursive: true });
    expect(await listSuites(root)).toEqual([]);
  });
});

import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { newFolder } from './repositoryFixture.ts';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Who has no rights but those that the files give: an administrator may write everywhere. */
const nobody = 65_534;
const isAdministrator = process.getuid?.() === 0;
const source = resolve(import.meta.dirname, '../../../src/trials/removeFolder.ts');

function removeAsUser(path: string): { readonly status: number | null; readonly stderr: string } {
  const script = `import { removeFolder } from ${JSON.stringify(source)}; await removeFolder(${JSON.stringify(path)});`;
  const user = isAdministrator ? { uid: nobody, gid: nobody } : {};
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { ...user, cwd: '/', encoding: 'utf8' });
}

describe('removing a folder', () => {
  it('works where a program took away its own right to write in there, and goes through no link', () => {
    const { path: root, dispose } = newFolder();
    stops.push(dispose);
    const [folder, other] = [join(root, 'run'), join(root, 'other')];
    const deep = join(folder, 'mod', 'pkg@v1');
    for (const path of [deep, other]) mkdirSync(path, { recursive: true });
    for (const path of [deep, other]) writeFileSync(join(path, 'file'), 'x');
    symlinkSync(other, join(deep, 'link'));
    if (isAdministrator)
      for (const path of [root, folder, join(folder, 'mod'), deep, other]) chownSync(path, nobody, nobody);
    for (const path of [deep, join(folder, 'mod'), other]) chmodSync(path, 0o555);
    const { status, stderr } = removeAsUser(folder);
    chmodSync(other, 0o755);
    expect(status, stderr).toBe(0);
    expect(existsSync(folder)).toBe(false);
    expect(readFileSync(join(other, 'file'), 'utf8')).toBe('x');
  });
});

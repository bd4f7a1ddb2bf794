import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A throw-away folder of a test. */
export function newFolder(name = 'outlay trials ü-'): { readonly path: string; dispose(): void } {
  const path = mkdtempSync(join(tmpdir(), name));
  return { path, dispose: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

const env = {
  ...process.env,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.com',
};

export function gitIn(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** A repository with one commit of these files on the branch main. */
export function newRepository(path: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(path, { recursive: true });
  gitIn(path, 'init', '--quiet', '--initial-branch=main');
  writeFiles(path, files);
  gitIn(path, 'add', '-A');
  gitIn(path, 'commit', '--quiet', '-m', 'Begin');
  return path;
}

/** Every file below a folder with its content, so that two equal texts mean that not a byte is different. */
export function fingerprint(folder: string): string {
  const paths = globSync('**', { cwd: folder, exclude: () => false }).sort();
  const dotted = globSync(['**/.*', '**/.*/**'], { cwd: folder }).sort();
  const lines = [...new Set([...paths, ...dotted])].sort().map((path) => {
    const full = join(folder, path);
    const stats = lstatSync(full);
    if (stats.isSymbolicLink()) return `${path} -> ${readlinkSync(full)}`;
    if (stats.isDirectory()) return `${path}/`;
    const hash = createHash('sha256').update(readFileSync(full)).digest('hex');
    return `${path} ${stats.mode.toString(8)} ${hash}`;
  });
  return lines.join('\n');
}

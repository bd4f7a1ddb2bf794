import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Whether any process of this user still holds a token of the gateway in its environment: a terminal, a detached tmux, a running
 * agent. `unknown` where the platform does not tell (Windows, or a refused look). Nothing that is read is kept.
 */
export async function holdsAddress(tokens: readonly string[], ownPid: number): Promise<'yes' | 'no' | 'unknown'> {
  if (process.platform === 'linux') return linuxHolds(tokens, ownPid);
  if (process.platform === 'darwin') return macHolds(tokens);
  return 'unknown';
}

async function linuxHolds(tokens: readonly string[], ownPid: number): Promise<'yes' | 'no' | 'unknown'> {
  try {
    for (const entry of await readdir('/proc')) {
      if (!/^\d+$/.test(entry) || Number(entry) === ownPid) continue;
      // Processes of other users cannot be read, and could not use the token for us anyway.
      const environment = await readFile(`/proc/${entry}/environ`, 'latin1').catch(() => '');
      if (tokens.some((token) => environment.includes(token))) return 'yes';
    }
    return 'no';
  } catch {
    return 'unknown';
  }
}

async function macHolds(tokens: readonly string[]): Promise<'yes' | 'no' | 'unknown'> {
  try {
    const { stdout } = await run('ps', ['eww', '-x', '-o', 'command'], { maxBuffer: 64 * 1024 * 1024 });
    return tokens.some((token) => stdout.includes(token)) ? 'yes' : 'no';
  } catch {
    return 'unknown';
  }
}

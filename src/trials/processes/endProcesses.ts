import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { MARKER_VARIABLE } from './keeperProtocol.ts';

const run = promisify(execFile);

/** Rounds after which a program that starts itself again and again is given up. */
const MAX_ROUNDS = 20;

/**
 * Ends every process of a run: its groups and, on Linux, whatever carries its marker, also where it left its group or lost its parents.
 * Elsewhere a process that leaves its group on purpose gets away. Resolves to how many were ended.
 */
export async function endRunProcesses(marker: string, groups: readonly number[]): Promise<number> {
  let ended = 0;
  for (const group of groups) if (signalGroup(group, 'SIGKILL')) ended += 1;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const pids = await markedProcesses(marker);
    if (pids.length === 0) return ended;
    for (const pid of pids) if (signal(pid, 'SIGKILL')) ended += 1;
    await delay(10);
  }
  return ended;
}

/** A signal to all of a group; false where none of it is left. On Windows the tree below a process is ended, whatever the signal. */
export function signalGroup(group: number, name: NodeJS.Signals): boolean {
  if (process.platform === 'win32') {
    void run('taskkill', ['/pid', String(group), '/T', '/F']).catch(() => undefined);
    return true;
  }
  return group > 1 && signal(-group, name);
}

/** Processes of this user with the marker in the environment that they were started with; none where the system does not tell. */
export async function markedProcesses(marker: string): Promise<readonly number[]> {
  if (process.platform !== 'linux') return [];
  const wanted = `${MARKER_VARIABLE}=${marker}`;
  const names = await readdir('/proc').catch(() => []);
  const pids = names.map(Number).filter((pid) => Number.isSafeInteger(pid) && pid > 1 && pid !== process.pid);
  const found = await Promise.all(pids.map(async (pid) => ((await hasVariable(pid, wanted)) ? pid : null)));
  return found.filter((pid) => pid !== null);
}

async function hasVariable(pid: number, wanted: string): Promise<boolean> {
  try {
    if (!(await readFile(`/proc/${pid}/environ`, 'latin1')).split('\0').includes(wanted)) return false;
    // One that has ended and only waits to be asked for its exit code cannot be ended again.
    return !/^State:\s*[ZX]/m.test(await readFile(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false; // It belongs to somebody else, or has just ended.
  }
}

/**
 * What tells a process from a later one of the same number: when it started, in the system's own words. Null where there is no such
 * process or the system does not say.
 */
export async function processStart(pid: number): Promise<string | null> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
    // The second field is a name in parentheses and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null);
  }
  if (process.platform === 'win32') return signal(pid, 0) ? 'running' : null;
  const { stdout } = await run('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim() === '' ? null : stdout.trim();
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

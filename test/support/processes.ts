import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A meter is meant to outlive its window. One whose lock file is below a test's folder ends with the test. */
export async function endMeters(folder: string): Promise<void> {
  for (const lock of globSync('**/meter.json', { cwd: folder })) {
    const pid = lockedPid(join(folder, lock));
    if (pid !== null) await endProcess(pid, 6_000);
  }
}

/**
 * Some agents leave a program running that has a group of its own. What was given a path below a test's own folder in its environment was
 * started by that test, and ends with it. Only where the system shows environments (Linux).
 */
export async function endStrays(folder: string): Promise<void> {
  for (const environment of globSync('/proc/[0-9]*/environ')) {
    if (textOf(environment).includes(`=${folder}/`)) await endProcess(Number(environment.split('/')[2]), 3_000);
  }
}

/** Asks a process to end, and makes it after that time. A negative pid means a process group. */
export async function endProcess(pid: number, patienceMs: number): Promise<void> {
  signal(pid, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < patienceMs && signal(pid, 0); waitedMs += 50) await delay(50);
  signal(pid, 'SIGKILL');
}

/** Empty for a process of somebody else, and for one that has just ended. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function lockedPid(path: string): number | null {
  try {
    const { pid } = JSON.parse(readFileSync(path, 'utf8')) as { pid?: unknown };
    return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 1 ? pid : null;
  } catch {
    return null; // The meter has just removed it.
  }
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

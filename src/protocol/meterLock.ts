import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { MeterLock } from './control.ts';

export const LOCK_FILE_NAME = 'meter.json';

const MAX_LOCK_BYTES = 16 * 1024;

/** The lock that a value holds, or null where it is no lock. Unknown keys are ignored, so that newer meters can add some. */
export function parseMeterLock(value: unknown): MeterLock | null {
  if (typeof value !== 'object' || value === null) return null;
  const { port, token, controlToken, pid, version } = value as Record<string, unknown>;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) return null;
  if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 1) return null;
  if (typeof token !== 'string' || token === '') return null;
  if (typeof controlToken !== 'string' || controlToken === '' || /[^\x21-\x7e]/.test(controlToken)) return null;
  if (typeof version !== 'string') return null;
  return { port, token, controlToken, pid, version };
}

/**
 * Reads the lock file of a data folder. Null where there is none, where it cannot be read or is no lock, where it is a symbolic link,
 * and where somebody else owns it or may write it: such a file could lead a client to a stranger's port.
 */
export async function readMeterLock(dataDir: string): Promise<MeterLock | null> {
  // Without O_NONBLOCK a pipe of that name would be waited for until somebody writes into it.
  const careful = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    await using file = await open(join(dataDir, LOCK_FILE_NAME), constants.O_RDONLY | careful);
    const stats = await file.stat();
    if (!stats.isFile() || stats.size > MAX_LOCK_BYTES) return null;
    if (process.platform !== 'win32' && ((stats.mode & 0o022) !== 0 || stats.uid !== process.getuid?.())) return null;
    return parseMeterLock(JSON.parse(await file.readFile('utf8')));
  } catch {
    return null;
  }
}

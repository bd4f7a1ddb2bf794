import { randomBytes } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder } from '../ledger/makePrivateFolder.ts';
import type { MeterLock } from '../protocol/control.ts';
import { LOCK_FILE_NAME } from '../protocol/meterLock.ts';

/** A fresh secret of 256 bits in a form that fits a path segment and a header. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Makes the data folder for its owner alone. Returns a sentence when that fails. */
export function prepareDataFolder(dataDir: string): string | null {
  try {
    makePrivateFolder(dataDir);
    return null;
  } catch (error) {
    return `The data folder cannot be made: ${messageOf(error)}`;
  }
}

/** Writes the file whole or not at all, readable by its owner only. Returns a sentence when that fails. */
export function writeMeterFile(dataDir: string, lock: MeterLock): string | null {
  const path = join(dataDir, LOCK_FILE_NAME);
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(draft, `${JSON.stringify(lock)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(draft, path);
    return null;
  } catch (error) {
    return `The meter's address cannot be written: ${messageOf(error)}`;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { accessSync, chmodSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { faultOf, openDatabase } from './sqlite.ts';

export type OwnerLock =
  | { readonly state: 'held'; release(): void }
  /** Another process writes this ledger. */
  | { readonly state: 'taken' }
  /** The folder cannot be written, so nobody can hold it; `reason` is a sentence. */
  | { readonly state: 'unwritable'; readonly reason: string };

/**
 * Takes the right to write the ledger of a data folder. It is an exclusive transaction on a file of its own, held for the life of
 * the process, so that the operating system gives it back whatever way the process ends. Never waits and never throws. Nothing
 * else may open that file: closing any handle of it would give up the lock.
 */
export function acquireOwnerLock(dataDir: string): OwnerLock {
  const path = join(dataDir, 'owner.sqlite');
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK);
    closeToOthers(path);
    const db = openDatabase(path, { readOnly: false, busyMs: 0 });
    try {
      db.exec('BEGIN EXCLUSIVE');
    } catch (error) {
      db.close();
      throw error;
    }
    return {
      state: 'held',
      release: () => {
        if (db.isOpen) db.close();
      },
    };
  } catch (error) {
    if (faultOf(error) === 'busy') return { state: 'taken' };
    return { state: 'unwritable', reason: `The data folder ${dataDir} cannot be locked: ${messageOf(error)}.` };
  }
}

/**
 * Makes the file for this user alone, whatever the folder allows: whoever can read it can lock it too, and so keep the meter out.
 * Never opens a file that exists, for the reason above.
 */
function closeToOthers(path: string): void {
  try {
    if (existsSync(path)) chmodSync(path, 0o600);
    else writeFileSync(path, '', { mode: 0o600, flag: 'wx' });
  } catch {
    // Another meter has just made it, or it is somebody else's, which SQLite will say in its own words.
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

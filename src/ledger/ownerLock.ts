import { accessSync, chmodSync, constants, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder } from './makePrivateFolder.ts';
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
    makePrivateFolder(dataDir);
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
 * Another user who may read the file could hold a lock on it, and no meter would start. Done before SQLite opens it, which gives its
 * journal the same mode. A file that exists is not opened here, for the reason above.
 */
function closeToOthers(path: string): void {
  if (existsSync(path)) chmodSync(path, 0o600);
  else {
    try {
      writeFileSync(path, '', { mode: 0o600, flag: 'wx' });
    } catch (error) {
      // Another meter may have made it in between; anything else SQLite would meet as well.
      if (!existsSync(path)) throw error;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

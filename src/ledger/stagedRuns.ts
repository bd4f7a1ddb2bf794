import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImportRequest } from './contract.ts';

const OWNER_DIGITS = 8;

/**
 * Runs on their way from one process into the books of another: a file in the data folder, mode 0600, that whoever wrote it deletes. A hundred thousand
 * runs are more than a request of the control API should carry, and only the ledger's thread has the time to read them. Its name begins with
 * the number of the process that wrote it, so that what a killed one left is known.
 */
export function stageRuns(dataDir: string, request: ImportRequest): { readonly staged: string; dispose(): void } {
  sweepStagedRuns(dataDir);
  const owner = process.pid.toString(16).padStart(OWNER_DIGITS, '0');
  const staged = `staged-runs-${owner}${randomBytes(12).toString('hex')}.json`;
  const path = join(dataDir, staged);
  writeFileSync(path, JSON.stringify(request), { mode: 0o600, flag: 'wx' });
  return { staged, dispose: () => rmSync(path, { force: true }) };
}

/** Deletes what processes that are no more had staged. */
export function sweepStagedRuns(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    if (isStagedName(name) && !isThere(ownerOf(name))) rmSync(join(dataDir, name), { force: true });
  }
}

function ownerOf(staged: string): number {
  return Number.parseInt(staged.slice('staged-runs-'.length).slice(0, OWNER_DIGITS), 16);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's, for one.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Reads what was staged under a name. Throws a sentence for a name that is none, and what the disk throws. */
export function readStagedRuns(dataDir: string, staged: string): ImportRequest {
  if (!isStagedName(staged)) throw new Error('This is no name of staged runs.');
  // Written by our own code into a folder that only this user can write.
  return JSON.parse(readFileSync(join(dataDir, staged), 'utf8')) as ImportRequest;
}

export function isStagedName(text: string): boolean {
  return /^staged-runs-[0-9a-f]{32}\.json$/.test(text);
}

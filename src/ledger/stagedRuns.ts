import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImportRequest } from './contract.ts';

/**
 * Runs on their way from one process into the books of another: a file in the data folder, mode 0600, that whoever wrote it deletes. A hundred thousand
 * runs are more than a request of the control API should carry, and only the ledger's thread has the time to read them.
 */
export function stageRuns(dataDir: string, request: ImportRequest): { readonly staged: string; dispose(): void } {
  const staged = `staged-runs-${randomBytes(16).toString('hex')}.json`;
  const path = join(dataDir, staged);
  writeFileSync(path, JSON.stringify(request), { mode: 0o600, flag: 'wx' });
  return { staged, dispose: () => rmSync(path, { force: true }) };
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

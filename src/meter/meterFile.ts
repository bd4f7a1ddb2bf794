import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MeterLock } from '../protocol/control.ts';

const FILE_NAME = 'meter.json';

/** A fresh secret of 256 bits in a form that fits a path segment and a header. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Makes the data folder for its owner alone. Returns a sentence when that fails. */
export function prepareDataFolder(dataDir: string): string | null {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return null;
  } catch (error) {
    return `The data folder cannot be made: ${messageOf(error)}`;
  }
}

/** The address and tokens that the last meter left; null where there are none or they are damaged. */
export function readMeterFile(dataDir: string): MeterLock | null {
  try {
    const value: unknown = JSON.parse(readFileSync(join(dataDir, FILE_NAME), 'utf8'));
    return isMeterLock(value) ? value : null;
  } catch {
    return null;
  }
}

/** Writes the file whole or not at all, readable by its owner only. Returns a sentence when that fails. */
export function writeMeterFile(dataDir: string, lock: MeterLock): string | null {
  const path = join(dataDir, FILE_NAME);
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(draft, `${JSON.stringify(lock)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(draft, path);
    return null;
  } catch (error) {
    return `The meter's address cannot be written: ${messageOf(error)}`;
  }
}

const SECRET = /^[A-Za-z0-9_-]{32,128}$/;

export function isMeterLock(value: unknown): value is MeterLock {
  if (typeof value !== 'object' || value === null) return false;
  const lock: Partial<Record<keyof MeterLock, unknown>> = value;
  return (
    isWhole(lock.port, 65_535) &&
    isWhole(lock.pid, 2 ** 31) &&
    typeof lock.version === 'string' &&
    typeof lock.token === 'string' &&
    SECRET.test(lock.token) &&
    typeof lock.controlToken === 'string' &&
    SECRET.test(lock.controlToken)
  );
}

function isWhole(value: unknown, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= max;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

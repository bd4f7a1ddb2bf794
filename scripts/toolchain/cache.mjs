import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const projectDir = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const cacheDir = resolve(projectDir, process.env.OUTLAY_CACHE || '.cache');
export const versions = JSON.parse(readFileSync(join(projectDir, 'scripts/versions.json'), 'utf8'));

/** A failure that is told to the user as the one sentence that it carries, without a stack. */
export class Missing extends Error {}

export function progress(text) {
  process.stderr.write(`outlay: ${text}\n`);
}

/**
 * The folder `<cache>/<name>`, filled by `fill(temporaryDir)` unless it is there already. Safe against a second run at the
 * same time (the lock) and against an interrupted one (the rename).
 */
export async function cached(name, text, fill) {
  const target = join(cacheDir, name);
  if (existsSync(target)) return target;
  return await withLock(name, async () => {
    if (existsSync(target)) return target;
    progress(text);
    sweep();
    const temporary = join(cacheDir, `tmp-${process.pid}-${randomBytes(4).toString('hex')}`);
    mkdirSync(temporary, { recursive: true });
    try {
      await fill(temporary);
      mkdirSync(dirname(target), { recursive: true });
      renameSync(temporary, target);
    } finally {
      rmSync(temporary, { recursive: true, force: true });
    }
    return target;
  });
}

/** Runs `work` while no other process of this machine holds the lock of that name. A lock of a dead process is taken over. */
export async function withLock(name, work) {
  const lock = join(cacheDir, 'locks', name.replaceAll(/[^\w.-]/g, '_'));
  mkdirSync(dirname(lock), { recursive: true });
  for (let told = false; !tryLock(lock); ) {
    if (!told) progress(`waiting for another run that is preparing ${name}`);
    told = true;
    await delay(500);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function tryLock(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST')
      throw new Missing(`The cache folder ${cacheDir} cannot be written (${error.message}).`);
  }
  let owner = Number.NaN;
  try {
    owner = Number.parseInt(readFileSync(lock, 'utf8'), 10);
  } catch {
    return false; // The owner has just let go: the next try gets it.
  }
  if (Number.isNaN(owner) || isAlive(owner)) return false;
  // Whoever renames the dead owner's lock away first may try again; the others find nothing to rename.
  try {
    const dead = `${lock}.${process.pid}`;
    renameSync(lock, dead);
    rmSync(dead, { force: true });
  } catch {}
  return false;
}

/** Removes what interrupted fetches left. */
function sweep() {
  for (const entry of readdirSync(cacheDir)) {
    const pid = /^tmp-(\d+)-/.exec(entry)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) rmSync(join(cacheDir, entry), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

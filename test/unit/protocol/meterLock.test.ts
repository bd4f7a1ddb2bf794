import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseMeterLock, readMeterLock } from '../../../src/protocol/meterLock.ts';

const lock = { port: 4711, token: 'a'.repeat(32), controlToken: 'b'.repeat(32), pid: 99, version: '0.1.0' };
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outlay-lock-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('readMeterLock', () => {
  it('reads a lock that only its owner can write', async () => {
    await writeFile(join(folder, 'meter.json'), JSON.stringify({ ...lock, future: true }), { mode: 0o600 });
    expect(await readMeterLock(folder)).toEqual(lock);
  });

  it('finds no lock in an empty folder, a missing one, or one that holds half a file', async () => {
    expect(await readMeterLock(folder)).toBeNull();
    expect(await readMeterLock(join(folder, 'missing'))).toBeNull();
    await writeFile(join(folder, 'meter.json'), JSON.stringify(lock).slice(0, 20), { mode: 0o600 });
    expect(await readMeterLock(folder)).toBeNull();
  });

  it.runIf(process.platform !== 'win32')('does not trust a lock that others can write', async () => {
    await writeFile(join(folder, 'meter.json'), JSON.stringify(lock));
    await chmod(join(folder, 'meter.json'), 0o622);
    expect(await readMeterLock(folder)).toBeNull();
  });

  it.runIf(process.platform !== 'win32')('does not wait for a pipe', async () => {
    execFileSync('mkfifo', ['-m', '600', join(folder, 'meter.json')]);
    expect(await readMeterLock(folder)).toBeNull();
  });

  it.runIf(process.platform !== 'win32')('does not follow a link', async () => {
    await writeFile(join(folder, 'elsewhere.json'), JSON.stringify(lock), { mode: 0o600 });
    await symlink(join(folder, 'elsewhere.json'), join(folder, 'meter.json'));
    expect(await readMeterLock(folder)).toBeNull();
  });
});

describe('parseMeterLock', () => {
  it('never throws, and yields only complete locks', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const parsed = parseMeterLock(value);
        expect(parsed === null || Object.values(parsed).every((part) => part !== undefined)).toBe(true);
      }),
    );
  });

  it('refuses a control token that could break a header', () => {
    expect(parseMeterLock({ ...lock, controlToken: 'a\r\nhost: evil' })).toBeNull();
  });
});

import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../domain/clock.ts';
import { acquireOwnerLock } from '../ledger/ownerLock.ts';
import type { MeterLock, MeterStatus } from '../protocol/control.ts';
import { callControl } from '../protocol/controlClient.ts';
import { readMeterLock } from '../protocol/meterLock.ts';
import { prepareDataFolder } from './meterFile.ts';

const PATIENCE_MS = 6000;
const RETRY_MS = 40;

export type Claim =
  /** The folder is ours until `release`. `unwritable` is a sentence where nothing can be kept in it. */
  | { readonly kind: 'owner'; readonly unwritable: string | null; release(): void }
  /** Another meter serves this folder. */
  | { readonly kind: 'running'; readonly lock: MeterLock; readonly status: MeterStatus }
  /** Somebody holds the folder but does not answer. */
  | { readonly kind: 'blocked'; readonly text: string };

/**
 * Decides who is the meter of a data folder. Several starts at once end with one owner; the others learn its address. A meter that
 * is handing over, or a command that is deleting data, is waited for a few seconds.
 */
export async function claimDataFolder(dataDir: string, clock: Clock): Promise<Claim> {
  const unusable = prepareDataFolder(dataDir);
  if (unusable) return { kind: 'owner', unwritable: unusable, release: () => undefined };
  const deadlineMs = clock.monotonicMs() + PATIENCE_MS;
  for (;;) {
    const lock = acquireOwnerLock(dataDir);
    if (lock.state === 'held') return { kind: 'owner', unwritable: null, release: lock.release };
    if (lock.state === 'unwritable') return { kind: 'owner', unwritable: lock.reason, release: () => undefined };
    const running = await findRunning(dataDir);
    if (running) return running;
    if (clock.monotonicMs() > deadlineMs) {
      return { kind: 'blocked', text: `Another process holds ${dataDir} and does not answer.` };
    }
    await delay(RETRY_MS);
  }
}

async function findRunning(dataDir: string): Promise<Claim | null> {
  const lock = await readMeterLock(dataDir);
  if (!lock) return null;
  try {
    const status = await callControl(lock, 'status', {}, { timeoutMs: 1000 });
    return { kind: 'running', lock, status };
  } catch {
    return null;
  }
}

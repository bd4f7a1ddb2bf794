import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { version } from '../../package.json';
import { disconnectCline } from '../agentSettings/clineConnection.ts';
import { systemClock } from '../domain/clock.ts';
import type { MeterReady } from '../protocol/control.ts';
import { holdsAddress } from './addressHolders.ts';
import { claimDataFolder } from './claimDataFolder.ts';
import { Meter } from './meter.ts';
import { METER_USAGE, type MeterArguments, parseMeterArguments } from './meterArguments.ts';

const IDLE_CHECK_MS = 60_000;
/** The four seconds that a stop may take, less what the end of the process takes. */
const STOP_LIMIT_MS = 3800;
/** A defect that recurs with every byte must not fill the disk with its log. */
const LOGGED_DEFECTS = 100;
/** Where the system does not tell who holds the address, an idle meter stays for a week. */
const UNKNOWN_HOLDER_FACTOR = 7 * 24 * 4;

/** The `meter` program: prints one JSON line when it is ready and serves until SIGTERM or until it is no longer needed. */
async function main(): Promise<void> {
  const parsed = parseMeterArguments(process.argv.slice(2));
  if (parsed.kind === 'problem') {
    process.stderr.write(`${parsed.text}\n${METER_USAGE}\n`);
    process.exit(2);
  }
  const claim = await claimDataFolder(parsed.arguments.dataDir, systemClock);
  if (claim.kind === 'blocked') {
    process.stderr.write(`${claim.text}\n`);
    process.exit(1);
  }
  if (claim.kind === 'running') {
    const { lock, status } = claim;
    printReady({ port: lock.port, token: lock.token, pid: status.pid, baseUrls: status.baseUrls });
    return;
  }
  await serve(parsed.arguments, claim.unwritable, claim.release);
}

async function serve(options: MeterArguments, unwritable: string | null, releaseFolder: () => void): Promise<void> {
  const meter = await Meter.start({
    ...options,
    unwritable,
    releaseFolder,
    version,
    workerDir: __dirname,
    clock: systemClock,
    log,
    onEnd: () => process.exit(0),
  });
  const stop = (): void => {
    // Settings that hold the address of a meter that is gone would break their agent; the next window puts them in again.
    void Promise.allSettled([meter.stop(), disconnectCline(options.dataDir)]).then(() => process.exit(0));
    // Not even a disk that hangs may hold up a shutdown: what is not booked by then is found as in flight at the next start.
    setTimeout(() => process.exit(0), STOP_LIMIT_MS).unref();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  printReady(meter.ready);
  if (options.idleExitMinutes !== null) void stopWhenUnused(meter, options.idleExitMinutes, stop);
}

/** Ends the meter after a stretch without clients, calls and holders of its address. */
async function stopWhenUnused(meter: Meter, idleExitMinutes: number, stop: () => void): Promise<void> {
  let idleMinutes = 0;
  for (;;) {
    await delay(IDLE_CHECK_MS, undefined, { ref: false });
    idleMinutes = meter.isIdle ? idleMinutes + 1 : 0;
    if (idleMinutes === 0 || idleMinutes < idleExitMinutes) continue;
    const holders = await holdsAddress(meter.heldTokens, process.pid);
    const patience = holders === 'unknown' ? idleExitMinutes * UNKNOWN_HOLDER_FACTOR : idleExitMinutes;
    // A client may have come while the system was being asked.
    if (holders !== 'yes' && idleMinutes >= patience && meter.isIdle) {
      log('nobody needs the meter any more: it ends');
      stop();
      return;
    }
  }
}

function printReady(ready: MeterReady): void {
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

/** The log goes to stderr, which the window directs into a file. Lines hold no token, no header and nothing of a call's content. */
function log(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}

// Heaps of all threads are collected when they have grown by a fifth, instead of at several times their size: what the meter holds
// is small, and it shares the machine with the agents. Where V8 does not know the option it does nothing.
setFlagsFromString('--heap-growing-percent=20');

// A defect of the meter's own must not end the calls that it carries. The message is left out: it could quote what passed.
let defects = 0;
process.on('uncaughtException', (error: unknown) => {
  if (++defects > LOGGED_DEFECTS) return;
  const frames = error instanceof Error ? (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  log(`a defect, calls go on: ${error instanceof Error ? error.name : typeof error}\n${frames.join('\n')}`);
});

// A reader that has gone away must not end the meter.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

main().catch((error: unknown) => {
  process.stderr.write(`The meter could not start: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { callControl } from '../../protocol/controlClient.ts';
import { meterNodeFlags } from '../../protocol/meterFlags.ts';
import { readMeterLock } from '../../protocol/meterLock.ts';
import { CliError } from '../cliError.ts';

const IDLE_EXIT_MINUTES = 15;
const READY_MS = 15_000;

export interface MeterStart {
  readonly dataDir: string;
  /** Folder of `meter.js`. */
  readonly programDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whether a meter answers on the data folder. */
export async function isMeterThere(dataDir: string): Promise<boolean> {
  const lock = await readMeterLock(dataDir);
  if (lock === null) return false;
  return callControl(lock, 'status', {}).then(
    () => true,
    () => false,
  );
}

/** Starts a meter that outlives this process and ends itself when nobody needs it. Two that are started at once are one. */
export async function startMeter({ dataDir, programDir, env }: MeterStart): Promise<void> {
  const own = /^(VSCODE_|ELECTRON_|OUTLAY_|NODE_OPTIONS$|NODE_CHANNEL_|NODE_DEBUG)/;
  const kept = Object.entries(env).filter(([name]) => !own.test(name));
  const args = [
    join(programDir, 'meter.js'),
    '--data-dir',
    dataDir,
    '--port',
    '0',
    '--idle-exit',
    String(IDLE_EXIT_MINUTES),
  ];
  const child = spawn(process.execPath, [...meterNodeFlags, ...args], {
    cwd: dataDir,
    detached: true,
    env: { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: '1' },
    stdio: 'ignore',
    windowsHide: true,
  });
  child.on('error', () => undefined);
  child.unref();
  const deadlineMs = performance.now() + READY_MS;
  while (!(await isMeterThere(dataDir))) {
    if (performance.now() > deadlineMs) throw new CliError(`The meter did not start on ${dataDir}.`);
    await delay(50);
  }
}

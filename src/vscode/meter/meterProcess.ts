import { spawn } from 'node:child_process';
import { mkdir, open, rename, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MeterReady } from '../../protocol/control.ts';
import { meterNodeFlags } from '../../protocol/meterFlags.ts';

export interface MeterLaunch {
  /** The editor's own executable; it runs as Node. */
  readonly nodePath: string;
  /** `dist/meter.js`. */
  readonly script: string;
  readonly dataDir: string;
  /** The port to take again, so that terminals that hold it keep working; 0 for any. */
  readonly port: number;
  /** `--upstream` values, for example "anthropic=http://127.0.0.1:9999". */
  readonly upstreams: readonly string[];
  readonly demo: boolean;
  /** Outlay is off: the meter serves terminals that hold its address and books nothing. */
  readonly passThrough: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
}

/** A meter that no window watches and whose address nobody holds ends itself after this time. */
const IDLE_EXIT_MINUTES = 15;
const LOG_NAME = 'meter.log';
const MAX_LOG_BYTES = 1024 * 1024;
const MAX_READY_BYTES = 64 * 1024;

/**
 * Starts the meter as a process of its own that outlives this window, and waits for the line that says it is ready.
 *
 * @throws Error with one sentence when it does not become ready. The line holds tokens, so that it is never quoted.
 */
export async function startMeter(launch: MeterLaunch): Promise<MeterReady> {
  // A data folder that cannot be written is the meter's to report: calls go through all the same.
  const made = await mkdir(launch.dataDir, { recursive: true, mode: 0o700 }).then(
    () => true,
    () => false,
  );
  const log = made ? await openLog(launch.dataDir).catch(() => null) : null;
  const upstreams = launch.upstreams.flatMap((upstream) => ['--upstream', upstream]);
  const idleExit = ['--idle-exit', String(IDLE_EXIT_MINUTES)];
  const flags = [...(launch.demo ? ['--demo'] : []), ...(launch.passThrough ? ['--pass-through'] : [])];
  const meter = [launch.script, '--data-dir', launch.dataDir, '--port', String(launch.port)];
  try {
    const child = spawn(launch.nodePath, [...meterNodeFlags, ...meter, ...idleExit, ...upstreams, ...flags], {
      // Not the workspace: a folder that a process stands in cannot be removed on Windows.
      cwd: made ? launch.dataDir : tmpdir(),
      detached: true,
      env: meterEnvironment(launch.environment),
      stdio: ['ignore', 'pipe', log?.fd ?? 'ignore'],
      windowsHide: true,
    });
    const { stdout } = child;
    if (stdout === null) throw new Error('The meter has no output to read its address from.');
    return await new Promise<MeterReady>((resolve, reject) => {
      let text = '';
      const timer = setTimeout(() => {
        child.kill();
        settle(() => reject(new Error(`The meter was not ready within ${launch.timeoutMs} ms.`)));
      }, launch.timeoutMs);
      const settle = (outcome: () => void): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        // A late error of a process that has been let go must not reach the editor as an uncaught exception.
        child.on('error', () => {});
        stdout.removeAllListeners();
        stdout.destroy();
        child.unref();
        outcome();
      };
      stdout.setEncoding('utf8');
      stdout.on('data', (chunk: string) => {
        text += chunk;
        const end = text.indexOf('\n');
        if (end < 0 && text.length < MAX_READY_BYTES) return;
        const ready = parseReady(text.slice(0, Math.max(0, end)));
        if (ready !== null) return settle(() => resolve(ready));
        child.kill();
        settle(() => reject(new Error('The meter printed something else than its address.')));
      });
      child.on('error', (error) => settle(() => reject(new Error(`The meter cannot be started: ${error.message}`))));
      child.on('exit', (code, signal) =>
        settle(() => reject(new Error(`The meter ended at once (${signal ?? `exit code ${code ?? '?'}`}).`))),
      );
    });
  } finally {
    await log?.close();
  }
}

function parseReady(line: string): MeterReady | null {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return null;
    const { port, token, pid, baseUrls, controlToken } = value as Record<string, unknown>;
    if (typeof port !== 'number' || typeof token !== 'string' || typeof pid !== 'number') return null;
    if (typeof baseUrls !== 'object' || baseUrls === null) return null;
    const ready = { port, token, pid, baseUrls: baseUrls as Record<string, string> };
    return typeof controlToken === 'string' ? { ...ready, controlToken } : ready;
  } catch {
    return null;
  }
}

/**
 * The editor's environment without its own switches, some of which would make the meter another kind of process, and without
 * Node's debug switches, which would write the header fields of calls, keys included, into the log.
 */
export function meterEnvironment(environment: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  const entries = Object.entries(environment).filter(
    ([name]) => !/^(VSCODE_|ELECTRON_|OUTLAY_|NODE_OPTIONS$|NODE_CHANNEL_|NODE_DEBUG)/.test(name),
  );
  return { ...Object.fromEntries(entries), ELECTRON_RUN_AS_NODE: '1' };
}

/** What the meter says on stderr; one older file is kept. */
async function openLog(dataDir: string) {
  const path = join(dataDir, LOG_NAME);
  const size = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size > MAX_LOG_BYTES) await rename(path, `${path}.1`).catch(() => {});
  return open(path, 'a', 0o600);
}

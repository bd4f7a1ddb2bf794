import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { MeterLock, MeterReady } from '../../src/protocol/control.ts';
import { meterNodeFlags } from '../../src/protocol/meterFlags.ts';
import { readMeterLock } from '../../src/protocol/meterLock.ts';

export const projectDir = resolve(import.meta.dirname, '../..');

/** A folder of its own for one test's books. */
export function newDataDir(): { readonly path: string; dispose(): void } {
  const path = mkdtempSync(join(tmpdir(), 'outlay-test-'));
  return { path, dispose: () => rmSync(path, { recursive: true, force: true }) };
}

export interface MeterProcess {
  readonly child: ChildProcess;
  readonly ready: MeterReady;
  /** Everything that it wrote to stderr so far. */
  errorText(): string;
  lock(): Promise<MeterLock>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
  /** kill -9; resolves when the process is gone. */
  kill(): Promise<void>;
}

export interface StartOptions {
  readonly dataDir: string;
  readonly upstreams?: Readonly<Record<string, string>>;
  readonly port?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly extraArguments?: readonly string[];
  /** Another build's entry, for versions that differ. */
  readonly program?: string;
}

/** Starts the built meter and waits for its ready line. Rejects with what it wrote to stderr if it ends before. */
export async function startMeterProcess(options: StartOptions): Promise<MeterProcess> {
  const upstreams = Object.entries(options.upstreams ?? {}).flatMap(([name, origin]) => [
    '--upstream',
    `${name}=${origin}`,
  ]);
  const program = options.program ?? join(projectDir, 'dist/meter.js');
  const child = spawn(
    process.execPath,
    [
      ...meterNodeFlags,
      program,
      '--data-dir',
      options.dataDir,
      '--port',
      String(options.port ?? 0),
      ...upstreams,
      ...(options.extraArguments ?? []),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...options.env } },
  );
  let errorText = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errorText += text;
  });
  const exited = once(child, 'exit');
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text)),
    exited.then(([code]) => Promise.reject(new Error(`the meter ended with ${String(code)}: ${errorText}`))),
  ]);
  const ready: MeterReady = JSON.parse(line);
  return {
    child,
    ready,
    errorText: () => errorText,
    lock: async () => {
      const lock = await readMeterLock(options.dataDir);
      if (!lock) throw new Error('there is no meter.json');
      return lock;
    },
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await exited;
      return code;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Runs the built command line and returns what it printed. */
export async function runCli(
  argv: readonly string[],
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [join(projectDir, 'dist/cli.js'), ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/** Reads until the answer satisfies; the books are written a moment after the bytes. Rejects after `patienceMs`. */
export async function eventually<Value>(
  read: () => Promise<Value>,
  isThere: (value: Value) => boolean,
  patienceMs = 5000,
): Promise<Value> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const value = await read();
    if (isThere(value)) return value;
    if (Date.now() > deadline)
      throw new Error(`not within ${patienceMs} ms; last: ${JSON.stringify(value).slice(0, 800)}`);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}

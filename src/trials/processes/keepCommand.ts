import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, createWriteStream, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { removeFolder } from '../removeFolder.ts';
import { deferred } from './deferred.ts';
import { endRunProcesses, signalGroup } from './endProcesses.ts';
import { type KeeperLine, type KeptCommand, MARKER_VARIABLE, MAX_OUTPUT_BYTES } from './keeperProtocol.ts';

/** What a program may take to end in good order once it is told to. */
const GRACE_MS = 2_000;

type Ending = 'cancelled' | 'orphaned' | 'timedOut';

/**
 * Runs one command in a process group of its own and sees to it that nothing of it is left: when it ends, when its time is up, when it is
 * cancelled, and when the process that waits for it is gone, however that ended. A process of its own does this because nothing
 * else outlives a kill -9 of that one.
 */
export async function keepCommand(input: Readable, print: (line: KeeperLine) => void): Promise<void> {
  // A terminal's signals are for whoever waits, who then says what is to happen.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.stdout.on('error', () => undefined);
  const lines = createInterface({ input });
  const { promise: first, resolve: gotFirst } = deferred<string | null>();
  const { promise: toldToEnd, resolve: tellToEnd } = deferred<Ending>();
  lines.on('line', (line) => (line === 'cancel' ? tellToEnd('cancelled') : gotFirst(line)));
  lines.on('close', () => {
    gotFirst(null);
    tellToEnd('orphaned');
  });
  const text = await first;
  if (text === null) return;
  const command = JSON.parse(text) as KeptCommand;
  const startedMs = performance.now();
  const kept = start(command);
  if (typeof kept === 'string') return print({ ...ended(startedMs), startProblem: kept });
  const { child, exited } = kept;
  const group = child.pid ?? 0;
  if (group > 0) print({ kind: 'started', group });
  const timer = new AbortController();
  const timeout = delay(command.timeoutMs, 'timedOut' as const, { signal: timer.signal }).catch(
    () => 'timedOut' as const,
  );
  const ending = await Promise.race([exited.then(() => null), toldToEnd, timeout]);
  timer.abort();
  if (ending !== null && group > 0) {
    signalGroup(group, 'SIGTERM');
    await Promise.race([exited, delay(GRACE_MS)]);
  }
  await endRunProcesses(command.marker, group > 0 ? [group] : []);
  const { code, problem } = await exited;
  await kept.written();
  const isOrphan = ending === 'orphaned';
  if (isOrphan && command.orphanedFolder !== null) {
    await removeFolder(command.orphanedFolder).catch(() => undefined);
  }
  print({
    ...ended(startedMs),
    code,
    startProblem: problem,
    timedOut: ending === 'timedOut',
    cancelled: ending === 'cancelled',
  });
  lines.close();
}

function ended(startedMs: number): Extract<KeeperLine, { kind: 'ended' }> {
  const durationMs = Math.round(performance.now() - startedMs);
  return { kind: 'ended', code: null, timedOut: false, cancelled: false, startProblem: null, durationMs };
}

interface Started {
  readonly child: ChildProcess;
  readonly exited: Promise<{ readonly code: number | null; readonly problem: string | null }>;
  /** Resolves once what it printed is in the file. */
  written(): Promise<void>;
}

/** Starts the command; a sentence where that cannot even be tried. */
function start(command: KeptCommand): Started | string {
  const [file = '', ...args] = command.argv;
  // Some programs take PWD for the folder that they are in, and that of whoever started the trial is the user's own.
  const env = { ...command.env, PWD: command.cwd, OLDPWD: undefined, [MARKER_VARIABLE]: command.marker };
  const options = { cwd: command.cwd, env, detached: true, windowsHide: true };
  let stdin: number | null = null;
  try {
    stdin = command.stdinPath === null ? null : openSync(command.stdinPath, 'r');
    const child = spawn(file, args, { ...options, stdio: [stdin ?? 'ignore', 'pipe', 'pipe'] });
    const { promise: exited, resolve } = deferred<{ code: number | null; problem: string | null }>();
    child.once('error', (error: NodeJS.ErrnoException) => resolve({ code: null, problem: startProblem(file, error) }));
    child.once('exit', (code) => resolve({ code, problem: null }));
    return { child, exited, written: writeOutput(child, command.outputPath) };
  } catch (error) {
    return startProblem(file, error as NodeJS.ErrnoException);
  } finally {
    if (stdin !== null) closeSync(stdin);
  }
}

function startProblem(file: string, error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return `"${file}" was not found.`;
  if (error.code === 'E2BIG') return `"${file}" cannot be started: its command line is too long.`;
  return `"${file}" cannot be started: ${error.message}.`;
}

/** Writes what the command prints, up to the bound; what comes after is dropped, so that no program is held up by a full pipe. */
function writeOutput(child: ChildProcess, path: string): () => Promise<void> {
  const file = createWriteStream(path, { flags: 'a', mode: 0o600 });
  file.on('error', () => undefined);
  let left = MAX_OUTPUT_BYTES;
  const closed: Promise<unknown>[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue;
    stream.on('data', (chunk: Buffer) => {
      if (left <= 0) return;
      file.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) file.write('\n[what followed was too much to keep]\n');
    });
    closed.push(new Promise((resolve) => stream.once('close', resolve)));
  }
  return async () => {
    // A stranger that got hold of the pipe must not keep the run open.
    await Promise.race([Promise.all(closed), delay(GRACE_MS)]);
    await new Promise<void>((resolve) => file.end(resolve));
  };
}

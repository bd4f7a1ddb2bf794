import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface ProgramRun {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface ProgramOptions {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly patienceMs?: number;
}

/** Runs a program with exactly this environment and nothing on its stdin. Whatever it started ends with it, at the latest after `patienceMs`. */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<ProgramRun> {
  const [program = '', ...args] = argv;
  const started = performance.now();
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const timer = setTimeout(() => killGroup(child.pid), options.patienceMs ?? 60_000);
  try {
    const [code] = await once(child, 'exit');
    killGroup(child.pid);
    if (!child.stdout.closed) await once(child.stdout, 'close');
    return { code, stdout, stderr, durationMs: Math.round(performance.now() - started) };
  } finally {
    clearTimeout(timer);
  }
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All of it has ended already.
  }
}

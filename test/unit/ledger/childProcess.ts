import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export interface Child {
  readonly process: ChildProcess;
  readonly lines: Interface;
  /** Kills it as a crash would, and waits until it is gone. */
  kill(): Promise<void>;
}

/** Starts a script of this folder in a Node of its own, or under a command that takes one. */
export function startChild(script: string, args: readonly string[], under: readonly string[] = []): Child {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const flags = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'];
  const [command = process.execPath, ...rest] = [...under, process.execPath, ...flags, file, ...args];
  const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  onTestFinished(kill);
  return { process: child, lines: createInterface({ input: child.stdout }), kill };
}

/** The first line that satisfies. Throws where the process ends before it. */
export async function lineOf(child: Child, satisfies: (line: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error('the process ended before the line came'));
    const onLine = (line: string) => {
      if (!satisfies(line)) return;
      child.lines.off('line', onLine);
      child.lines.off('close', onClose);
      resolve(line);
    };
    child.lines.on('line', onLine);
    child.lines.once('close', onClose);
  });
}

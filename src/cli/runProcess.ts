import { spawn } from 'node:child_process';
import { constants } from 'node:os';

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs a command on this process's own terminal. Signals that this process gets are the command's; it ends when the command has. */
export function runProcess(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(file, [...args], { stdio: 'inherit', env: { ...env } });
    const passOn = (signal: NodeJS.Signals): void => void child.kill(signal);
    for (const signal of passedOn) process.on(signal, passOn);
    const end = (code: number): void => {
      for (const signal of passedOn) process.off(signal, passOn);
      resolve(code);
    };
    child.once('error', (error) => {
      process.stderr.write(`"${file}" cannot be started: ${error.message}\n`);
      end('code' in error && error.code === 'ENOENT' ? 127 : 126);
    });
    // A shell's way to tell of a signal.
    child.once('exit', (code, signal) => end(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

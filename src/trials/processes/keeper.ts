import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { deferred } from './deferred.ts';
import { endRunProcesses } from './endProcesses.ts';
import type { KeeperLine, KeptCommand, KeptResult } from './keeperProtocol.ts';

/** How keepers are started. */
export interface KeeperProgram {
  readonly nodePath: string;
  readonly script: string;
}

export interface KeptProcess {
  /** Resolves when all of it has ended; never rejects. */
  readonly result: Promise<KeptResult>;
  cancel(): void;
}

/** Runs a command under a keeper, which ends all of it even where this process is killed. `onGroup` gets the process group once it is there. */
export function startKept(
  command: KeptCommand,
  program: KeeperProgram,
  onGroup: (group: number) => void = () => undefined,
): KeptProcess {
  const startedMs = performance.now();
  const child = spawn(program.nodePath, [program.script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    detached: true,
    windowsHide: true,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  });
  const groups: number[] = [];
  let result: KeptResult | null = null;
  let problem: string | null = null;
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => {
    problem = `The process that watches over runs cannot be started: ${error.message}.`;
  });
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (text) => {
    const line = JSON.parse(text) as KeeperLine;
    if (line.kind === 'ended') {
      result = line;
    } else {
      groups.push(line.group);
      onGroup(line.group);
    }
  });
  const { promise, resolve } = deferred<KeptResult>();
  child.once('close', () => {
    if (result !== null) return resolve(result);
    // The keeper itself was killed: what it kept is ended from here.
    const durationMs = Math.round(performance.now() - startedMs);
    const startProblem = problem ?? 'The process that watches over the run was killed.';
    void endRunProcesses(command.marker, groups).then(() =>
      resolve({ code: null, timedOut: false, cancelled: false, startProblem, durationMs }),
    );
  });
  child.stdin.write(`${JSON.stringify(command)}\n`);
  return {
    result: promise,
    cancel: () => {
      child.stdin.write('cancel\n');
    },
  };
}

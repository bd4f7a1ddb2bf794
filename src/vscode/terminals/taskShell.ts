import { type EnvironmentLayers, MARKER_VARIABLE } from '../../agents/environment.ts';
import type { VariableChange } from '../../agents/noProxy.ts';
import { UNMETERED_VARIABLE, unmeteredEnvironment } from './unmeteredEnvironment.ts';

/** What a terminal is made with, as the editor takes it. */
export interface TaskShell {
  readonly shellPath?: string;
  readonly shellArgs?: readonly string[];
  readonly env: Readonly<Record<string, string | null>>;
  readonly strictEnv?: boolean;
}

export interface TaskShellInput {
  readonly platform: NodeJS.Platform;
  /** The user's shell. */
  readonly shell: string;
  readonly layers: EnvironmentLayers;
  /** What a terminal of the task gets, from `planTerminalEnvironment` with the task's base URLs. */
  readonly changes: ReadonlyMap<string, VariableChange>;
}

const CARRIER = 'OUTLAY_TASK_';

/**
 * A terminal of a task. The editor puts an extension's variables over those that a terminal is created with, so that the window's base
 * URLs would win over the task's. Therefore the task's travel under names of their own and take their places just before the shell
 * starts: what other extensions set stays, and no value stands on a command line, where others could read it. The price is that the
 * editor does not put its shell integration into such a terminal, which also keeps the launcher first on the PATH after start-up files
 * have put something before it. For bash that is done here; with other shells a `codex` that a start-up file puts first is not
 * the launcher's. Windows has no such shell: there the environment is given in full, and other extensions' variables are not in it.
 */
export function taskShell(input: TaskShellInput): TaskShell {
  return input.platform === 'win32' ? wholeEnvironment(input) : throughSh(input);
}

function throughSh({ shell, platform, changes }: TaskShellInput): TaskShell {
  const values = [...changes].filter(([name, { kind }]) => kind === 'replace' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  const carried = values.map(([name, { value }]) => [`${CARRIER}${name}`, value] as const);
  const moves = values.map(([name]) => `${name}=$${CARRIER}${name}; export ${name}; unset ${CARRIER}${name};`);
  // The editor's own terminals are login shells on macOS, where start-up files fill the PATH.
  const login = platform === 'darwin' ? ['-l'] : [];
  const prefix = changes.get('PATH');
  const isBash = platform !== 'darwin' && /(?:^|\/)bash$/.test(shell) && prefix?.kind === 'prependPath';
  const start = isBash ? AFTER_START_UP_FILES : 'exec "$@"';
  return {
    shellPath: '/bin/sh',
    shellArgs: ['-c', `${moves.join(' ')} ${start}`, 'sh', shell, ...(isBash ? ['--rcfile', '/dev/fd/9'] : login)],
    env: Object.fromEntries([...carried, ...(isBash ? [[`${CARRIER}PATH`, prefix.value] as const] : [])]),
  };
}

/** Bash reads its own start-up file, and then puts the launcher in front. The text comes through a pipe: there is no file to keep. */
const AFTER_START_UP_FILES = `exec "$@" 9<<'OUTLAY_END'
[ -r ~/.bashrc ] && . ~/.bashrc
PATH="$${CARRIER}PATH$PATH"; unset ${CARRIER}PATH; exec 9<&-
OUTLAY_END
`;

function wholeEnvironment({ layers, platform, changes }: TaskShellInput): TaskShell {
  const env: Record<string, string | null> = { ...unmeteredEnvironment(layers, null, platform) };
  delete env[UNMETERED_VARIABLE];
  for (const [name, { kind, value }] of changes) {
    // Windows knows one variable in any case; its own spelling of the PATH is kept.
    const known = Object.keys(env).find((key) => key.toUpperCase() === name.toUpperCase()) ?? name;
    const before = env[known] ?? '';
    env[known] = kind === 'replace' ? value : kind === 'append' ? `${before}${value}` : `${value}${before}`;
  }
  return { strictEnv: true, env };
}

/** Whether a plan connects anything. */
export const isConnected = (changes: ReadonlyMap<string, VariableChange>): boolean => changes.has(MARKER_VARIABLE);

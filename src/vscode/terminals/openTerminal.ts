import { env, type Terminal, type TerminalOptions, ThemeIcon, Uri, window } from 'vscode';
import type { Marker } from '../../agents/environment.ts';
import { isConnected, taskShell } from './taskShell.ts';
import type { TerminalConnector } from './terminalConnector.ts';
import { readTerminalLayers } from './terminalLayers.ts';
import { UNMETERED_VARIABLE, unmeteredEnvironment } from './unmeteredEnvironment.ts';
import { unmeteredShell } from './unmeteredShell.ts';

export function openMeteredTerminal(): Terminal {
  const terminal = window.createTerminal({ name: 'Metered' });
  terminal.show();
  return terminal;
}

const LONGEST_NAME = 40;

/**
 * A terminal whose agents belong to a task.
 *
 * @param baseUrls the task's own, from the meter.
 * @throws Error with a sentence where terminals are not connected.
 */
export function openTaskTerminal(
  connector: TerminalConnector,
  task: { readonly title: string; readonly folder: string | null },
  baseUrls: Readonly<Record<string, string>>,
): Terminal {
  const changes = connector.planFor(baseUrls)?.changes;
  if (changes === undefined || !isConnected(changes)) {
    throw new Error('Terminals are not connected now, so that none can belong to a task.');
  }
  const shell = taskShell({ platform: process.platform, shell: env.shell, layers: readTerminalLayers(), changes });
  const { shellArgs, ...options } = shell;
  const name =
    [...task.title].length > LONGEST_NAME ? `${[...task.title].slice(0, LONGEST_NAME).join('')}…` : task.title;
  const terminal = window.createTerminal({
    name: `Task: ${name}`,
    iconPath: new ThemeIcon('target'),
    ...options,
    env: { ...options.env },
    ...(shellArgs === undefined ? {} : { shellArgs: [...shellArgs] }),
    ...(task.folder === null ? {} : { cwd: task.folder }),
  });
  terminal.show();
  return terminal;
}

/**
 * A terminal without anything of Outlay. Its environment is given in full, which makes a local editor leave the extensions' variables
 * out; an editor with a remote machine adds them nevertheless, so that there the shell is started without them.
 */
export function openUnmeteredTerminal(connector: TerminalConnector, launcherDir: string | null): Terminal {
  const base = { name: 'Unmetered', iconPath: new ThemeIcon('terminal') };
  const isRemote = env.remoteName !== undefined && process.platform !== 'win32';
  const terminal = window.createTerminal(
    isRemote
      ? { ...base, ...remoteShell(connector.marker(), launcherDir), env: { [UNMETERED_VARIABLE]: '1' } }
      : {
          ...base,
          strictEnv: true,
          env: { ...unmeteredEnvironment(readTerminalLayers(), launcherDir, process.platform) },
        },
  );
  terminal.show();
  return terminal;
}

function remoteShell(marker: Marker, launcherDir: string | null): Pick<TerminalOptions, 'shellPath' | 'shellArgs'> {
  const { shellPath, shellArgs } = unmeteredShell(env.shell, marker, launcherDir);
  return { shellPath, shellArgs: [...shellArgs] };
}

/**
 * Replaces a terminal by one with the same name, shell and folder, which then is connected. What runs in it would end: a terminal that
 * was never typed into is known to be idle, any other one is asked for first.
 */
export async function relaunchTerminal(terminal: Terminal): Promise<void> {
  if (terminal.state.isInteractedWith) {
    const relaunch = 'Relaunch';
    const answer = await window.showWarningMessage(
      `Relaunch the terminal "${terminal.name}"?`,
      {
        modal: true,
        detail: 'Whatever runs in it ends. A new terminal with the same name and folder takes its place.',
      },
      relaunch,
    );
    if (answer !== relaunch) return;
  }
  const options = relaunchOptions(terminal);
  terminal.dispose();
  window.createTerminal(options).show();
}

function relaunchOptions(terminal: Terminal): TerminalOptions {
  const created = 'pty' in terminal.creationOptions ? {} : terminal.creationOptions;
  const cwd = terminal.shellIntegration?.cwd ?? created.cwd;
  return {
    ...created,
    name: terminal.name,
    ...(cwd === undefined ? {} : { cwd: typeof cwd === 'string' ? Uri.file(cwd) : cwd }),
  };
}

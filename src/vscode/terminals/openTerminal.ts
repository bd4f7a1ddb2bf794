import { env, type Terminal, type TerminalOptions, ThemeIcon, Uri, window } from 'vscode';
import type { Marker } from './environment.ts';
import type { TerminalConnector } from './terminalConnector.ts';
import { readTerminalLayers } from './terminalLayers.ts';
import { UNMETERED_VARIABLE, unmeteredEnvironment } from './unmeteredEnvironment.ts';
import { unmeteredShell } from './unmeteredShell.ts';

export function openMeteredTerminal(): Terminal {
  const terminal = window.createTerminal({ name: 'Metered' });
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

import { type Terminal, type TerminalOptions, ThemeIcon, Uri, window } from 'vscode';
import { readTerminalLayers } from './terminalLayers.ts';
import { unmeteredEnvironment } from './unmeteredEnvironment.ts';

export function openMeteredTerminal(): Terminal {
  const terminal = window.createTerminal({ name: 'Metered' });
  terminal.show();
  return terminal;
}

/** A terminal whose environment is given in full, which is the only way that the editor leaves the extensions' variables out. */
export function openUnmeteredTerminal(launcherDir: string | null): Terminal {
  const terminal = window.createTerminal({
    name: 'Unmetered',
    iconPath: new ThemeIcon('terminal'),
    strictEnv: true,
    env: { ...unmeteredEnvironment(readTerminalLayers(), launcherDir, process.platform) },
  });
  terminal.show();
  return terminal;
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

import { type Environment, type EnvironmentLayers, withoutOwnVariables } from '../../agents/environment.ts';

/** Tells our own unmetered terminals from others, after a reload too. */
export const UNMETERED_VARIABLE = 'OUTLAY_UNMETERED';

/**
 * The complete environment of a terminal that Outlay leaves alone: what a terminal has without any extension's variables. Our own launcher is
 * taken off the PATH, where an editor that was started from a connected terminal has inherited it.
 */
export function unmeteredEnvironment(
  layers: EnvironmentLayers,
  launcherDir: string | null,
  platform: NodeJS.Platform,
): Readonly<Record<string, string | null>> {
  const base = withoutEditorInternals(withoutOwnVariables(layers.process));
  const merged: Record<string, string | null> = {};
  for (const [name, value] of Object.entries({ ...base, ...layers.user, ...layers.workspace })) {
    if (value === undefined || value === null) continue;
    const isPath = platform === 'win32' ? name.toUpperCase() === 'PATH' : name === 'PATH';
    merged[name] = isPath && launcherDir !== null ? withoutFolder(value, launcherDir, platform) : value;
  }
  return { ...merged, [UNMETERED_VARIABLE]: '1' };
}

function withoutEditorInternals(environment: Environment): Environment {
  const internal = /^(VSCODE_|ELECTRON_|APPLICATION_INSIGHTS_|OUTLAY_)/;
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !internal.test(name)));
}

function withoutFolder(path: string, folder: string, platform: NodeJS.Platform): string {
  const delimiter = platform === 'win32' ? ';' : ':';
  return path
    .split(delimiter)
    .filter((entry) => entry !== folder)
    .join(delimiter);
}

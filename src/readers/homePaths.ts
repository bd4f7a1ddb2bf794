import { join, resolve } from 'node:path';
import type { Place } from './contract.ts';

/** A path that a user wrote: "~" is the home, and what is relative is taken from where we run. */
export function userPath(path: string, homeDir: string): string {
  return path === '~' || path.startsWith('~/') || path.startsWith('~\\') ? join(homeDir, path.slice(1)) : resolve(path);
}

/** The first variable that names a folder, or null. */
export function namedFolder({ homeDir, env }: Place, ...variables: readonly string[]): string | null {
  for (const variable of variables) {
    const value = env[variable]?.trim();
    if (value) return userPath(value, homeDir);
  }
  return null;
}

/** Folders of a variable that lists them with commas, in their order. */
export function namedFolders({ homeDir, env }: Place, variable: string): readonly string[] {
  const paths = (env[variable] ?? '').split(',').map((path) => path.trim());
  return paths.filter((path) => path !== '').map((path) => userPath(path, homeDir));
}

/** Where programs keep their data by the XDG rules, which some follow on every platform. */
export function xdgDataFolder(place: Place): string {
  return namedFolder(place, 'XDG_DATA_HOME') ?? join(place.homeDir, '.local', 'share');
}

/** Where applications keep their settings and data on this platform. */
export function applicationFolder(place: Place): string {
  const { homeDir, platform } = place;
  if (platform === 'darwin') return join(homeDir, 'Library', 'Application Support');
  if (platform === 'win32') return namedFolder(place, 'APPDATA') ?? join(homeDir, 'AppData', 'Roaming');
  return namedFolder(place, 'XDG_CONFIG_HOME') ?? join(homeDir, '.config');
}

/** Windows keeps what does not roam in a folder of its own; elsewhere there is none. */
export function localAppFolder(place: Place): string {
  return namedFolder(place, 'LOCALAPPDATA') ?? join(place.homeDir, 'AppData', 'Local');
}

const editors = ['Code', 'Code - Insiders', 'Code - OSS', 'VSCodium', 'Cursor', 'Windsurf', 'Antigravity'] as const;
const servers = ['.vscode-server', '.vscode-server-insiders', '.vscodium-server', '.cursor-server', '.windsurf-server'];

/** The variables that `editorUserFolders` heeds. */
export const editorVariables = [
  'VSCODE_PORTABLE',
  'VSCODE_APPDATA',
  'APPDATA',
  'XDG_CONFIG_HOME',
  'XDG_DATA_HOME',
] as const;

/** The "User" folders of VS Code and what is made of it, on this machine and where a remote window runs its extensions. */
export function editorUserFolders(place: Place): readonly string[] {
  const portable = namedFolder(place, 'VSCODE_PORTABLE');
  const base = namedFolder(place, 'VSCODE_APPDATA') ?? applicationFolder(place);
  return [
    ...(portable === null ? [] : [join(portable, 'user-data', 'User')]),
    ...editors.map((editor) => join(base, editor, 'User')),
    ...servers.map((server) => join(place.homeDir, server, 'data', 'User')),
    join(xdgDataFolder(place), 'code-server', 'User'),
  ];
}

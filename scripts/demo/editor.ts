import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { projectDir, vsCodeServerDir, vsixPath } from '../../test/support/toolchain.ts';

export interface EditorOptions {
  readonly folder: string;
  /** Where VS Code keeps what it knows; null leaves a desktop VS Code to its own. */
  readonly userDir: string | null;
  /** User settings for a folder that has none yet. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
}

export interface Editor {
  readonly process: ChildProcess;
  /** What to tell the user. */
  readonly text: string;
}

/** The desktop VS Code that VSCODE or the PATH names, or null. */
export function desktopVsCode(): string | null {
  const named = process.env['VSCODE'];
  if (named) {
    if (!existsSync(named)) throw new Error(`VSCODE names ${named}, which does not exist.`);
    return named;
  }
  // A `code` in a terminal of VS Code on another machine only talks to that window.
  if (process.env['VSCODE_IPC_HOOK_CLI']) return null;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const file = process.platform === 'win32' ? 'code.cmd' : 'code';
  return folders.map((folder) => join(folder, file)).find((path) => existsSync(path)) ?? null;
}

export function openDesktop(program: string, options: EditorOptions): Editor {
  const own = options.userDir === null ? [] : ['--user-data-dir', options.userDir];
  if (options.userDir !== null) seedSettings(join(options.userDir, 'User'), options.settings);
  const args = ['--new-window', '--wait', `--extensionDevelopmentPath=${projectDir}`, ...own, options.folder];
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...options.env },
    detached: true,
    shell: process.platform === 'win32',
  });
  return { process: child, text: `VS Code opens with Outlay (${program}).` };
}

/** Serves VS Code in the browser with the packed extension in it. Resolves when it answers. */
export async function serveInBrowser(options: EditorOptions & { readonly userDir: string }): Promise<Editor> {
  seedSettings(join(options.userDir, 'data/User'), options.settings);
  const server = join(vsCodeServerDir(), 'out/server-main.js');
  const shared = ['--server-data-dir', options.userDir, '--accept-server-license-terms'];
  const env = { ...process.env, ...options.env };
  const installed = spawnSync(process.execPath, [server, ...shared, '--force', '--install-extension', vsixPath()], {
    env,
  });
  if (installed.status !== 0)
    throw new Error(`The extension could not be installed: ${String(installed.stderr).trim()}`);
  const token = randomBytes(16).toString('hex');
  const child = spawn(
    process.execPath,
    [server, ...shared, '--host', '127.0.0.1', '--port', '0', '--connection-token', token, '--telemetry-level', 'off'],
    { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true },
  );
  const port = await portOf(child);
  const query = new URLSearchParams({ tkn: token, folder: options.folder });
  return { process: child, text: `VS Code with Outlay is at http://localhost:${port}/?${query}` };
}

function seedSettings(dir: string, settings: Readonly<Record<string, unknown>>): void {
  const path = join(dir, 'settings.json');
  if (existsSync(path)) return;
  mkdirSync(dir, { recursive: true });
  writeFileSync(path, JSON.stringify(settings, null, 2));
}

function portOf(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (data: unknown): void => {
      output = (output + String(data)).slice(-10_000);
      const port = /Web UI available at http:\/\/localhost:(\d+)/.exec(output)?.[1];
      if (port !== undefined) resolve(port);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`The VS Code server ended with ${code}: ${output.slice(-500)}`)));
  });
}

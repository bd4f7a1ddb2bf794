import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ledgerPathOf } from '../ledger/ledgerFiles.ts';
import { CliError } from './cliError.ts';
import type { CliIo } from './cliIo.ts';

const extensionId = 'outlay.outlay';
const desktopEditors = ['Code', 'Code - Insiders', 'VSCodium', 'VSCodium - Insiders'];
const serverFolders = ['.vscode-server', '.vscode-server-insiders', '.vscodium-server'];

/**
 * The data folder: the one that was asked for, else OUTLAY_DATA_DIR, else the editor's. Of several editors' folders the one with
 * the newest ledger. An absolute path, since commands and launchers that are told of it may stand elsewhere. Throws a sentence where there
 * is none.
 */
export function findDataDir(asked: string | undefined, io: CliIo): string {
  const named = asked ?? io.env['OUTLAY_DATA_DIR'];
  if (named !== undefined && named !== '') {
    if (isFolder(named)) return resolve(named);
    throw new CliError(`There is no folder ${named}.`);
  }
  const [newest] = editorDataDirs(io)
    .filter(isFolder)
    .toSorted((a, b) => ledgerTimeMs(b) - ledgerTimeMs(a));
  if (newest !== undefined) return newest;
  throw new CliError('No data of Outlay was found; open VS Code with Outlay once, or name its folder with --data-dir.');
}

/** As `findDataDir`, for a command that makes the folder: one that is named need not exist. */
export function dataDirToMake(asked: string | undefined, io: CliIo): string {
  const named = asked || io.env['OUTLAY_DATA_DIR'];
  return named ? resolve(named) : findDataDir(asked, io);
}

/** Where editors keep the data of the extension, whether it exists or not. */
export function editorDataDirs({ env, platform, homeDir }: CliIo): readonly string[] {
  const users: string[] = [];
  const portable = env['VSCODE_PORTABLE'];
  if (portable) users.push(join(portable, 'user-data', 'User'));
  const settings = settingsFolder(env, platform, homeDir);
  users.push(...desktopEditors.map((editor) => join(settings, editor, 'User')));
  users.push(...serverFolders.map((folder) => join(homeDir, folder, 'data', 'User')));
  users.push(join(env['XDG_DATA_HOME'] || join(homeDir, '.local', 'share'), 'code-server', 'User'));
  return users.map((user) => join(user, 'globalStorage', extensionId));
}

function settingsFolder(env: CliIo['env'], platform: NodeJS.Platform, homeDir: string): string {
  if (platform === 'darwin') return join(homeDir, 'Library', 'Application Support');
  if (platform === 'win32') return env['APPDATA'] || join(homeDir, 'AppData', 'Roaming');
  return env['XDG_CONFIG_HOME'] || join(homeDir, '.config');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The last write to a ledger or its log; 0 where there is none. */
function ledgerTimeMs(dataDir: string): number {
  const ledger = ledgerPathOf(dataDir);
  return Math.max(0, ...[ledger, `${ledger}-wal`].filter(existsSync).map((path) => statSync(path).mtimeMs));
}

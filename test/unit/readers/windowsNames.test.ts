import { posix, win32 } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { workspaceOfFolder } from '../../../src/meter/import/workspaceOfFolder.ts';
import { settingFolders } from '../../../src/readers/editorSettings.ts';
import { isInside } from '../../../src/readers/findLogs.ts';
import { readers } from '../../../src/readers/registry.ts';

// Everything here joins paths as it does on Windows; nothing of it touches a disk.
vi.mock('node:path', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:path')>();
  return { ...original.win32, default: original.win32, win32: original.win32, posix: original.posix };
});

const homeDir = 'C:\\Users\\Mara';
const appData = 'C:\\Users\\Mara\\AppData\\Roaming';
const localAppData = 'C:\\Users\\Mara\\AppData\\Local';

function rootsOf(agent: string, env: Readonly<Record<string, string>> = {}): readonly string[] {
  const reader = readers.find((candidate) => candidate.agent === agent);
  return reader?.paths({ homeDir, env, platform: 'win32' }).map(({ path }) => path) ?? [];
}

describe('the folders of logs on Windows', () => {
  it('are below the home or where Windows keeps data, absolute and with its separators alone', () => {
    const all = readers.flatMap(({ agent }) => rootsOf(agent, { APPDATA: appData, LOCALAPPDATA: localAppData }));
    expect(all.length).toBeGreaterThan(50);
    expect(
      all.filter((path) => !path.startsWith(`${homeDir}\\`) || path.includes('/') || path.includes('\\\\')),
    ).toEqual([]);
    expect(all.filter((path) => win32.normalize(path) !== path)).toEqual([]);
  });

  it.each([
    ['claude-code', {}, `${homeDir}\\.claude\\projects`],
    ['claude-code', { APPDATA: appData }, `${appData}\\Claude\\local-agent-mode-sessions`],
    ['codex', {}, `${homeDir}\\.codex\\sessions`],
    ['copilot', { APPDATA: appData }, `${appData}\\Code\\User\\globalStorage\\github.copilot-chat\\agent-traces.db`],
    ['cline', { APPDATA: appData }, `${appData}\\Code\\User\\globalStorage\\saoudrizwan.claude-dev\\tasks`],
    ['goose', { APPDATA: appData }, `${appData}\\Block\\goose\\data\\sessions\\sessions.db`],
    ['zed', { LOCALAPPDATA: localAppData }, `${localAppData}\\Zed\\threads\\threads.db`],
  ])('of %s are known by their own names', (agent, env, path) => {
    expect(rootsOf(agent, env)).toContain(path);
  });

  it.each([
    ['D:\\Agents\\codex', 'D:\\Agents\\codex\\sessions'],
    ['D:/Agents/codex/', 'D:\\Agents\\codex\\sessions'],
    ['\\\\server\\share\\codex', '\\\\server\\share\\codex\\sessions'],
    ['\\\\?\\D:\\long\\codex', '\\\\?\\D:\\long\\codex\\sessions'],
    ['D:\\Agents\\..\\codex', 'D:\\codex\\sessions'],
  ])('follow a variable with a drive, a share or a long path: %s', (value, path) => {
    expect(rootsOf('codex', { CODEX_HOME: value })).toContain(path);
  });

  it.each(['~\\agents', '~/agents'])('follow a variable that begins with the home: %s', (value) => {
    expect(rootsOf('goose', { GOOSE_PATH_ROOT: value })).toEqual([`${homeDir}\\agents\\data\\sessions\\sessions.db`]);
    expect(rootsOf('claude-code', { CLAUDE_CONFIG_DIR: value })).toContain(`${homeDir}\\agents\\projects`);
  });

  it('follow a setting with a drive or a share, and none that is relative', () => {
    const settings = { folder: ['D:\\roo', '\\\\server\\roo', 'roo', 'D:roo', 'D:\\roo'] };
    expect(settingFolders({ homeDir, env: {}, platform: 'win32', settings }, 'folder')).toEqual([
      'D:\\roo',
      '\\\\server\\roo',
    ]);
  });
});

describe('names of Windows', () => {
  it('that mean something else than a file of the folder are no logs', () => {
    const names = ['log.jsonl::$DATA', 'log.jsonl:hidden', 'a\\b.jsonl:$DATA', 'LOGSTH~1.JSO', 'state.vscdb::$DATA'];
    const taken = readers.flatMap(({ agent, paths }) =>
      paths({ homeDir, env: {}, platform: 'win32' })
        .filter((root) => names.some((name) => root.accepts(name)))
        .map(() => agent),
    );
    expect(taken).toEqual([]);
  });

  it('are inside a folder by whole parts only', () => {
    const root = `${homeDir}\\.claude`;
    expect([root, `${root}\\projects`, `${root}\\a\\b.jsonl`].every((path) => isInside(path, root))).toBe(true);
    for (const path of [
      `${root}-other\\x`,
      `${homeDir}`,
      'D:\\Users\\Mara\\.claude\\x',
      `${root}/../x`,
      `\\\\?\\${root}\\x`,
    ])
      expect(isInside(path, root)).toBe(false);
    expect(isInside('C:\\x.jsonl', 'C:\\')).toBe(true);
  });

  it('of one folder come to one workspace, as an editor writes its address', () => {
    const same = ['C:\\Users\\Mara\\shop', 'c:\\Users\\Mara\\shop', 'C:/Users/Mara/shop', 'C:\\Users\\Mara\\shop\\'];
    expect(new Set(same.map(workspaceOfFolder)).size).toBe(1);
    const share = ['\\\\server\\share\\shop', '\\\\server\\share\\shop\\'];
    expect(new Set(share.map(workspaceOfFolder)).size).toBe(1);
    // "file://server/share/shop" and "file:///server/share/shop" are two places.
    expect(workspaceOfFolder('\\\\server\\share\\shop')).not.toBe(workspaceOfFolder('/server/share/shop'));
    expect(posix.sep).toBe('/');
  });
});

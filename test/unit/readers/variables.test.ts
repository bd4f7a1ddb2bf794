import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readers } from '../../../src/readers/registry.ts';

const homeDir = resolve('/home/mara');
const elsewhere = resolve('/elsewhere');

function rootsOf(agent: string, env: Readonly<Record<string, string>>, platform: NodeJS.Platform = 'linux') {
  const reader = readers.find((candidate) => candidate.agent === agent);
  if (reader === undefined) throw new Error(`no reader of ${agent}`);
  return reader.paths({ homeDir, env, platform }).map(({ path }) => path);
}

describe('variables that move logs', () => {
  it.each([
    ['copilot', 'COPILOT_HOME', ['session-store.db', 'session-state']],
    ['cline', 'CLINE_SESSION_DATA_DIR', ['']],
    ['cline', 'CLINE_DATA_DIR', ['sessions', 'tasks']],
    ['cline', 'CLINE_DIR', ['data/sessions', 'data/tasks']],
    ['cline', 'VSCODE_PORTABLE', ['user-data/User/globalStorage/saoudrizwan.claude-dev/tasks']],
    ['roo-code', 'VSCODE_APPDATA', ['Code/User/globalStorage/rooveterinaryinc.roo-cline/tasks']],
    ['kilo', 'KILO_DATA_DIR', ['']],
    ['kilo', 'KILO_DB', ['']],
    ['opencode', 'OPENCODE_DATA_DIR', ['', 'storage/message']],
    ['opencode', 'OPENCODE_DB', ['']],
    ['opencode', 'XDG_DATA_HOME', ['opencode', 'opencode/storage/message']],
    ['gemini-cli', 'GEMINI_CLI_HOME', ['.gemini/tmp']],
    ['qwen-code', 'QWEN_RUNTIME_DIR', ['projects', 'usage']],
    ['qwen-code', 'QWEN_HOME', ['projects', 'usage']],
    ['goose', 'GOOSE_PATH_ROOT', ['data/sessions/sessions.db']],
    ['goose', 'XDG_DATA_HOME', ['goose/sessions/sessions.db']],
    ['amp', 'AMP_DATA_DIR', ['threads']],
    ['continue', 'CONTINUE_GLOBAL_DIR', ['dev_data']],
    ['droid', 'FACTORY_DIR', ['sessions']],
    ['kimi', 'KIMI_CODE_HOME', ['']],
    ['kimi', 'KIMI_SHARE_DIR', ['']],
    ['pi', 'PI_CODING_AGENT_SESSION_DIR', ['']],
    ['pi', 'PI_CODING_AGENT_DIR', ['sessions']],
    ['zed', 'FLATPAK_XDG_DATA_HOME', ['zed/threads/threads.db']],
    ['aider', 'AIDER_ANALYTICS_LOG', ['']],
    ['cursor', 'XDG_CONFIG_HOME', ['Cursor/User/globalStorage/state.vscdb']],
  ])('%s looks where %s says', (agent, variable, below) => {
    const roots = rootsOf(agent, { [variable]: elsewhere });
    expect(roots).toEqual(expect.arrayContaining(below.map((path) => join(elsewhere, path))));
  });

  it('lead out of no home where there are none', () => {
    const outside = readers.flatMap(({ agent, paths }) =>
      (['linux', 'darwin', 'win32'] as const).flatMap((platform) =>
        paths({ homeDir, env: {}, platform })
          .filter(({ path }) => !path.startsWith(homeDir))
          .map(({ path }) => `${agent} ${path}`),
      ),
    );
    expect(outside).toEqual([]);
  });

  it('are all named by the reader that heeds them', () => {
    const unnamed = readers.flatMap(({ agent, paths, variables }) =>
      (['linux', 'darwin', 'win32'] as const).flatMap((platform) => {
        const asked = new Set<string>();
        const env = new Proxy<Record<string, string | undefined>>(
          {},
          {
            get: (_target, name) => {
              asked.add(String(name));
              return undefined;
            },
          },
        );
        paths({ homeDir, env, platform });
        return [...asked].filter((name) => !variables.includes(name)).map((name) => `${agent} ${name}`);
      }),
    );
    expect([...new Set(unnamed)]).toEqual([]);
  });

  it('may begin with the home, and may list several folders where the agent says so', () => {
    expect(rootsOf('copilot', { COPILOT_HOME: '~/copilot' })).toContain(join(homeDir, 'copilot', 'session-state'));
    expect(rootsOf('amp', { AMP_DATA_DIR: `${elsewhere}, ~/amp` })).toEqual([
      join(elsewhere, 'threads'),
      join(homeDir, 'amp', 'threads'),
    ]);
  });

  it('leave a database in memory alone', () => {
    expect(rootsOf('opencode', { OPENCODE_DB: ':memory:' })).toEqual(rootsOf('opencode', {}));
  });
});

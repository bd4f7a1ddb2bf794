import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clineSettingsPath } from '../../../src/agentSettings/clineProviders.ts';
import { RECORD_FILE_NAME } from '../../../src/agentSettings/connectionRecord.ts';
import { planTerminalEnvironment } from '../../../src/agents/planTerminalEnvironment.ts';
import { publicUpstreams } from '../../../src/gateway/upstreams.ts';
import { migrations } from '../../../src/ledger/migrations.ts';
import { openDatabase } from '../../../src/ledger/sqlite.ts';
import { agentIds } from '../../../src/manifest/manifest.ts';
import { readers } from '../../../src/readers/registry.ts';

const text = readFileSync(join(resolve(import.meta.dirname, '../../..'), 'SECURITY.md'), 'utf8');
const quoted = new Set([...text.matchAll(/`([^`\n]+)`/g)].flatMap(([, code = '']) => [code, ...code.split(' ')]));

const routeIds = Object.keys(publicUpstreams);

/** What a user may have set, so that each agent's variables are reached. */
const agentEnvironments: readonly Readonly<Record<string, string>>[] = [
  { CLAUDE_CODE_USE_BEDROCK: '1', AWS_BEARER_TOKEN_BEDROCK: 'made-up', AWS_REGION: 'us-east-1' },
  { CLAUDE_CODE_USE_VERTEX: '1', CLAUDE_CODE_USE_FOUNDRY: '1' },
  { OPENAI_BASE_URL: 'https://api.openai.com/v1', OPENAI_API_BASE: 'https://api.openai.com/v1' },
  { COPILOT_PROVIDER_BASE_URL: 'https://api.openai.com/v1', COPILOT_PROVIDER_TYPE: 'openai' },
];

describe('SECURITY.md', () => {
  it('names the file of another program that is changed, the variables that lead to it, and the record', () => {
    const asked: string[] = [];
    const path = clineSettingsPath('~', (name) => {
      asked.push(name);
      return null;
    });
    expect([path, ...asked].filter((name) => !quoted.has(name))).toEqual([]);
    expect(quoted.has(RECORD_FILE_NAME)).toBe(true);
  });

  it('names every variable that a terminal can get', () => {
    const base = 'http://127.0.0.1:4711/token/ws-1';
    const baseUrls = Object.fromEntries([...routeIds, 'vertex-gemini', 'azure-anthropic'].map((id) => [id, base]));
    const names = [...agentEnvironments, {}].flatMap((process) => {
      const { changes } = planTerminalEnvironment({
        platform: 'linux',
        layers: { process: { HTTPS_PROXY: 'http://proxy.example', ...process }, user: {}, workspace: {} },
        files: {
          geminiAuthType: 'gemini-api-key',
          codexBaseUrl: 'https://own.example/v1',
          claudeEnv: {},
          claudeWorkspaceRedirects: false,
          opencode: { withKey: ['anthropic'], redirected: [] },
          kilo: { withKey: ['anthropic'], redirected: [] },
          goose: {},
        },
        agents: agentIds,
        connection: { baseUrls, refused: {} },
        upstreams: {},
        launcherDir: '/data/bin',
        lockPath: '/data/meter.json',
        assumeFirstParty: true,
      });
      return [...changes.keys()];
    });
    expect(new Set(names).size).toBeGreaterThan(12);
    expect(names.filter((name) => !quoted.has(name))).toEqual([]);
  });

  it('names every variable that moves the logs that are read, and each agent that keeps them', () => {
    const names = readers.flatMap(({ variables }) => variables);
    expect(names.filter((name) => !quoted.has(name))).toEqual([]);
    expect(readers.filter(({ title }) => !text.includes(`| ${title} |`)).map(({ agent }) => agent)).toEqual([]);
  });

  it('names every host of the upstream table', () => {
    const hosts = Object.values(publicUpstreams).flatMap((upstream) =>
      upstream === null ? [] : [new URL(upstream.origin).hostname],
    );
    expect(hosts.filter((host) => !quoted.has(host))).toEqual([]);
  });

  it('names every table and column of the books', () => {
    const db = openDatabase(':memory:', { readOnly: false, busyMs: 0 });
    for (const { sql } of migrations) db.exec(sql);
    const sql = `SELECT t.name AS "table", c.name AS "column" FROM sqlite_schema t JOIN pragma_table_info(t.name) c
      WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'`;
    const rows = db.prepare(sql).all();
    db.close();
    expect(rows.length).toBeGreaterThan(80);
    expect(rows.filter((row) => !quoted.has(String(row['table'])) || !quoted.has(String(row['column'])))).toEqual([]);
  });
});

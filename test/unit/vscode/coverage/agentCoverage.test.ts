import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { planTerminalEnvironment } from '../../../../src/agents/planTerminalEnvironment.ts';
import { agentIds } from '../../../../src/manifest/manifest.ts';
import { nowStrings } from '../../../../src/protocol/nowStrings.ts';
import { agentCoverage, type CoverageFacts } from '../../../../src/vscode/coverage/agentCoverage.ts';
import { agentTable } from '../../../../src/vscode/coverage/agentTable.ts';

const facts: CoverageFacts = {
  idle: null,
  wanted: agentIds,
  terminalVariables: new Set(['ANTHROPIC_BASE_URL', 'OUTLAY_CODEX_BASE_URL']),
  hostVariables: new Set(),
  connectsChildProcesses: false,
  cline: 'notConnected',
  isObserving: false,
};

function stateOf(label: string, change: Partial<CoverageFacts> = {}) {
  const row = agentCoverage({ ...facts, ...change }).find((candidate) => candidate.label === label);
  return row && [row.state, row.summary, row.action];
}

describe('which agents are connected', () => {
  it('follows what new terminals really get', () => {
    expect(stateOf('Claude Code')).toEqual(['connected', 'connected in new terminals', null]);
    expect(stateOf('Gemini CLI')).toEqual(['waiting', 'not set up here', null]);
    expect(stateOf('Claude Code on Bedrock')).toEqual(['waiting', 'not set up here', null]);
  });

  it('tells what the user has switched off, and offers the one click that changes it', () => {
    const setting = 'openTerminalsSetting';
    expect(stateOf('Codex', { wanted: ['claude-code'] })).toEqual([
      'off',
      'taken off the list in your settings',
      setting,
    ]);
    expect(stateOf('Cline CLI')).toEqual(['off', 'can be connected', 'connectCline']);
    expect(stateOf('Cline CLI', { cline: 'connected' })).toEqual([
      ...['connected', 'connected by its settings', 'disconnectCline'],
    ]);
    expect(stateOf('Kilo’s extension')).toEqual(['off', 'can be connected', 'openChildProcessSetting']);
    const cline = 'Cline, Roo Code, Continue and others that call from inside VS Code';
    expect(stateOf(cline)).toEqual(['off', 'can be observed', 'observe']);
    expect(stateOf(cline, { isObserving: true })).toEqual(['connected', 'observed as they call', 'stopObserving']);
    const child = { connectsChildProcesses: true, hostVariables: new Set(['ANTHROPIC_BASE_URL']) };
    expect(stateOf('Claude Code’s extension', child)?.[0]).toBe('connected');
    expect(stateOf('Kilo’s extension', child)?.[0]).toBe('waiting');
  });

  it('claims nothing where Outlay does not work', () => {
    const rows = agentCoverage({ ...facts, idle: 'Outlay is off', cline: 'connected' });
    expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['off', 'unreachable']));
  });

  it('names those that cannot be reached last, each with a reason', () => {
    const rows = agentCoverage(facts);
    const first = rows.findIndex(({ state }) => state === 'unreachable');
    expect(new Set(rows.slice(first).map(({ state }) => state))).toEqual(new Set(['unreachable']));
    const labels = rows.slice(first).map(({ label }) => label);
    for (const name of ['Cursor', 'Amp', 'Copilot through GitHub']) expect(labels).toContain(name);
    for (const { detail } of rows) expect(detail).toMatch(/^[A-Z$*].{20,}[^.]\.$/);
  });
});

describe('the table of agents', () => {
  it('has each label once, and every agent that terminals know', () => {
    const labels = agentTable.map(({ label }) => label);
    expect(new Set(labels).size).toBe(labels.length);
    const reached = agentTable.flatMap(({ reach }) => (reach.kind === 'terminal' ? [reach.agent] : []));
    expect(new Set(reached)).toEqual(new Set(agentIds));
  });

  it('names only variables that terminals are really given', () => {
    const usual = 'https://api.openai.com/v1';
    const users = [
      { OPENAI_BASE_URL: usual, OPENAI_API_BASE: usual, CLAUDE_CODE_USE_VERTEX: '1' },
      { CLAUDE_CODE_USE_BEDROCK: '1', AWS_BEARER_TOKEN_BEDROCK: 'made-up', AWS_REGION: 'us-east-1' },
      { COPILOT_PROVIDER_BASE_URL: usual },
      { CLAUDE_CODE_USE_FOUNDRY: '1', ANTHROPIC_FOUNDRY_BASE_URL: 'https://made-up.services.ai.azure.com/anthropic' },
    ];
    const given = new Set(
      users.flatMap((process) =>
        ['gemini-api-key', 'vertex-ai', 'oauth-personal'].flatMap((geminiAuthType) => [
          ...planFor(process, geminiAuthType).changes.keys(),
        ]),
      ),
    );
    const named = agentTable.flatMap(({ reach }) =>
      reach.kind === 'terminal' || reach.kind === 'childProcess' ? reach.variables : [],
    );
    expect(named.filter((name) => !given.has(name))).toEqual([]);
  });

  it('is the one in README.md', () => {
    const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
    const rows = agentTable.map(({ label, how, evidence }) =>
      `| ${label} | ${how} | ${evidence} |`.replace('|  |', '| |'),
    );
    const start = readme.indexOf('| agent |');
    const table = readme.slice(start, readme.indexOf('\n\n', start)).split('\n').slice(2);
    expect(table.slice(0, -1)).toEqual(rows);
    expect(table.at(-1)).toMatch(/^\| anything else /);
  });

  it('knows every agent that the sidebar says is recognised with no setup', () => {
    const withoutSetup = agentTable.flatMap(({ label, reach }) => (reach.kind === 'terminal' ? [label] : []));
    expect(nowStrings.agents.filter((name) => !withoutSetup.includes(name))).toEqual([]);
    expect(nowStrings.agents.length).toBeGreaterThan(3);
  });
});

function planFor(process: Readonly<Record<string, string>>, geminiAuthType: string) {
  const names = ['anthropic', 'codex', 'openai', 'gemini', 'vertex', 'vertex-gemini', 'code-assist', 'openrouter'];
  const routes = [...names, 'bedrock', 'azure', 'azure-anthropic'];
  return planTerminalEnvironment({
    platform: 'linux',
    layers: { process, user: {}, workspace: {} },
    files: {
      ...{ geminiAuthType, codexBaseUrl: null, claudeEnv: {}, claudeWorkspaceRedirects: false, goose: {} },
      opencode: { withKey: ['anthropic'], redirected: [] },
      kilo: { withKey: ['anthropic'], redirected: [] },
    },
    agents: agentIds,
    connection: { baseUrls: Object.fromEntries(routes.map((id) => [id, `http://127.0.0.1:1/t/w/${id}`])), refused: {} },
    upstreams: process['CLAUDE_CODE_USE_FOUNDRY'] ? { azure: process['ANTHROPIC_FOUNDRY_BASE_URL'] ?? '' } : {},
    launcherDir: '/data/bin',
    lockPath: '/data/meter.json',
    assumeFirstParty: true,
  });
}

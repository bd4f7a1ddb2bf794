import { describe, expect, it } from 'vitest';
import { type AgentId, agentIds } from '../../../../src/manifest/manifest.ts';
import { planChildEnvironment } from '../../../../src/vscode/childProcesses/planChildEnvironment.ts';
import { withoutOwnVariables, writeMarker } from '../../../../src/vscode/terminals/environment.ts';

const base = 'http://127.0.0.1:4711/token/ws-1';

function planFor(environment: Readonly<Record<string, string>>, agents: readonly AgentId[] = agentIds) {
  const baseUrls = Object.fromEntries(['anthropic', 'openai', 'codex', 'gemini'].map((id) => [id, `${base}/${id}`]));
  return planChildEnvironment(
    {
      platform: 'linux',
      files: {
        ...{ geminiAuthType: 'gemini-api-key', codexBaseUrl: null, claudeEnv: {}, claudeWorkspaceRedirects: false },
        opencode: { withKey: [], redirected: [] },
        kilo: { withKey: ['anthropic'], redirected: [] },
        goose: {},
      },
      agents,
      connection: { baseUrls, refused: {} },
      upstreams: {},
      lockPath: '/data/meter.json',
      assumeFirstParty: true,
    },
    environment,
  );
}

describe('what processes of other extensions inherit', () => {
  it('is the base URLs of the agents that extensions start, and how to tell them from the user’s', () => {
    const { variables, problem } = planFor({ PATH: '/bin' });
    expect(problem).toBeNull();
    expect(Object.keys(variables).sort()).toEqual([
      'ANTHROPIC_BASE_URL',
      'ENABLE_TOOL_SEARCH',
      'KILO_CONFIG_CONTENT',
      'OUTLAY_TERMINAL',
      '_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL',
    ]);
    expect(variables['ANTHROPIC_BASE_URL']).toBe(`${base}/anthropic`);
    expect(withoutOwnVariables({ PATH: '/bin', ...variables })).toEqual({ PATH: '/bin' });
  });

  it('is nothing of an agent that has a variable set already, nor of one that is taken off the list', () => {
    expect(planFor({ ANTHROPIC_BASE_URL: 'https://api.anthropic.com' }).variables).not.toHaveProperty(
      'ENABLE_TOOL_SEARCH',
    );
    expect(planFor({}, ['kilo']).variables).not.toHaveProperty('ANTHROPIC_BASE_URL');
    expect(planFor({}, ['codex', 'gemini-cli', 'goose'])).toEqual({ variables: {}, problem: null });
  });

  it('is not kept from an editor that was started from a connected terminal', () => {
    const old = 'http://127.0.0.1:4000/old/ws-1/anthropic';
    const inherited = { ANTHROPIC_BASE_URL: old, OUTLAY_TERMINAL: writeMarker({ ANTHROPIC_BASE_URL: [old, null] }) };
    expect(planFor(inherited).variables['ANTHROPIC_BASE_URL']).toBe(`${base}/anthropic`);
  });

  it('keeps loopback off a proxy, or is nothing where that would change what the user has set', () => {
    const proxy = { HTTPS_PROXY: 'http://proxy.example' };
    expect(planFor(proxy).variables['NO_PROXY']).toBe('127.0.0.1,localhost,::1');
    const listed = planFor({ ...proxy, NO_PROXY: 'intern.example', no_proxy: 'intern.example' });
    expect(listed.variables).toEqual({});
    expect(listed.problem).toMatch(/NO_PROXY names hosts but not 127\.0\.0\.1/);
    const both = '127.0.0.1,localhost,::1';
    expect(planFor({ ...proxy, NO_PROXY: both, no_proxy: both }).variables).toHaveProperty('ANTHROPIC_BASE_URL');
  });
});

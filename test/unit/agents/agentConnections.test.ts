import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agentConnections } from '../../../src/agents/agentConnections.ts';
import type { AgentFiles } from '../../../src/agents/agentFiles.ts';
import { unusualBaseUrl } from '../../../src/agents/connection.ts';
import { MARKER_VARIABLE } from '../../../src/agents/environment.ts';
import { planTerminalEnvironment } from '../../../src/agents/planTerminalEnvironment.ts';
import { readUserEnvironment, userUpstreams } from '../../../src/agents/userBaseUrls.ts';
import { type AgentId, agentIds } from '../../../src/manifest/manifest.ts';

const base = 'http://127.0.0.1:4711/token/ws-1';
const files: AgentFiles = {
  geminiAuthType: null,
  codexBaseUrl: null,
  claudeEnv: {},
  claudeWorkspaceRedirects: false,
  opencode: { withKey: [], redirected: [] },
  kilo: { withKey: [], redirected: [] },
  goose: {},
};
const baseUrls = {
  anthropic: `${base}/anthropic`,
  openai: `${base}/openai/v1`,
  gemini: `${base}/gemini`,
  codex: `${base}/codex/v1`,
  bedrock: `${base}/bedrock`,
  vertex: `${base}/vertex/v1`,
  'vertex-gemini': `${base}/vertex`,
  'code-assist': `${base}/code-assist`,
  azure: `${base}/azure`,
  'azure-anthropic': `${base}/azure/anthropic`,
  openrouter: `${base}/openrouter/v1`,
};

interface Case {
  readonly agent: AgentId;
  readonly env?: Record<string, string>;
  readonly workspace?: Record<string, string>;
  readonly facts?: Partial<AgentFiles>;
  readonly setting?: Record<string, string>;
}

function plan({ agent, env = {}, workspace = {}, facts = {}, setting = {} }: Case) {
  const layers = { process: env, user: {}, workspace };
  const all = { ...files, ...facts };
  const upstreams = userUpstreams({ env: readUserEnvironment(layers, 'linux'), files: all }, setting);
  const { changes, notices } = planTerminalEnvironment({
    platform: 'linux',
    layers,
    files: all,
    agents: [agent],
    connection: { baseUrls, refused: {} },
    upstreams,
    launcherDir: '/data/bin',
    lockPath: '/data/meter.json',
    assumeFirstParty: false,
  });
  const set = Object.fromEntries([...changes].map(([name, { value }]) => [name, value]));
  delete set[MARKER_VARIABLE];
  return { set, notices, upstreams };
}

describe('Claude Code at a cloud', () => {
  const bedrock = { CLAUDE_CODE_USE_BEDROCK: '1', AWS_REGION: 'eu-west-1' };

  it('is connected on Bedrock only with an API key, for signed requests cannot pass', () => {
    const withKey = plan({ agent: 'claude-code', env: { ...bedrock, AWS_BEARER_TOKEN_BEDROCK: 'made-up' } });
    expect(withKey.set['ANTHROPIC_BEDROCK_BASE_URL']).toBe(`${base}/bedrock/eu-west-1`);
    const signed = plan({ agent: 'claude-code', env: bedrock });
    expect(signed.set).not.toHaveProperty('ANTHROPIC_BEDROCK_BASE_URL');
    expect(signed.notices).toEqual([expect.stringContaining('AWS_BEARER_TOKEN_BEDROCK')]);
  });

  it.each([
    { AWS_REGION: '' },
    { AWS_REGION: 'eu-west-1/../x' },
    { ANTHROPIC_SMALL_FAST_MODEL_AWS_REGION: 'us-east-1' },
  ])('is left alone on Bedrock where one region is not known for sure: %j', (change) => {
    const env = { ...bedrock, AWS_BEARER_TOKEN_BEDROCK: 'made-up', ...change };
    const { set, notices } = plan({ agent: 'claude-code', env });
    expect(set).not.toHaveProperty('ANTHROPIC_BEDROCK_BASE_URL');
    expect(notices).toHaveLength(1);
  });

  it('takes the region that its settings file names, which outranks the environment', () => {
    const env = { ...bedrock, AWS_BEARER_TOKEN_BEDROCK: 'made-up' };
    const { set } = plan({ agent: 'claude-code', env, facts: { claudeEnv: { AWS_REGION: 'us-west-2' } } });
    expect(set['ANTHROPIC_BEDROCK_BASE_URL']).toBe(`${base}/bedrock/us-west-2`);
  });

  it('is connected on Vertex where it is switched to it', () => {
    expect(plan({ agent: 'claude-code' }).set).not.toHaveProperty('ANTHROPIC_VERTEX_BASE_URL');
    const { set } = plan({ agent: 'claude-code', env: { CLAUDE_CODE_USE_VERTEX: '1' } });
    expect(set['ANTHROPIC_VERTEX_BASE_URL']).toBe(`${base}/vertex/v1`);
  });

  it('is connected on Foundry where the user has named the address', () => {
    const foundry = (env: Record<string, string>, setting = {}) =>
      plan({ agent: 'claude-code', env: { CLAUDE_CODE_USE_FOUNDRY: '1', ...env }, setting });
    const own = foundry({ ANTHROPIC_FOUNDRY_BASE_URL: 'https://r.services.ai.azure.com/anthropic' });
    expect(own.set['ANTHROPIC_FOUNDRY_BASE_URL']).toBe(`${base}/azure`);
    expect(own.upstreams).toEqual({ azure: 'https://r.services.ai.azure.com/anthropic' });
    const named = foundry({}, { azure: 'https://r.services.ai.azure.com' });
    expect(named.set['ANTHROPIC_FOUNDRY_BASE_URL']).toBe(`${base}/azure/anthropic`);
    expect(foundry({}).set).not.toHaveProperty('ANTHROPIC_FOUNDRY_BASE_URL');
    const resource = foundry({ ANTHROPIC_FOUNDRY_RESOURCE: 'r' }, { azure: 'https://r.services.ai.azure.com' });
    expect(resource.set).not.toHaveProperty('ANTHROPIC_FOUNDRY_BASE_URL');
    expect(resource.notices).toHaveLength(1);
  });
});

describe('Gemini CLI', () => {
  it.each([
    ['gemini-api-key', { GOOGLE_GEMINI_BASE_URL: `${base}/gemini` }],
    ['vertex-ai', { GOOGLE_VERTEX_BASE_URL: `${base}/vertex` }],
    ['oauth-personal', { CODE_ASSIST_ENDPOINT: `${base}/code-assist` }],
    ['gateway', {}],
  ])('with the login %s', (geminiAuthType, expected) => {
    expect(plan({ agent: 'gemini-cli', facts: { geminiAuthType } }).set).toEqual(expected);
  });
});

describe.each([
  ['opencode', 'OPENCODE_CONFIG_CONTENT'],
  ['kilo', 'KILO_CONFIG_CONTENT'],
] as const)('%s', (agent, variable) => {
  const config = (change: Omit<Case, 'agent'>) => {
    const text = plan({ agent, ...change }).set[variable];
    return text === undefined ? null : JSON.parse(text);
  };
  const env = { ANTHROPIC_API_KEY: 'made-up' };
  const anthropic = { options: { baseURL: `${base}/anthropic` } };

  it('gets a base URL for the providers that the user has a key for, and for no other', () => {
    expect(config({})).toBeNull();
    expect(config({ env })).toEqual({ provider: { anthropic } });
    expect(config({ env, facts: { [agent]: { withKey: ['google'], redirected: [] } } })).toEqual({
      provider: { anthropic, google: { options: { baseURL: `${base}/gemini/v1beta` } } },
    });
  });

  it("keeps the user's configuration and every base URL in it", () => {
    const own = { theme: 'x', provider: { anthropic: { name: 'A', options: { timeout: 1 } } } };
    expect(config({ env: { ...env, [variable]: JSON.stringify(own) } })).toEqual({
      theme: 'x',
      provider: { anthropic: { name: 'A', options: { timeout: 1, baseURL: `${base}/anthropic` } } },
    });
    const redirected = JSON.stringify({ provider: { anthropic: { options: { baseURL: 'https://own.example' } } } });
    expect(config({ env: { ...env, [variable]: redirected } })).toBeNull();
    expect(config({ env, facts: { [agent]: { withKey: [], redirected: ['anthropic'] } } })).toBeNull();
  });

  it('is left alone where its configuration cannot be understood', () => {
    expect(config({ env, facts: { [agent]: null } })).toBeNull();
    fc.assert(
      fc.property(fc.oneof(fc.string({ minLength: 1 }), fc.json()), (text) => {
        const result = plan({ agent, env: { ...env, [variable]: text } }).set[variable];
        if (result === undefined) return;
        expect(JSON.parse(result)).toMatchObject({ ...JSON.parse(text), provider: { anthropic } });
      }),
    );
  });
});

describe('agents that read the variables of everybody', () => {
  it.each([
    ['qwen-code', 'OPENAI_BASE_URL'],
    ['aider', 'OPENAI_API_BASE'],
    ['copilot-cli', 'COPILOT_PROVIDER_BASE_URL'],
  ] as const)('%s gets %s only where the user has set it, and goes on to the same place', (agent, variable) => {
    expect(plan({ agent }).set).not.toHaveProperty(variable);
    const own = plan({ agent, env: { [variable]: 'https://own.example/v1/' } });
    expect(own.set[variable]).toBe(`${base}/openai/v1`);
    expect(own.upstreams).toEqual({ openai: 'https://own.example/v1' });
  });

  it('takes the route of the type that Copilot CLI is set to', () => {
    const own = { COPILOT_PROVIDER_BASE_URL: 'https://own.example' };
    const azure = plan({ agent: 'copilot-cli', env: { ...own, COPILOT_PROVIDER_TYPE: 'azure' } });
    expect(azure.set).toEqual({ COPILOT_PROVIDER_BASE_URL: `${base}/azure` });
    const env = { ...own, COPILOT_PROVIDER_TYPE: 'anthropic' };
    expect(plan({ agent: 'copilot-cli', env }).set).toEqual({});
    expect(plan({ agent: 'copilot-cli', env, setting: { anthropic: 'https://own.example' } }).set).toEqual({
      COPILOT_PROVIDER_BASE_URL: `${base}/anthropic`,
    });
  });
});

describe('Goose', () => {
  it('gets host and path apart', () => {
    expect(plan({ agent: 'goose' }).set).toEqual({
      ANTHROPIC_HOST: `${base}/anthropic`,
      OPENAI_HOST: 'http://127.0.0.1:4711',
      OPENAI_BASE_PATH: 'token/ws-1/openai/v1/chat/completions',
    });
  });

  it('keeps a host of its configuration, unless that is the usual one', () => {
    const usual = { ANTHROPIC_HOST: 'https://api.anthropic.com', OPENAI_HOST: 'https://api.openai.com' };
    expect(plan({ agent: 'goose', facts: { goose: usual } })).toEqual(plan({ agent: 'goose' }));
    const own = { OPENAI_HOST: 'https://own.example' };
    expect(plan({ agent: 'goose', facts: { goose: own } }).set).toEqual({ ANTHROPIC_HOST: `${base}/anthropic` });
  });
});

describe('the table of connections', () => {
  const names = [
    'ANTHROPIC_BASE_URL',
    'ANTHROPIC_API_BASE',
    'ANTHROPIC_HOST',
    'OPENAI_BASE_URL',
    'OPENAI_API_BASE',
    'OPENAI_HOST',
    'COPILOT_PROVIDER_BASE_URL',
  ];
  const address = fc.constantFrom('https://one.example', 'https://two.example/v1', 'https://api.openai.com/v1');

  it('has every agent of the setting', () => {
    expect(new Set(agentConnections.map(({ agent }) => agent))).toEqual(new Set(agentIds));
  });

  it('sends no call anywhere else than where the user has sent it', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), address), fc.constantFrom(...agentIds), (env, agent) => {
        const { set, upstreams } = plan({ agent, env });
        const user = { env: readUserEnvironment({ process: env, user: {}, workspace: {} }, 'linux'), files };
        for (const connection of agentConnections.filter((candidate) => candidate.agent === agent)) {
          const values = Object.entries(connection.variables(baseUrls, user, () => null) ?? { none: '' });
          if (values.some(([name, value]) => set[name] !== value)) continue;
          const { routeId } = connection;
          expect(unusualBaseUrl(routeId, connection.ownBaseUrl(user))).toBe(upstreams[routeId] ?? null);
        }
      }),
    );
  });

  it("takes nothing from a workspace's terminal settings", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...names, 'OPENCODE_CONFIG_CONTENT', 'ANTHROPIC_API_KEY'), fc.string()),
        fc.constantFrom(...agentIds),
        (workspace, agent) => {
          expect(plan({ agent, workspace })).toEqual(plan({ agent }));
        },
      ),
    );
  });
});

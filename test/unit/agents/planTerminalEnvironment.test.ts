import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgentFiles } from '../../../src/agents/agentFiles.ts';
import { MARKER_VARIABLE, withoutOwnVariables } from '../../../src/agents/environment.ts';
import type { VariableChange } from '../../../src/agents/noProxy.ts';
import {
  CLAUDE_FIRST_PARTY_VARIABLE,
  planTerminalEnvironment,
  type TerminalEnvironmentInput,
} from '../../../src/agents/planTerminalEnvironment.ts';
import { readUserEnvironment, userUpstreams } from '../../../src/agents/userBaseUrls.ts';

const base = 'http://127.0.0.1:4711/token/ws-1';
const noFiles: AgentFiles = {
  geminiAuthType: null,
  codexBaseUrl: null,
  claudeEnv: {},
  claudeWorkspaceRedirects: false,
  opencode: { withKey: [], redirected: [] },
  kilo: { withKey: [], redirected: [] },
  goose: {},
};
const noLayers = { process: {}, user: {}, workspace: {} };
const baseUrls = {
  anthropic: `${base}/anthropic`,
  openai: `${base}/openai/v1`,
  gemini: `${base}/gemini`,
  codex: `${base}/codex`,
};

function input(change: Partial<TerminalEnvironmentInput> = {}): TerminalEnvironmentInput {
  return {
    platform: 'linux',
    layers: noLayers,
    files: noFiles,
    agents: ['claude-code', 'codex', 'gemini-cli'],
    connection: { baseUrls, refused: {} },
    upstreams: {},
    launcherDir: '/data/bin',
    lockPath: '/data/meter.json',
    assumeFirstParty: false,
    ...change,
  };
}

const plan = (change: Partial<TerminalEnvironmentInput> = {}) => planTerminalEnvironment(input(change));
const names = (changes: ReadonlyMap<string, VariableChange>) => [...changes.keys()].sort();
const changeValue = (changes: ReadonlyMap<string, VariableChange>, name: string) => changes.get(name)?.value;

describe('planTerminalEnvironment', () => {
  it('connects Claude Code and Codex, and leaves a Gemini CLI without a chosen login alone', () => {
    const { changes, connected, notices } = plan();
    expect(Object.fromEntries([...changes].filter(([name]) => name !== MARKER_VARIABLE))).toEqual({
      ANTHROPIC_BASE_URL: { kind: 'replace', value: `${base}/anthropic` },
      ENABLE_TOOL_SEARCH: { kind: 'replace', value: 'true' },
      OUTLAY_CODEX_BASE_URL: { kind: 'replace', value: `${base}/codex` },
      OUTLAY_METER_FILE: { kind: 'replace', value: '/data/meter.json' },
      PATH: { kind: 'prependPath', value: '/data/bin:' },
    });
    expect(connected).toEqual(['claude-code', 'codex']);
    expect(notices).toEqual([]);
  });

  it('sets no OPENAI_BASE_URL of its own accord: Codex ignores it, and it belongs to every program', () => {
    expect(plan({ files: { ...noFiles, geminiAuthType: 'gemini-api-key' } }).changes.has('OPENAI_BASE_URL')).toBe(
      false,
    );
  });

  it('connects Gemini CLI only where its settings name an API key', () => {
    const valueFor = (geminiAuthType: string | null) =>
      changeValue(plan({ files: { ...noFiles, geminiAuthType } }).changes, 'GOOGLE_GEMINI_BASE_URL');
    expect(valueFor('gemini-api-key')).toBe(`${base}/gemini`);
    expect(['oauth-personal', 'vertex-ai', 'gateway', null].map(valueFor)).toEqual(Array(4).fill(undefined));
  });

  it('keeps the tool search that the user chose', () => {
    const forUser = { ...noLayers, user: { ENABLE_TOOL_SEARCH: 'false' } };
    expect(plan({ layers: forUser }).changes.has('ENABLE_TOOL_SEARCH')).toBe(false);
    const forProcess = { ...noLayers, process: { ENABLE_TOOL_SEARCH: 'auto' } };
    expect(plan({ layers: forProcess }).changes.has('ENABLE_TOOL_SEARCH')).toBe(false);
  });

  it("keeps Claude Code's own behaviour behind a user's gateway", () => {
    const { changes } = plan({ upstreams: { anthropic: 'https://gateway.example' }, assumeFirstParty: true });
    expect(changeValue(changes, 'ANTHROPIC_BASE_URL')).toBe(`${base}/anthropic`);
    expect(changes.has('ENABLE_TOOL_SEARCH')).toBe(false);
    expect(changes.has(CLAUDE_FIRST_PARTY_VARIABLE)).toBe(false);
  });

  it('sets the first-party switch of Claude Code only where it was asked for', () => {
    expect(plan().changes.has(CLAUDE_FIRST_PARTY_VARIABLE)).toBe(false);
    expect(changeValue(plan({ assumeFirstParty: true }).changes, CLAUDE_FIRST_PARTY_VARIABLE)).toBe('1');
  });

  it('leaves an agent alone whose upstream was refused, and says so in one sentence', () => {
    const refused = { anthropic: 'http://gateway.example is not encrypted.' };
    const { changes, notices } = plan({ connection: { baseUrls, refused } });
    expect(changes.has('ANTHROPIC_BASE_URL')).toBe(false);
    expect(changes.has('ENABLE_TOOL_SEARCH')).toBe(false);
    expect(notices).toEqual(['Claude Code is not metered: http://gateway.example is not encrypted.']);
  });

  it('says that a base URL in the settings of Claude Code outranks the terminal', () => {
    const { changes, notices } = plan({
      files: { ...noFiles, claudeEnv: { ANTHROPIC_BASE_URL: 'https://gateway.example' } },
    });
    expect(changes.has('ANTHROPIC_BASE_URL')).toBe(false);
    expect(notices).toHaveLength(1);
  });

  it('tells the user that a workspace sends Claude Code elsewhere, and connects the terminal all the same', () => {
    const { connected, notices } = plan({ files: { ...noFiles, claudeWorkspaceRedirects: true } });
    expect(connected).toContain('claude-code');
    expect(notices).toEqual([expect.stringContaining('of this workspace')]);
  });

  it('leaves Codex alone where its launcher could not be written', () => {
    const { changes, notices } = plan({ launcherDir: null });
    expect(names(changes)).toEqual(['ANTHROPIC_BASE_URL', 'ENABLE_TOOL_SEARCH', MARKER_VARIABLE].sort());
    expect(notices).toHaveLength(1);
  });

  it('changes nothing at all where no agent is to be connected', () => {
    const proxied = { ...noLayers, process: { HTTPS_PROXY: 'http://proxy.example:3128' } };
    expect(names(plan({ agents: [], layers: proxied }).changes)).toEqual([]);
    expect(names(plan({ connection: { baseUrls: {}, refused: {} }, layers: proxied }).changes)).toEqual([]);
  });

  it("never lets a workspace's terminal settings become a value or switch an agent off", () => {
    const agentVariables = [
      'ANTHROPIC_BASE_URL',
      'ENABLE_TOOL_SEARCH',
      'OUTLAY_CODEX_BASE_URL',
      'PATH',
      MARKER_VARIABLE,
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...agentVariables), fc.string()), (workspace) => {
        expect(plan({ layers: { ...noLayers, workspace } })).toEqual(plan());
      }),
    );
  });
});

describe('NO_PROXY in connected terminals', () => {
  const proxy = { HTTPS_PROXY: 'http://proxy.example:3128' };
  const changesFor = (process: Record<string, string>, platform: NodeJS.Platform = 'linux') =>
    plan({ layers: { ...noLayers, process }, platform }).changes;

  it('is untouched without a proxy', () => {
    expect(changesFor({ NO_PROXY: 'example.org' }).has('NO_PROXY')).toBe(false);
    expect(changesFor({}).has('no_proxy')).toBe(false);
  });

  it('names loopback in both spellings when a proxy is set', () => {
    const changes = changesFor(proxy);
    expect(changes.get('NO_PROXY')).toEqual({ kind: 'replace', value: '127.0.0.1,localhost,::1' });
    expect(changes.get('no_proxy')).toEqual({ kind: 'replace', value: '127.0.0.1,localhost,::1' });
  });

  it('keeps what the user has and gives it to the other spelling', () => {
    const changes = changesFor({ ...proxy, no_proxy: 'example.org, localhost' });
    expect(changes.get('no_proxy')).toEqual({ kind: 'append', value: ',127.0.0.1,::1' });
    expect(changeValue(changes, 'NO_PROXY')).toBe('example.org, localhost,127.0.0.1,::1');
  });

  it('is untouched where it covers loopback already', () => {
    const all = changesFor({ ...proxy, NO_PROXY: '*', no_proxy: '*' });
    expect([all.has('NO_PROXY'), all.has('no_proxy')]).toEqual([false, false]);
    const listed = '::1,localhost,127.0.0.1';
    expect(changesFor({ ...proxy, NO_PROXY: listed, no_proxy: listed }).has('NO_PROXY')).toBe(false);
  });

  it('is one variable on Windows, in any case', () => {
    const changes = changesFor({ https_proxy: 'http://proxy.example', No_Proxy: 'example.org' }, 'win32');
    expect(changes.get('NO_PROXY')).toEqual({ kind: 'append', value: ',127.0.0.1,localhost,::1' });
    expect(changes.has('no_proxy')).toBe(false);
  });

  it('is extended for a proxy that only the workspace sets, which must not see the address either', () => {
    const layers = { ...noLayers, workspace: { http_proxy: 'http://proxy.example' } };
    expect(plan({ layers }).changes.has('NO_PROXY')).toBe(true);
  });

  it('always ends up covering loopback and keeping every entry that was there', () => {
    const entry = fc.stringMatching(/^[a-z0-9.:*-]{1,12}$/);
    const lists = fc.option(fc.array(entry, { maxLength: 4 }), { nil: undefined });
    fc.assert(
      fc.property(
        lists,
        lists,
        fc.constantFrom('http_proxy', 'HTTPS_PROXY', 'all_proxy'),
        (upper, lower, proxyName) => {
          const process: Record<string, string> = { [proxyName]: 'http://proxy.example' };
          if (upper !== undefined) process['NO_PROXY'] = upper.join(',');
          if (lower !== undefined) process['no_proxy'] = lower.join(',');
          const changes = changesFor(process);
          for (const [name, before] of [
            ['NO_PROXY', upper],
            ['no_proxy', lower],
          ] as const) {
            const change = changes.get(name);
            const text =
              change?.kind === 'append' ? `${process[name]}${change.value}` : (change?.value ?? process[name] ?? '');
            const after = text.split(',');
            expect(after).toEqual(expect.arrayContaining([...(before ?? [])]));
            expect(after.includes('*') || ['127.0.0.1', 'localhost', '::1'].every((host) => after.includes(host))).toBe(
              true,
            );
          }
        },
      ),
    );
  });
});

describe('userUpstreams', () => {
  const upstreamsFor = (layers: Partial<TerminalEnvironmentInput['layers']>, setting = {}, files = noFiles) =>
    userUpstreams({ env: readUserEnvironment({ ...noLayers, ...layers }, 'linux'), files }, setting);

  it("chains the user's own base URLs by route; terminal settings outrank the process", () => {
    const process = { ANTHROPIC_BASE_URL: 'https://one.example', GOOGLE_GEMINI_BASE_URL: 'https://g.example' };
    expect(upstreamsFor({ process })).toEqual({ anthropic: 'https://one.example', gemini: 'https://g.example' });
    const user = { ANTHROPIC_BASE_URL: 'https://two.example', GOOGLE_GEMINI_BASE_URL: null };
    expect(upstreamsFor({ process, user })).toEqual({ anthropic: 'https://two.example' });
  });

  it('never chains what a workspace sets', () => {
    expect(upstreamsFor({ workspace: { ANTHROPIC_BASE_URL: 'https://evil.example' } })).toEqual({});
  });

  it('lets the setting win and chains the base URL of the Codex configuration', () => {
    const files = { ...noFiles, codexBaseUrl: 'https://codex.example' };
    const process = { ANTHROPIC_BASE_URL: 'https://one.example' };
    expect(upstreamsFor({ process }, { anthropic: 'https://set.example' }, files)).toEqual({
      anthropic: 'https://set.example',
      codex: 'https://codex.example',
    });
  });
});

describe('an editor that was started from a connected terminal', () => {
  const inherited = (before: Record<string, string>): Record<string, string> => {
    const { changes } = plan({ layers: { ...noLayers, process: before } });
    const replaced = [...changes].filter(([, change]) => change.kind === 'replace').map(([name, c]) => [name, c.value]);
    return { ...before, ...Object.fromEntries(replaced) };
  };

  it('sees what the user had, so that the gateway is never chained to itself', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('ANTHROPIC_BASE_URL', 'ENABLE_TOOL_SEARCH', 'HOME'), fc.string({ minLength: 1 })),
        (before) => {
          expect(withoutOwnVariables(inherited(before))).toEqual(before);
        },
      ),
    );
  });

  it('keeps what a shell start-up file set over our value', () => {
    const environment = { ...inherited({}), ANTHROPIC_BASE_URL: 'https://from-rc.example' };
    expect(withoutOwnVariables(environment)['ANTHROPIC_BASE_URL']).toBe('https://from-rc.example');
  });

  it('survives any marker', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(withoutOwnVariables({ [MARKER_VARIABLE]: text, HOME: '/home/u' })).not.toHaveProperty(MARKER_VARIABLE);
      }),
    );
  });
});

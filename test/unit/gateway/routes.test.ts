import { describe, expect, it } from 'vitest';
import { agentOf, sessionOf, subAgentOf } from '../../../src/gateway/agents.ts';
import { commandLineToken } from '../../../src/gateway/commandLineToken.ts';
import type { RequestHead, Route } from '../../../src/gateway/contract.ts';
import { queryWithoutKey } from '../../../src/gateway/headers.ts';
import { createRoutes } from '../../../src/gateway/routes.ts';
import { joinPath, parseUpstream, publicUpstreams, upstreamTable } from '../../../src/gateway/upstreams.ts';
import { call, startGateway, startUpstream, token } from './gatewayRig.ts';

const routes = new Map(createRoutes(publicUpstreams).map((route) => [route.id, route]));

function route(id: string): Route {
  const found = routes.get(id);
  if (found === undefined) throw new Error(`No route ${id}.`);
  return found;
}

function head(headers: Record<string, string> = {}, path = '/'): RequestHead {
  return { method: 'POST', path, headers };
}

/** Where a client path of a route ends up, and which API it is read as. */
function resolved(id: string, path: string, headers: Record<string, string> = {}): [string, string | null] {
  const upstream = route(id).upstream(head(headers, path));
  if (upstream === null) throw new Error(`Route ${id} has no upstream.`);
  const upstreamPath = route(id).upstreamPath(path);
  const url = upstream.origin + joinPath(upstream.basePath, upstreamPath);
  return [url, route(id).match('POST', upstreamPath)?.api ?? null];
}

describe('routes', () => {
  it('lead each client path to one fixed place', () => {
    const anthropic = 'https://api.anthropic.com';
    for (const path of ['/messages', '/v1/messages', '/v1/v1/messages'])
      expect(resolved('anthropic', path)).toEqual([`${anthropic}/v1/messages`, 'anthropic-messages']);
    expect(resolved('anthropic', '/v1/messages/count_tokens')).toEqual([`${anthropic}/v1/messages/count_tokens`, null]);
    expect(resolved('anthropic', '/api/hello')).toEqual([`${anthropic}/api/hello`, null]);
    expect(resolved('anthropic', '//evil.com/v1/messages')).toEqual([`${anthropic}//evil.com/v1/messages`, null]);
    const openai = 'https://api.openai.com/v1';
    expect(resolved('openai', '/v1/chat/completions')).toEqual([`${openai}/chat/completions`, 'openai-chat']);
    expect(resolved('openai', '/v1/responses')).toEqual([`${openai}/responses`, 'openai-responses']);
    expect(resolved('openai', '/v1/responses/compact')).toEqual([`${openai}/responses/compact`, 'openai-responses']);
    expect(resolved('codex', '/v1/responses/compact')).toEqual([`${openai}/responses/compact`, 'openai-responses']);
    expect(resolved('openai', '/v1/models')).toEqual([`${openai}/models`, null]);
    expect(resolved('codex', '/v1/responses')).toEqual([`${openai}/responses`, 'openai-responses']);
    const account = { 'chatgpt-account-id': 'acc' };
    const chatgpt = 'https://chatgpt.com/backend-api/codex';
    expect(resolved('codex', '/v1/responses', account)).toEqual([`${chatgpt}/responses`, 'openai-responses']);
    expect(resolved('codex', '/v1/models', account)).toEqual([`${chatgpt}/models`, null]);
    const google = 'https://generativelanguage.googleapis.com';
    for (const version of ['v1', 'v1beta', 'v1alpha']) {
      const path = `/${version}/models/gemini-3-pro:streamGenerateContent`;
      expect(resolved('gemini', path)).toEqual([google + path, 'gemini-generate']);
    }
    expect(resolved('gemini', '/v1beta/models/m:countTokens')[1]).toBeNull();
  });

  it('read the model and the stream from a Gemini path', () => {
    const match = (path: string, method = 'POST') => route('gemini').match(method, path);
    expect(match('/v1beta/models/a%20b:generateContent')).toMatchObject({ pathModel: 'a b', pathStream: false });
    expect(match('/v1beta/models/%zz:streamGenerateContent')).toMatchObject({ pathModel: '%zz', pathStream: true });
    expect(match('/v1beta/models/m:generateContent', 'GET')).toBeNull();
    expect(match('/v1beta/models/a/b:generateContent')).toBeNull();
    expect(route('anthropic').match('GET', '/v1/messages')).toBeNull();
    expect(route('openai').match('GET', '/responses')).toBeNull();
    expect(route('codex').match('GET', '/responses')).toBeNull();
  });

  it('tell a key from a subscription', () => {
    const auth = (id: string, headers: Record<string, string>, path?: string) => route(id).auth(head(headers, path));
    expect(auth('anthropic', { 'x-api-key': 'k' })).toBe('key');
    expect(auth('anthropic', { authorization: 'Bearer sk-ant-api03-x' })).toBe('key');
    expect(auth('anthropic', { authorization: 'bearer sk-ant-oat01-x' })).toBe('subscription');
    expect(auth('anthropic', { authorization: 'Bearer other' })).toBe('key');
    expect(auth('anthropic', { authorization: 'Bearer other', 'anthropic-beta': 'oauth-2025-04-20' })).toBe(
      'subscription',
    );
    expect(auth('anthropic', { authorization: 'Bearer eyJhbGciOi' })).toBe('unknown');
    expect(auth('anthropic', {})).toBe('unknown');
    expect(auth('openai', { authorization: 'Bearer sk-x' })).toBe('key');
    expect(auth('openai', {})).toBe('unknown');
    expect(auth('codex', { authorization: 'Bearer x', 'chatgpt-account-id': 'a' })).toBe('subscription');
    expect(auth('codex', { authorization: 'Bearer x' })).toBe('key');
    expect(auth('codex', {})).toBe('unknown');
    expect(auth('gemini', { 'x-goog-api-key': 'k' })).toBe('key');
    expect(auth('gemini', {}, '/x?alt=sse&key=k')).toBe('key');
    expect(auth('gemini', { authorization: 'Bearer ya29.x' })).toBe('subscription');
    expect(auth('gemini', {}, '/x?monkey=k')).toBe('unknown');
  });
});

describe('upstreams', () => {
  it('are replaced by origin, and codex follows openai', () => {
    const { upstreams, problems } = upstreamTable({ openai: 'http://127.0.0.1:9', chatgpt: 'http://localhost:8/' });
    expect(problems).toEqual([]);
    expect(upstreams.openai).toEqual({ provider: 'openai', origin: 'http://127.0.0.1:9', basePath: '/v1' });
    const codex = createRoutes(upstreams).find(({ id }) => id === 'codex');
    expect(codex?.upstream(head())?.origin).toBe('http://127.0.0.1:9');
    expect(codex?.upstream(head({ 'chatgpt-account-id': 'a' }))).toEqual({
      provider: 'chatgpt',
      origin: 'http://localhost:8',
      basePath: '/backend-api/codex',
    });
    expect(upstreamTable({ openai: 'https://x.example/base' }).problems).toHaveLength(1);
    expect(upstreamTable({ nobody: 'https://x.example', ['__proto__x']: 'https://x.example' }).problems).toHaveLength(
      2,
    );
    expect(upstreamTable({ openai: 'http://x.example' }).upstreams).toEqual(publicUpstreams);
  });

  it('are refused with a sentence that says what to do', () => {
    const problems = (origins: Record<string, string>) => upstreamTable(origins).problems;
    expect(problems({ nobody: 'https://x.example' })).toEqual([
      `There is no upstream named "nobody": use ${Object.keys(publicUpstreams).join(', ')}.`,
    ]);
    for (const [text, sentence] of [
      ['x', 'it is not a URL.'],
      ['https://user@x.example', 'it must not hold a user name or a password.'],
      ['https://:word@x.example', 'it must not hold a user name or a password.'],
      ['https://x.example/?', 'it must not have a query or a fragment.'],
      ['https://x.example/#', 'it must not have a query or a fragment.'],
      ['https://169.254.169.254', 'link-local and metadata addresses are not accepted.'],
      ['https://metadata', 'link-local and metadata addresses are not accepted.'],
      ['https://instance-data', 'link-local and metadata addresses are not accepted.'],
      ['http://x.example', 'it must be https; plain http is accepted for loopback only.'],
      ['http://10.0.0.1', 'it must be https; plain http is accepted for loopback only.'],
      ['ftp://127.0.0.1', 'it must be https; plain http is accepted for loopback only.'],
      ['https://x.example/path', 'it must be an origin, without a path.'],
    ] as const)
      expect([text, problems({ openai: text })]).toEqual([text, [`Upstream openai: ${sentence}`]]);
    expect(problems({ openai: 'https://10.0.0.1', groq: 'http://127.8.9.10:1', gemini: 'https://[fe00::1]' })).toEqual(
      [],
    );
  });

  it('are https, or loopback, without anything that could hold a secret', () => {
    const accepted: [string, string, string][] = [
      ['https://gw.example/anthropic/', 'https://gw.example', '/anthropic'],
      ['https://GW.example:444', 'https://gw.example:444', ''],
      ['http://127.0.0.1:80/x', 'http://127.0.0.1', '/x'],
      ['http://[::1]:3/', 'http://[::1]:3', ''],
      ['http://localhost:3', 'http://localhost:3', ''],
    ];
    for (const [text, origin, basePath] of accepted)
      expect(parseUpstream('openai', text)).toEqual({
        upstream: { provider: 'openai', origin, basePath },
        problem: null,
      });
    const refused = [
      ...[
        '',
        'x',
        'ftp://gw.example',
        'http://gw.example',
        'http://127.0.0.1.nip.io',
        'http://localhost.evil.com',
        'file:///x',
      ],
      ...[
        'https://user@gw.example',
        'https://:pw@gw.example',
        'https://gw.example/?q=1',
        'https://gw.example/#h',
        'https://gw.example?',
      ],
      ...[
        'https://169.254.169.254',
        'https://[fe80::1]',
        'https://0.0.0.0',
        'http://0/',
        'https://2852039166',
        'https://[::]',
      ],
      ...[
        'https://metadata.google.internal',
        'https://metadata.google.internal.',
        'https://[::ffff:169.254.169.254]',
        'https://[fd00:ec2::254]',
      ],
      ...['https://100.100.100.200', 'javascript:alert(1)', '//gw.example'],
    ];
    for (const text of refused) {
      const { upstream, problem } = parseUpstream('openai', text);
      expect([text, upstream]).toEqual([text, null]);
      expect(problem).not.toContain('gw.example');
    }
  });

  it('may be chained by a workspace, with a base path, but never to the gateway itself', async () => {
    const upstream = await startUpstream((req, res) => res.end(req.url));
    let ownPort = 0;
    const rig = await startGateway(1, {
      workspaceUpstream: (workspaceId, routeId) => {
        if (workspaceId === 'loop') return { provider: 'openai', origin: `http://localhost:${ownPort}`, basePath: '' };
        if (workspaceId !== 'ws-1') return null;
        const basePath = routeId === 'anthropic' ? '/corp/v1' : '/corp/api';
        return { provider: 'corp', origin: `http://127.0.0.1:${upstream.port}`, basePath };
      },
    });
    ownPort = rig.port;
    const path = async (target: string) =>
      (await call(rig.port, { method: 'POST', path: target }, '{}')).body.toString();
    expect(await path(`${rig.prefix('anthropic')}/v1/messages?x`)).toBe('/corp/v1/messages?x');
    expect(await path(`${rig.prefix('openai')}/v1/responses`)).toBe('/corp/api/responses');
    expect(await path(rig.prefix('openai'))).toBe('/corp/api');
    expect(rig.observer.calls[0]?.head.provider).toBe('corp');
    expect(await path(`${rig.prefix('openai').replace('ws-1', 'loop')}/v1/responses`)).toContain('Outlay itself');
  });

  it('give base URLs in the form that SDKs take', async () => {
    const rig = await startGateway(1);
    const base = `http://127.0.0.1:${rig.port}${rig.prefix('').slice(0, -1)}`;
    expect(rig.gateway.baseUrls('ws-1')).toEqual({
      anthropic: `${base}/anthropic`,
      openai: `${base}/openai/v1`,
      gemini: `${base}/gemini`,
      codex: `${base.replace(token, commandLineToken(token))}/codex/v1`,
      bedrock: `${base}/bedrock`,
      vertex: `${base}/vertex/v1`,
      'vertex-gemini': `${base}/vertex`,
      'code-assist': `${base}/code-assist`,
      azure: `${base}/azure`,
      'azure-openai': `${base}/azure/openai/v1`,
      'azure-anthropic': `${base}/azure/anthropic`,
      openrouter: `${base}/openrouter/v1`,
      'openrouter-anthropic': `${base}/openrouter`,
      deepseek: `${base}/deepseek/v1`,
      'deepseek-anthropic': `${base}/deepseek/anthropic`,
      xai: `${base}/xai/v1`,
      'xai-anthropic': `${base}/xai`,
      mistral: `${base}/mistral/v1`,
      groq: `${base}/groq/v1`,
      moonshot: `${base}/moonshot/v1`,
      'moonshot-anthropic': `${base}/moonshot/anthropic`,
      zai: `${base}/zai/v1`,
      'zai-coding': `${base}/zai/api/coding/paas/v4`,
      'zai-anthropic': `${base}/zai/api/anthropic`,
      alibaba: `${base}/alibaba/v1`,
      'alibaba-anthropic': `${base}/alibaba/apps/anthropic`,
      ollama: `${base}/ollama`,
      'ollama-openai': `${base}/ollama/v1`,
      lmstudio: `${base}/lmstudio/v1`,
      'lmstudio-anthropic': `${base}/lmstudio`,
    });
  });
});

describe('who sent a call', () => {
  it('is one of the known agents, never a header', () => {
    const named: [Record<string, string>, string][] = [
      [{ 'user-agent': 'claude-cli/2.1.330 (external, sdk-cli)' }, 'claude-code'],
      [{ 'user-agent': 'Anthropic/JS 0.1', 'x-app': 'cli-bg' }, 'claude-code'],
      [{ originator: 'codex_exec' }, 'codex'],
      [{ 'user-agent': 'codex_cli_rs/0.169.0' }, 'codex'],
      [{ 'user-agent': 'GeminiCLI-tui/0.61.0/m (linux)' }, 'gemini-cli'],
      [{ originator: 'opencode', 'user-agent': 'x' }, 'opencode'],
      [{ 'user-agent': 'opencode/1.18.33 ai-sdk/5' }, 'opencode'],
      [{ 'user-agent': 'kilo/7' }, 'kilo'],
      [{ 'user-agent': 'QwenCode/0.24.4' }, 'qwen-code'],
      [{ 'goose-session-id': 's' }, 'goose'],
      [{ 'user-agent': 'litellm/1.0' }, 'litellm'],
      [{ 'user-agent': 'aider/1' }, 'aider'],
      [{ 'user-agent': 'GitHubCopilotChat/0.67' }, 'copilot'],
      [{ 'user-agent': 'Cline/4' }, 'cline'],
      [{ 'x-roo-task-id': 't' }, 'roo-code'],
      [{ 'user-agent': 'Zed/0.212.0 (linux; x86_64)' }, 'zed'],
      [{ 'user-agent': 'factory-cli/0.19.3' }, 'droid'],
      [{ 'user-agent': 'AsyncAnthropic/Python 1' }, 'anthropic-sdk'],
      [{ 'user-agent': 'OpenAI/JS 7' }, 'openai-sdk'],
      [{ 'user-agent': 'google-genai-sdk/3' }, 'google-genai-sdk'],
      [{ 'user-agent': 'secret-tool/1' }, 'unknown'],
      [{}, 'unknown'],
    ];
    for (const [headers, agent] of named)
      expect([headers, agentOf(head(headers), 'default')]).toEqual([headers, agent]);
  });

  it('is named by the base URL of an agent whose requests do not tell, out of the same list', () => {
    const sdk = head({ 'user-agent': 'ai-sdk/anthropic/4.0.42 runtime/bun/1.3.13' });
    expect(agentOf(sdk, 'agent-cline')).toBe('cline');
    expect(agentOf(sdk, 'agent-stranger')).toBe('unknown');
    expect(agentOf(sdk, 'cline')).toBe('unknown');
    expect(agentOf(head({ 'user-agent': 'claude-cli/2.1.330' }), 'agent-cline')).toBe('claude-code');
  });

  it('names its session and sub-agent in a bounded id', () => {
    const session = (headers: Record<string, string>) => sessionOf(head(headers));
    expect(session({ 'x-claude-code-session-id': 'a', 'x-session-id': 'b' })).toBe('a');
    for (const name of ['session-id', 'session_id', 'x-session-id', 'goose-session-id', 'x-roo-task-id', 'x-task-id'])
      expect(session({ [name]: `id-${name}` })).toBe(`id-${name}`);
    expect(session({ 'x-codex-turn-metadata': '{"session_id":"s","turn_id":"t"}' })).toBe('s');
    for (const metadata of ['{', '[]', 'null', '{"session_id":1}', `{"session_id":"${'x'.repeat(20_000)}"}`])
      expect(session({ 'x-codex-turn-metadata': metadata })).toBeNull();
    expect(session({ 'session-id': `\u0001é${'x'.repeat(500)}` })).toBe('x'.repeat(128));
    expect(session({ 'session-id': ' ', 'x-session-id': 'b' })).toBe('b');
    expect(session({})).toBeNull();
    const metadata = (bytes: number) => `{"session_id":"s","x":"${'x'.repeat(bytes - 25)}"}`;
    expect(metadata(16_384)).toHaveLength(16_384);
    expect(session({ 'x-codex-turn-metadata': metadata(16_384) })).toBe('s');
    expect(session({ 'x-codex-turn-metadata': metadata(16_385) })).toBeNull();
    for (const other of ['"text"', '{"turn_id":"t"}']) expect(session({ 'x-codex-turn-metadata': other })).toBeNull();
    expect(session({ 'session-id': `${' '.repeat(1023)}ab` })).toBe('a');
    expect(session({ 'session-id': '!~ \u007f' })).toBe('!~');
    expect(subAgentOf(head({ 'x-claude-code-agent-id': 'agent-1' }))).toBe('agent-1');
    expect(subAgentOf(head())).toBeNull();
  });

  it('is named by the first mark that fits, at the start of a field only', () => {
    const named: [Record<string, string>, string][] = [
      [{ 'user-agent': 'goose/1.2' }, 'goose'],
      [{ 'user-agent': 'RooCode/3' }, 'roo-code'],
      [{ 'user-agent': 'Roo-Code/3' }, 'roo-code'],
      [{ 'user-agent': 'Copilot/1' }, 'copilot'],
      [{ 'user-agent': 'Anthropic/JS 1' }, 'anthropic-sdk'],
      [{ 'user-agent': 'AsyncOpenAI/Python 1' }, 'openai-sdk'],
      [{ originator: 'CODEX_vscode', 'user-agent': 'opencode/1' }, 'codex'],
      [{ originator: 'opencode', 'x-app': 'cli' }, 'opencode'],
      [{ originator: 'my-codex' }, 'unknown'],
      [{ originator: 'my-opencode' }, 'unknown'],
      [{ 'x-app': 'cli' }, 'claude-code'],
      [{ 'x-app': 'client' }, 'unknown'],
      [{ 'x-app': 'my-cli' }, 'unknown'],
      ...['claude-cli/', 'codex', 'GeminiCLI', 'opencode', 'kilo', 'QwenCode', 'goose', 'aider', 'litellm'].map(
        (mark): [Record<string, string>, string] => [{ 'user-agent': `my ${mark}/1` }, 'unknown'],
      ),
      ...['Copilot', 'cline', 'roocode', 'Zed/', 'factory-cli/', 'Anthropic/', 'OpenAI/', 'google-genai-sdk/'].map(
        (mark): [Record<string, string>, string] => [{ 'user-agent': `my ${mark}/1` }, 'unknown'],
      ),
      [{ 'user-agent': 'curl/8', 'goose-session-id': 's', 'x-roo-task-id': 't' }, 'goose'],
      [{ 'user-agent': 'OpenAI/JS 5.20.1', 'x-initiator': 'user' }, 'copilot'],
      [{ 'user-agent': 'Anthropic/JS 1', 'x-initiator': 'agent' }, 'copilot'],
      [{ 'user-agent': 'opencode/1', 'x-initiator': 'agent' }, 'opencode'],
      [{ 'user-agent': 'OpenAI/JS 5.20.1', 'x-initiator': 'nobody' }, 'openai-sdk'],
      [{ 'x-initiator': 'superuser' }, 'unknown'],
      [{ 'x-initiator': 'agents' }, 'unknown'],
      [{ 'user-agent': 'OpenAI/JS 5.20.1', 'copilot-integration-id': 'x' }, 'copilot'],
      [{ 'x-title': 'Cline', 'x-roo-task-id': 't' }, 'cline'],
      [{ 'x-title': 'Roo Code', 'user-agent': 'OpenAI/JS 5.20.1' }, 'roo-code'],
      [{ 'x-title': 'Kilo Code' }, 'kilo'],
      [{ 'x-title': 'CONTINUE' }, 'continue'],
      [{ 'x-title': 'constructor' }, 'unknown'],
    ];
    for (const [headers, agent] of named) expect([headers, agentOf(head(headers), 'ws-1')]).toEqual([headers, agent]);
  });

  it('keeps no key in a query', () => {
    expect(queryWithoutKey('?alt=sse&key=k&x=%2f')).toBe('?alt=sse&x=%2f');
    expect(queryWithoutKey('?%6bey=k&KEY=k&key')).toBe('');
    expect(queryWithoutKey('?access_token=t&keys=1&%zz=1&monkey=1')).toBe('?keys=1&%zz=1&monkey=1');
    expect(queryWithoutKey('')).toBe('');
  });
});

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/meterProcess.ts';
import { type ScriptedUpstream, type SeenRequest, startScriptedUpstream } from '../support/scriptedUpstream.ts';
import { agentVersion } from '../support/toolchain.ts';
import { AgentRig, type RigOptions, refusal, reportVersion, usageOf } from './support/agentRig.ts';
import { bookedCalls, distinct, readBooks, servedCalls } from './support/books.ts';

const apiKey = { ANTHROPIC_API_KEY: 'sk-ant-api03-made-up' };
const prompt = ['claude', '-p', 'say hi'];

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/**
 * Whoever asks api.anthropic.com itself finds `anthropic` instead, under a certificate that the agent trusts: it is how we see what the agent
 * sends without us.
 */
async function start(
  options: Omit<RigOptions, 'played'>,
): Promise<{ readonly rig: AgentRig; readonly anthropic: ScriptedUpstream }> {
  const anthropic = await startScriptedUpstream({ script: { text: 'The direct answer.' } });
  stops.push(() => anthropic.stop());
  const rig = await AgentRig.start('claude', {
    ...options,
    played: { host: 'api.anthropic.com', port: anthropic.port },
  });
  stops.push(() => rig.dispose());
  return { rig, anthropic };
}

describe('Claude Code', () => {
  it('is the pinned version', async () => {
    expect(await reportVersion('claude')).toBe(agentVersion('claude'));
  });

  it('gets its answer through the gateway, and its call, session and cost are in the books', async () => {
    const { rig, anthropic } = await start({ env: apiKey, answer: () => ({ text: 'The metered answer.' }) });
    const env = await rig.connect();
    const { stdout } = await rig.run([...prompt, '--output-format', 'json'], env);
    const told = JSON.parse(stdout);
    expect(told.result).toBe('The metered answer.');
    const { calls } = rig.upstream;
    const rows = await readBooks(rig.dataDir, calls.length);
    expect(calls.length).toBeGreaterThanOrEqual(1);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(rig.asked.map(({ headers }) => headers['x-claude-code-session-id']))).toEqual([told.session_id]);
    expect(distinct(rows.map(({ session }) => session))).toEqual([told.session_id]);
    expect(distinct(rows.map(({ agent, auth }) => `${agent} ${auth}`))).toEqual(['claude-code key']);
    // The agent's own figure and the books come from different price lists.
    expect(rows.reduce((sum, { costUsd }) => sum + (costUsd ?? Number.NaN), 0)).toBeCloseTo(told.total_cost_usd, 9);
    expect(anthropic.calls).toEqual([]);
    expect(rig.internet.asked.filter((address) => address !== 'api.anthropic.com:443')).toEqual([]);
    console.info(`beside the gateway: ${distinct(anthropic.requests.map(({ path }) => path)).join(', ')}`);
  });

  it('sends the very request through the gateway that Anthropic gets directly', async () => {
    const { rig, anthropic } = await start({ env: apiKey, answer: () => ({ text: 'The metered answer.' }) });
    await rig.run(prompt, rig.user.env);
    await rig.run(prompt, await rig.connect());
    const [direct] = anthropic.requests.filter(({ api }) => api !== null);
    const [metered] = rig.asked;
    logSizes(direct, metered);
    expect(direct?.bodyBytes).toBeGreaterThan(10_000);
    expect(withoutRunIds(metered?.json)).toEqual(withoutRunIds(direct?.json));
    expect(metered?.bodyBytes).toBe(direct?.bodyBytes);
    // What would be lost on a foreign host, and would make every call dearer.
    expect(JSON.stringify(metered?.json)).toContain('"scope":"global"');
    expect(toolNames(metered?.json)).toContain('ToolSearch');
  });

  it('stays within 2 % of that size should the agent no longer know the switch that makes them equal', async () => {
    const { rig, anthropic } = await start({ env: apiKey, answer: () => ({ text: 'The metered answer.' }) });
    await rig.run(prompt, rig.user.env);
    await rig.run(prompt, await rig.connect({ assumeFirstParty: false }));
    const [direct] = anthropic.requests.filter(({ api }) => api !== null);
    const [metered] = rig.asked;
    const { directBytes, meteredBytes } = logSizes(direct, metered);
    expect(Math.abs(meteredBytes / directBytes - 1)).toBeLessThanOrEqual(0.02);
    expect(toolNames(metered?.json)).toEqual(toolNames(direct?.json));
  });

  it.each([
    ['a long-lived token', { env: { CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-made-up' } }],
    ['the login that it keeps', { files: { '.claude/.credentials.json': claudeAiLogin() } }],
  ])('books a claude.ai subscription as such: %s', async (_name, options) => {
    const { rig } = await start({ ...options, answer: () => ({ text: 'The subscribed answer.' }) });
    const { stdout } = await rig.run(prompt, await rig.connect());
    expect(stdout).toBe('The subscribed answer.\n');
    const { calls } = rig.upstream;
    expect(distinct(rig.asked.map(({ headers }) => headers['authorization']))).toEqual(['Bearer sk-ant-oat01-made-up']);
    const rows = await readBooks(rig.dataDir, calls.length);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(rows.map(({ auth }) => auth))).toEqual(['subscription']);
  });

  it('keeps off the proxy only because the terminal tells it to', async () => {
    const { rig } = await start({ env: apiKey, answer: () => ({ text: 'The metered answer.' }) });
    const { NO_PROXY: _, no_proxy: __, ...env } = await rig.connect();
    const gateway = `127.0.0.1:${rig.meter.ready.port}`;
    await rig.run(prompt, { ...env, CLAUDE_CODE_MAX_RETRIES: '0' });
    expect(rig.internet.asked).toContain(gateway);
    expect(rig.upstream.calls).toEqual([]);
  });

  it.each([529, 429])('retries after a %i, and each try is a call of its own', async (status) => {
    const { rig } = await start({
      env: apiKey,
      answer: (_call, index) => (index < 2 ? refusal(status) : { text: 'The answer at last.' }),
    });
    const { stdout } = await rig.run(prompt, await rig.connect());
    expect(stdout).toBe('The answer at last.\n');
    const { calls } = rig.upstream;
    expect(calls).toHaveLength(3);
    expect(bookedCalls(await readBooks(rig.dataDir, 3))).toEqual(servedCalls(calls));
  });

  it('asks again after a stream that broke off, which is booked as far as it came', async () => {
    const { rig } = await start({
      env: apiKey,
      answer: (_call, index) =>
        index === 0 ? { text: 'Half an ans', cutAfterEvents: 4 } : { text: 'The whole answer.' },
    });
    const { stdout } = await rig.run(prompt, await rig.connect());
    expect(stdout).toContain('The whole answer.');
    const { calls } = rig.upstream;
    const rows = await readBooks(rig.dataDir, calls.length);
    expect(rows).toHaveLength(calls.length);
    const [cut, ...rest] = rows;
    const [first] = rig.asked;
    const reported = first && usageOf(first, {});
    expect(cut).toMatchObject({
      status: 'truncated',
      provenance: 'partial',
      inputTokens: reported?.inputTokens,
      cacheReadTokens: reported?.cacheReadTokens,
    });
    expect(bookedCalls(rest)).toEqual(servedCalls(calls));
  });

  it('goes on in the same terminal after the meter was killed and restarted', async () => {
    const { rig } = await start({ env: apiKey, answer: (_call, index) => ({ text: `Answer ${index + 1}.` }) });
    const env = await rig.connect();
    expect((await rig.run(prompt, env)).stdout).toBe('Answer 1.\n');
    await readBooks(rig.dataDir, 1);
    await rig.crashAndRestartMeter();
    expect((await rig.run(['claude', '-p', '--continue', 'go on'], env)).stdout).toBe('Answer 2.\n');
    const rows = await readBooks(rig.dataDir, 2);
    expect(bookedCalls(rows)).toEqual(servedCalls(rig.upstream.calls));
    expect(distinct(rows.map(({ session }) => session))).toHaveLength(1);
  });

  it('gets its answer although the meter was killed in the middle of one', async () => {
    const { rig } = await start({
      env: apiKey,
      answer: (_call, index) => (index === 0 ? { text: 'Never heard.', pauseMs: 60_000 } : { text: 'Heard.' }),
    });
    const run = rig.run(prompt, await rig.connect());
    await eventually(
      async () => rig.asked.length,
      (asked) => asked === 1,
    );
    await rig.crashAndRestartMeter();
    expect((await run).stdout).toBe('Heard.\n');
    const rows = await readBooks(rig.dataDir, 1);
    expect(bookedCalls(rows.filter(({ status }) => status !== 'lost'))).toEqual(servedCalls(rig.upstream.calls));
    expect(rows.filter(({ status }) => status === 'lost').length).toBeLessThanOrEqual(1);
  });

  it('has long thinking booked as the provider counts it', async () => {
    const thoughts = Array.from({ length: 200 }, (_value, index) => `Thought number ${index} leads on to the next. `);
    const { rig } = await start({ env: apiKey, answer: () => ({ text: 'Thought out.', thinking: thoughts.join('') }) });
    expect((await rig.run(prompt, await rig.connect())).stdout).toBe('Thought out.\n');
    const rows = await readBooks(rig.dataDir, 1);
    expect(bookedCalls(rows)).toEqual(servedCalls(rig.upstream.calls));
    expect(rows[0]?.thinkingTokens).toBe(rig.upstream.calls[0]?.usage?.thinkingTokens);
    expect(rows[0]?.thinkingTokens).toBeGreaterThan(0);
  });

  it('runs a tool between two calls of one session', async () => {
    const { rig } = await start({
      env: apiKey,
      answer: (_call, index) =>
        index === 0 ? { toolCalls: [{ name: 'Read', arguments: { file_path: note } }] } : { text: 'Read it.' },
    });
    const note = join(rig.user.cwd, 'note.txt');
    await writeFile(note, 'A made-up note.');
    expect((await rig.run([...prompt, '--allowedTools', 'Read'], await rig.connect())).stdout).toBe('Read it.\n');
    const { calls } = rig.upstream;
    expect(JSON.stringify(rig.asked[1]?.json)).toContain('A made-up note.');
    const rows = await readBooks(rig.dataDir, 2);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(rows.map(({ session }) => session))).toHaveLength(1);
  });

  it('has the calls of a sub-agent booked under the session that started it', async () => {
    const task = { description: 'A made-up task', prompt: 'Say sub.', subagent_type: 'general-purpose' };
    const { rig } = await start({
      env: apiKey,
      answer: ({ headers }, index) => {
        if (headers['x-claude-code-agent-id'] !== undefined) return { text: 'Sub.' };
        return index === 0 ? { toolCalls: [{ name: 'Agent', arguments: task }] } : { text: 'Delegated.' };
      },
    });
    const { stdout } = await rig.run(prompt, await rig.connect());
    // It may go on with other work meanwhile, and then answers twice.
    expect(stdout).toContain('Delegated.\n');
    const { calls } = rig.upstream;
    const subAgents = rig.asked.map(({ headers }) => headers['x-claude-code-agent-id']);
    expect(subAgents.filter((id) => id !== undefined).length).toBeGreaterThanOrEqual(1);
    const rows = await readBooks(rig.dataDir, calls.length);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(rows.map(({ session }) => session))).toHaveLength(1);
    console.info(`calls: ${subAgents.map((id) => (id === undefined ? 'main' : 'sub-agent')).join(', ')}`);
  });
});

function logSizes(direct: SeenRequest | undefined, metered: SeenRequest | undefined) {
  const sizes = { directBytes: direct?.bodyBytes ?? 0, meteredBytes: metered?.bodyBytes ?? 0 };
  console.info(`first request: ${sizes.directBytes} bytes directly, ${sizes.meteredBytes} bytes through the gateway`);
  return sizes;
}

/** What a login to claude.ai leaves behind, with nothing in it that was ever valid. */
function claudeAiLogin(): string {
  return JSON.stringify({
    claudeAiOauth: {
      accessToken: 'sk-ant-oat01-made-up',
      refreshToken: 'sk-ant-ort01-made-up',
      expiresAt: Date.now() + 86_400_000,
      scopes: ['user:inference', 'user:profile'],
      subscriptionType: 'max',
    },
  });
}

function toolNames(body: SeenRequest['json'] | undefined): readonly unknown[] {
  const tools = body?.['tools'];
  return Array.isArray(tools) ? tools.map((tool: { readonly name?: unknown }) => tool.name) : [];
}

/** The body without what differs between any two runs: the ids of session and prompt, and the day. */
function withoutRunIds(body: SeenRequest['json'] | undefined): unknown {
  const text = JSON.stringify({ ...body, metadata: null });
  return JSON.parse(text.replace(/cch=\w+; cc_prompt_id=[\w-]+/, '').replace(/\b20\d\d-\d\d-\d\d\b/g, 'the day'));
}

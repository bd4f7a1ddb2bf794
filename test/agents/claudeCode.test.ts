import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type AgentUpstream, type ServedCall, startAgentUpstream } from '../support/agentUpstream/agentUpstream.ts';
import { field } from '../support/agentUpstream/dialect.ts';
import { agentVersion } from '../support/toolchain.ts';
import { AgentRig, type RigOptions, reportVersion, said } from './support/agentRig.ts';
import { bookedCalls, distinct, readBooks, servedCalls } from './support/books.ts';

const apiKey = { ANTHROPIC_API_KEY: 'sk-ant-api03-made-up' };
const prompt = ['claude', '-p', 'say hi'];

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/**
 * Whoever asks api.anthropic.com itself finds `anthropic` instead, under a certificate that the agent trusts: it is how we see what the agent
 * sends without us. Everything there that is no call is answered with 404.
 */
async function start(
  options: Omit<RigOptions, 'played'>,
): Promise<{ readonly rig: AgentRig; readonly anthropic: AgentUpstream }> {
  const anthropic = await startAgentUpstream(() => said('The direct answer.'));
  stops.push(() => anthropic.close());
  const rig = await AgentRig.start('claude', {
    ...options,
    played: { host: 'api.anthropic.com', listener: anthropic.listener },
  });
  stops.push(() => rig.dispose());
  return { rig, anthropic };
}

describe('Claude Code', () => {
  it('is the pinned version', async () => {
    expect(await reportVersion('claude')).toBe(agentVersion('claude'));
  });

  it('gets its answer through the gateway, and its call, session and cost are in the books', async () => {
    const { rig, anthropic } = await start({ env: apiKey, answer: () => said('The metered answer.') });
    const env = await rig.connect();
    const { stdout } = await rig.run([...prompt, '--output-format', 'json'], env);
    const told = JSON.parse(stdout);
    expect(told.result).toBe('The metered answer.');
    const { calls } = rig.upstream;
    const rows = await readBooks(rig.dataDir, calls.length);
    expect(calls.length).toBeGreaterThanOrEqual(1);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(calls.map(({ headers }) => headers['x-claude-code-session-id']))).toEqual([told.session_id]);
    expect(distinct(rows.map(({ session }) => session))).toEqual([told.session_id]);
    expect(distinct(rows.map(({ agent, auth }) => `${agent} ${auth}`))).toEqual(['claude-code key']);
    // The agent's own figure and the books come from different price lists.
    expect(rows.reduce((sum, { costUsd }) => sum + (costUsd ?? Number.NaN), 0)).toBeCloseTo(told.total_cost_usd, 9);
    expect(anthropic.calls).toEqual([]);
    expect(rig.internet.asked.filter((address) => address !== 'api.anthropic.com:443')).toEqual([]);
    console.info(`beside the gateway: ${anthropic.others.join(', ')}`);
  });

  it('sends the very request through the gateway that Anthropic gets directly', async () => {
    const { rig, anthropic } = await start({ env: apiKey, answer: () => said('The metered answer.') });
    await rig.run(prompt, rig.user.env);
    await rig.run(prompt, await rig.connect());
    const [direct] = anthropic.calls;
    const [metered] = rig.upstream.calls;
    logSizes(direct, metered);
    expect(direct?.bodyBytes).toBeGreaterThan(10_000);
    expect(withoutRunIds(metered?.body)).toEqual(withoutRunIds(direct?.body));
    expect(metered?.bodyBytes).toBe(direct?.bodyBytes);
    // What would be lost on a foreign host, and would make every call dearer.
    expect(JSON.stringify(metered?.body)).toContain('"scope":"global"');
    expect(toolNames(metered?.body)).toContain('ToolSearch');
  });

  it('stays within 2 % of that size should the agent no longer know the switch that makes them equal', async () => {
    const { rig, anthropic } = await start({ env: apiKey, answer: () => said('The metered answer.') });
    await rig.run(prompt, rig.user.env);
    await rig.run(prompt, await rig.connect({ assumeFirstParty: false }));
    const [direct] = anthropic.calls;
    const [metered] = rig.upstream.calls;
    const { directBytes, meteredBytes } = logSizes(direct, metered);
    expect(Math.abs(meteredBytes / directBytes - 1)).toBeLessThanOrEqual(0.02);
    expect(toolNames(metered?.body)).toEqual(toolNames(direct?.body));
  });

  it('books a claude.ai login as a subscription', async () => {
    const { rig } = await start({
      env: { CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-made-up' },
      answer: () => said('The subscribed answer.'),
    });
    const { stdout } = await rig.run(prompt, await rig.connect());
    expect(stdout).toBe('The subscribed answer.\n');
    const { calls } = rig.upstream;
    expect(distinct(calls.map(({ headers }) => headers.authorization))).toEqual(['Bearer sk-ant-oat01-made-up']);
    const rows = await readBooks(rig.dataDir, calls.length);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(rows.map(({ auth }) => auth))).toEqual(['subscription']);
  });

  it('keeps off the proxy only because the terminal tells it to', async () => {
    const { rig } = await start({ env: apiKey, answer: () => said('The metered answer.') });
    const { NO_PROXY: _, no_proxy: __, ...env } = await rig.connect();
    const gateway = `127.0.0.1:${rig.meter.ready.port}`;
    await rig.run(prompt, { ...env, CLAUDE_CODE_MAX_RETRIES: '0' });
    expect(rig.internet.asked).toContain(gateway);
    expect(rig.upstream.calls).toEqual([]);
  });

  it.each([529, 429])('retries after a %i, and each try is a call of its own', async (status) => {
    const { rig } = await start({
      env: apiKey,
      answer: (_call, index) => (index < 2 ? { kind: 'refuse', status } : said('The answer at last.')),
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
      answer: (_call, index) => (index === 0 ? { kind: 'cut', text: 'Half an ans' } : said('The whole answer.')),
    });
    const { stdout } = await rig.run(prompt, await rig.connect());
    expect(stdout).toContain('The whole answer.');
    const { calls } = rig.upstream;
    const rows = await readBooks(rig.dataDir, calls.length);
    expect(rows).toHaveLength(calls.length);
    const [cut, ...rest] = rows;
    const reported = calls[0]?.usage;
    expect(cut).toMatchObject({
      status: 'truncated',
      provenance: 'partial',
      inputTokens: reported?.inputTokens,
      cacheReadTokens: reported?.cacheReadTokens,
    });
    expect(bookedCalls(rest)).toEqual(servedCalls(calls));
  });

  it('goes on in the same terminal after the meter was killed and restarted', async () => {
    const { rig } = await start({ env: apiKey, answer: (_call, index) => said(`Answer ${index + 1}.`) });
    const env = await rig.connect();
    expect((await rig.run(prompt, env)).stdout).toBe('Answer 1.\n');
    await readBooks(rig.dataDir, 1);
    await rig.crashAndRestartMeter();
    expect((await rig.run(['claude', '-p', '--continue', 'go on'], env)).stdout).toBe('Answer 2.\n');
    const rows = await readBooks(rig.dataDir, 2);
    expect(bookedCalls(rows)).toEqual(servedCalls(rig.upstream.calls));
    expect(distinct(rows.map(({ session }) => session))).toHaveLength(1);
  });

  it('has long thinking booked as the provider counts it', async () => {
    const thinking = Array.from({ length: 200 }, (_value, index) => `Thought number ${index} leads on to the next. `);
    const { rig } = await start({ env: apiKey, answer: () => ({ kind: 'text', text: 'Thought out.', thinking }) });
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
        index === 0 ? { kind: 'tool', name: 'Read', input: { file_path: note } } : said('Read it.'),
    });
    const note = join(rig.user.cwd, 'note.txt');
    await writeFile(note, 'A made-up note.');
    expect((await rig.run([...prompt, '--allowedTools', 'Read'], await rig.connect())).stdout).toBe('Read it.\n');
    const { calls } = rig.upstream;
    expect(JSON.stringify(calls[1]?.body)).toContain('A made-up note.');
    const rows = await readBooks(rig.dataDir, 2);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(rows.map(({ session }) => session))).toHaveLength(1);
  });
});

function logSizes(direct: ServedCall | undefined, metered: ServedCall | undefined) {
  const sizes = { directBytes: direct?.bodyBytes ?? 0, meteredBytes: metered?.bodyBytes ?? 0 };
  console.info(`first request: ${sizes.directBytes} bytes directly, ${sizes.meteredBytes} bytes through the gateway`);
  return sizes;
}

function toolNames(body: unknown): readonly unknown[] {
  const tools = field(body, 'tools');
  return Array.isArray(tools) ? tools.map((tool) => field(tool, 'name')) : [];
}

/** The body without what differs between any two runs: the ids of session and prompt. */
function withoutRunIds(body: unknown): unknown {
  const text = JSON.stringify({ ...(typeof body === 'object' ? body : null), metadata: null });
  return JSON.parse(text.replace(/cch=\w+; cc_prompt_id=[\w-]+/, ''));
}

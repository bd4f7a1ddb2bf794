import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type ScriptedUpstream, startScriptedUpstream } from '../support/scriptedUpstream.ts';
import { agentVersion } from '../support/toolchain.ts';
import { AgentRig, type RigOptions, refusal, reportVersion } from './support/agentRig.ts';
import { bookedCalls, distinct, readBooks, servedCalls } from './support/books.ts';

const apiKey = { CODEX_API_KEY: 'sk-made-up' };
const exec = ['codex', 'exec', '--skip-git-repo-check'];
const prompt = [...exec, 'say hi'];

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(options: RigOptions): Promise<AgentRig> {
  const rig = await AgentRig.start('codex', options);
  stops.push(() => rig.dispose());
  return rig;
}

/** A gateway of the user's own. */
async function startOwnGateway(): Promise<ScriptedUpstream> {
  const own = await startScriptedUpstream({ script: { text: 'My own answer.' } });
  stops.push(() => own.stop());
  return own;
}

/** The id that Codex prints for a session. */
function toldSession(stderr: string): string {
  return /session id: (\S+)/.exec(stderr)?.[1] ?? '';
}

/** The first line of every session that Codex keeps. */
async function sessionHeads(
  rig: AgentRig,
): Promise<readonly { readonly id: string; readonly model_provider: string }[]> {
  const folder = join(rig.user.home, '.codex/sessions');
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.jsonl'));
  return Promise.all(
    files.map(async (name) => {
      const [head = ''] = (await readFile(join(folder, name), 'utf8')).split('\n', 1);
      return JSON.parse(head).payload;
    }),
  );
}

function commandLines(): readonly string[] {
  return globSync('/proc/[0-9]*/cmdline').flatMap((path) => {
    try {
      return [readFileSync(path, 'latin1')];
    } catch {
      return []; // It has just ended.
    }
  });
}

/** What a user without any rights gets from there; null where this run cannot be one. */
function statusForNobody(url: string): number | null {
  if (process.getuid?.() !== 0) return null;
  const run = spawnSync('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-d', '{}', url], {
    uid: 65_534,
    gid: 65_534,
    encoding: 'utf8',
  });
  return Number(run.stdout);
}

function madeUpJwt(payload: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return [part({ alg: 'none' }), part(payload), Buffer.from('made up').toString('base64url')].join('.');
}

/** What `codex login` leaves behind after a ChatGPT login, with nothing in it that was ever valid. */
function chatGptLogin(): string {
  const auth = { chatgpt_plan_type: 'plus', chatgpt_user_id: 'user-made-up', chatgpt_account_id: 'account-made-up' };
  const token = madeUpJwt({
    email: 'made-up@example.com',
    exp: Math.floor(Date.now() / 1000) + 86_400,
    'https://api.openai.com/auth': auth,
  });
  return JSON.stringify({
    auth_mode: 'chatgpt',
    OPENAI_API_KEY: null,
    tokens: { id_token: token, access_token: token, refresh_token: 'made-up', account_id: auth.chatgpt_account_id },
    last_refresh: new Date().toISOString(),
  });
}

describe('Codex, started by our launcher', () => {
  it('is the pinned version', async () => {
    expect(await reportVersion('codex')).toBe(agentVersion('codex'));
  });

  it('gets its answer through the gateway at once, and its call and session are in the books', async () => {
    const rig = await start({
      env: apiKey,
      answer: () => ({ text: 'The metered answer.', thinking: 'Well, now.' }),
    });
    const run = await rig.run(prompt, await rig.connect());
    expect(run.stdout).toBe('The metered answer.\n');
    const { calls } = rig.upstream;
    const rows = await readBooks(rig.dataDir, calls.length);
    expect(calls.length).toBeGreaterThanOrEqual(1);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(rows.map(({ session }) => session))).toEqual([toldSession(run.stderr)]);
    expect(distinct(rig.asked.map(({ headers }) => headers['session-id']))).toEqual([toldSession(run.stderr)]);
    expect(distinct(rows.map(({ agent, auth }) => `${agent} ${auth}`))).toEqual(['codex key']);
    // The WebSocket that it tries first ends at the gateway, and is given up after one try.
    expect(rig.upstream.upgrades).toEqual([]);
    expect(rig.upstream.requests).toHaveLength(calls.length);
    expect(run.stderr.split('failed to connect to Responses WebSocket').length - 1).toBeLessThanOrEqual(1);
    expect(run.stderr).not.toContain('Reconnecting');
    expect(rig.internet.asked.filter((address) => /127\.0\.0\.1|api\.openai\.com/.test(address))).toEqual([]);
    console.info(
      `codex exec took ${run.durationMs} ms; beside the gateway: ${distinct(rig.internet.asked).join(', ')}`,
    );
  });

  it('carries a ChatGPT login to ChatGPT and books it as a subscription', async () => {
    const rig = await start({
      files: { '.codex/auth.json': chatGptLogin() },
      answer: () => ({ text: 'The subscribed answer.' }),
    });
    const { stdout, stderr } = await rig.run(prompt, await rig.connect());
    expect(stdout, stderr).toBe('The subscribed answer.\n');
    const { calls } = rig.upstream;
    expect(distinct(rig.asked.map(({ path }) => path))).toEqual(['/backend-api/codex/responses']);
    expect(distinct(rig.asked.map(({ headers }) => headers['chatgpt-account-id']))).toEqual(['account-made-up']);
    const rows = await readBooks(rig.dataDir, calls.length);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(rows.map(({ auth }) => auth))).toEqual(['subscription']);
    // Only with this login does it compress what it sends.
    expect(distinct(rig.asked.map(({ headers }) => headers['content-encoding']))).toEqual(['zstd']);
  });

  it('shows other users on its command line no token that they could use', async () => {
    const shown: string[] = [];
    const tried: (number | null)[] = [];
    const rig = await start({
      env: apiKey,
      answer: () => {
        // Codex waits for this answer: now is when others can look at it.
        shown.push(...commandLines());
        const url = /'(http:[^']+)'/.exec(shown.find((line) => line.includes('openai_base_url')) ?? '')?.[1] ?? '';
        tried.push(statusForNobody(`${url}/responses`));
        return { text: 'The metered answer.' };
      },
    });
    const env = await rig.connect();
    expect((await rig.run(prompt, env)).stdout).toBe('The metered answer.\n');
    const { OUTLAY_CODEX_BASE_URL: url = '' } = env;
    expect(shown.filter((line) => line.includes(`openai_base_url='${url}'`))).not.toEqual([]);
    expect(shown.filter((line) => line.includes(rig.meter.ready.token))).toEqual([]);
    // Only root can try as somebody else.
    expect(distinct(tried)).toEqual([process.getuid?.() === 0 ? 401 : null]);
    expect(rig.asked).toHaveLength(1);
  });

  it('keeps its history: a session is listed under its own provider and can be resumed', async () => {
    const rig = await start({ env: apiKey, answer: (_call, index) => ({ text: `Answer ${index + 1}.` }) });
    const env = await rig.connect();
    const first = await rig.run(prompt, env);
    const resumed = await rig.run([...exec, 'resume', '--last', 'go on'], env);
    expect(resumed.stdout).toBe('Answer 2.\n');
    expect(toldSession(resumed.stderr)).toBe(toldSession(first.stderr));
    expect(JSON.stringify(rig.asked[1]?.json)).toContain('Answer 1.');
    const heads = await sessionHeads(rig);
    expect(heads).toMatchObject([{ id: toldSession(first.stderr), model_provider: 'openai' }]);
    const rows = await readBooks(rig.dataDir, 2);
    expect(bookedCalls(rows)).toEqual(servedCalls(rig.upstream.calls));
    expect(distinct(rows.map(({ session }) => session))).toEqual([toldSession(first.stderr)]);
  });

  it('leaves a model provider of the user alone', async () => {
    const own = await startOwnGateway();
    const config = [
      'model_provider = "mine"',
      '[model_providers.mine]',
      'name = "mine"',
      `base_url = "${own.origin}/v1"`,
      'wire_api = "responses"',
      'env_key = "MY_KEY"',
      'supports_websockets = false',
    ];
    const rig = await start({
      env: { MY_KEY: 'made-up' },
      files: { '.codex/config.toml': config.join('\n') },
      answer: () => ({ text: 'The metered answer.' }),
    });
    const { stdout } = await rig.run(prompt, await rig.connect());
    expect(stdout).toBe('My own answer.\n');
    expect(own.calls).toHaveLength(1);
    expect(rig.upstream.calls).toEqual([]);
    expect(await readBooks(rig.dataDir, 0)).toEqual([]);
  });

  it("chains the base URL of the user's configuration behind the gateway", async () => {
    const own = await startOwnGateway();
    const rig = await start({
      env: apiKey,
      files: { '.codex/config.toml': `openai_base_url = "${own.origin}/v1"\n` },
      answer: () => ({ text: 'The metered answer.' }),
    });
    const { stdout } = await rig.run(prompt, await rig.connect());
    expect(stdout).toBe('My own answer.\n');
    expect(rig.upstream.calls).toEqual([]);
    expect(bookedCalls(await readBooks(rig.dataDir, own.calls.length))).toEqual(servedCalls(own.calls));
    expect(own.upgrades).toEqual([]);
  });

  it('runs untouched where our variable is gone', async () => {
    const own = await startOwnGateway();
    const rig = await start({
      env: apiKey,
      files: { '.codex/config.toml': `openai_base_url = "${own.origin}/v1"\n` },
      answer: () => ({ text: 'The metered answer.' }),
    });
    const { OUTLAY_CODEX_BASE_URL: gone, ...env } = await rig.connect();
    expect(gone).toContain(`http://127.0.0.1:${rig.meter.ready.port}/`);
    expect((await rig.run(prompt, env)).stdout).toBe('My own answer.\n');
    expect(own.upgrades).toEqual(['/v1/responses']);
    expect(await readBooks(rig.dataDir, 0)).toEqual([]);
  });

  it.each([503, 529])('retries after a %i, and each try is a call of its own', async (status) => {
    const rig = await start({
      env: apiKey,
      answer: (_call, index) => (index < 2 ? refusal(status) : { text: 'The answer at last.' }),
    });
    const { stdout, stderr } = await rig.run(prompt, await rig.connect());
    expect(stdout, stderr).toBe('The answer at last.\n');
    const { calls } = rig.upstream;
    expect(calls).toHaveLength(3);
    expect(bookedCalls(await readBooks(rig.dataDir, 3))).toEqual(servedCalls(calls));
  });

  it('ends at a 429, as it does by itself, and that one call is in the books', async () => {
    const rig = await start({ env: apiKey, answer: () => refusal(429) });
    const { code, stderr } = await rig.run(prompt, await rig.connect());
    expect(code).toBe(1);
    expect(stderr).toContain('last status: 429');
    expect(rig.upstream.calls).toHaveLength(1);
    expect(bookedCalls(await readBooks(rig.dataDir, 1))).toEqual(servedCalls(rig.upstream.calls));
  });

  it('asks again after a stream that broke off, which is booked as far as it came', async () => {
    const rig = await start({
      env: apiKey,
      answer: (_call, index) =>
        index === 0 ? { text: 'Half an ans', cutAfterEvents: 5 } : { text: 'The whole answer.' },
    });
    const { stdout } = await rig.run(prompt, await rig.connect());
    expect(stdout).toContain('The whole answer.');
    const { calls } = rig.upstream;
    const rows = await readBooks(rig.dataDir, calls.length);
    expect(rows).toHaveLength(calls.length);
    expect(rows[0]).toMatchObject({ status: 'truncated', provenance: 'partial' });
    expect(bookedCalls(rows.slice(1))).toEqual(servedCalls(calls));
  });

  it('goes on in the same terminal after the meter was killed and restarted', async () => {
    const rig = await start({ env: apiKey, answer: (_call, index) => ({ text: `Answer ${index + 1}.` }) });
    const env = await rig.connect();
    expect((await rig.run(prompt, env)).stdout).toBe('Answer 1.\n');
    await readBooks(rig.dataDir, 1);
    await rig.crashAndRestartMeter();
    expect((await rig.run(prompt, env)).stdout).toBe('Answer 2.\n');
    expect(bookedCalls(await readBooks(rig.dataDir, 2))).toEqual(servedCalls(rig.upstream.calls));
  });

  it('runs a tool between two calls of one session', async () => {
    const plan = { plan: [{ step: 'made up', status: 'completed' }] };
    const rig = await start({
      env: apiKey,
      answer: (_call, index) =>
        index === 0 ? { toolCalls: [{ name: 'update_plan', arguments: plan }] } : { text: 'Planned.' },
    });
    expect((await rig.run(prompt, await rig.connect())).stdout).toBe('Planned.\n');
    const { calls } = rig.upstream;
    expect(JSON.stringify(rig.asked[1]?.json)).toContain('function_call_output');
    const rows = await readBooks(rig.dataDir, 2);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(rows.map(({ session }) => session))).toHaveLength(1);
  });
});

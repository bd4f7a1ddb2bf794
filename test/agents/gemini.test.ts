import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { agentVersion } from '../support/toolchain.ts';
import { AgentRig, type RigOptions, refusal, reportVersion, usageOf } from './support/agentRig.ts';
import { bookedCalls, distinct, readBooks, servedCalls } from './support/books.ts';

const apiKey = { GEMINI_API_KEY: 'made-up-gemini-key' };
const chosenLogin = {
  '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } }),
};
const prompt = ['gemini', '--skip-trust', '-p', 'say hi'];

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(options: Pick<RigOptions, 'answer'> & Partial<RigOptions>): Promise<AgentRig> {
  const rig = await AgentRig.start('gemini', { env: apiKey, files: chosenLogin, ...options });
  stops.push(() => rig.dispose());
  return rig;
}

describe('Gemini CLI', () => {
  it('is the pinned version', async () => {
    expect(await reportVersion('gemini')).toBe(agentVersion('gemini'));
  });

  it('gets its answer through the gateway, and every call of the prompt is in the books', async () => {
    const rig = await start({
      answer: () => ({ text: 'The metered answer.', thinking: 'Well, now.' }),
    });
    const { stdout } = await rig.run([...prompt, '--output-format', 'json'], await rig.connect());
    expect(JSON.parse(stdout).response).toBe('The metered answer.');
    const { calls } = rig.upstream;
    const rows = await readBooks(rig.dataDir, calls.length);
    // A small model is asked first which model is to answer.
    expect(rig.asked.map(({ path }) => path.replace(/^.*:/, ''))).toEqual([
      'generateContent',
      'streamGenerateContent?alt=sse',
    ]);
    expect(distinct(calls.map(({ model }) => model))).toHaveLength(2);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(rows.map(({ agent, auth }) => `${agent} ${auth}`))).toEqual(['gemini-cli key']);
    // It sends no session id: one run is one group of calls.
    expect(distinct(rows.map(({ session }) => session))).toHaveLength(1);
    expect(rows[0]?.session).toContain('gemini-cli@ws-agents');
    expect(rig.upstream.requests).toHaveLength(calls.length);
    expect(rig.internet.asked.filter((address) => /127\.0\.0\.1|generativelanguage/.test(address))).toEqual([]);
    console.info(`beside the gateway: ${distinct(rig.internet.asked).join(', ')}`);
  });

  it('is left alone where only the environment says how it logs in, which our variable would break', async () => {
    const rig = await start({ files: {}, answer: () => ({ text: 'The metered answer.' }) });
    const env = await rig.connect();
    expect(env).toEqual(rig.user.env);
    // The agent itself is the witness: with the variable it ends before any call.
    const baseUrl = rig.meter.ready.baseUrls['gemini'] ?? '';
    const broken = await rig.run(prompt, { ...env, GOOGLE_GEMINI_BASE_URL: baseUrl, NO_PROXY: '127.0.0.1' });
    expect(broken.code).toBe(41);
    expect(rig.upstream.calls).toEqual([]);
  });

  it.each([429, 503])('retries after a %i, and each try is a call of its own', async (status) => {
    const rig = await start({
      answer: (_call, index) => (index === 0 ? refusal(status) : { text: 'The answer at last.' }),
    });
    const { stdout } = await rig.run(prompt, await rig.connect());
    expect(stdout).toBe('The answer at last.\n');
    const { calls } = rig.upstream;
    expect(calls).toHaveLength(3);
    expect(bookedCalls(await readBooks(rig.dataDir, 3))).toEqual(servedCalls(calls));
  });

  it('takes a stream that broke off as it does without us, and it is booked as far as it came', async () => {
    const rig = await start({ answer: () => ({ text: 'Half an answer', chunkChars: 4, cutAfterEvents: 2 }) });
    const env = await rig.connect();
    const direct = await rig.run(prompt, { ...env, GOOGLE_GEMINI_BASE_URL: rig.upstream.origin });
    const directCalls = rig.upstream.calls.length;
    const metered = await rig.run(prompt, env);
    expect(metered).toMatchObject({ code: direct.code, stdout: direct.stdout });
    const calls = rig.upstream.calls.slice(directCalls);
    expect(calls).toHaveLength(directCalls);
    const rows = await readBooks(rig.dataDir, calls.length);
    const asked = rig.asked.at(-1);
    const { inputTokens = 0, cacheReadTokens = 0 } = asked ? usageOf(asked, {}) : {};
    // Until its last chunk the provider tells the prompt as a whole.
    expect(rows.filter(({ status }) => status === 'truncated')).toMatchObject([
      { provenance: 'partial', inputTokens: inputTokens + cacheReadTokens },
    ]);
    expect(bookedCalls(rows.filter(({ status }) => status !== 'truncated'))).toEqual(servedCalls(calls));
  });

  it('goes on in the same terminal after the meter was killed and restarted', async () => {
    const rig = await start({ answer: (_call, index) => ({ text: index === 0 ? 'Before.' : 'After.' }) });
    const env = await rig.connect();
    expect((await rig.run(prompt, env)).stdout).toBe('Before.\n');
    await readBooks(rig.dataDir, 2);
    await rig.crashAndRestartMeter();
    expect((await rig.run(prompt, env)).stdout).toBe('After.\n');
    expect(bookedCalls(await readBooks(rig.dataDir, 4))).toEqual(servedCalls(rig.upstream.calls));
  });

  it('runs a tool between two calls', async () => {
    const rig = await start({
      answer: (_call, index) =>
        index === 0 ? { toolCalls: [{ name: 'read_file', arguments: { file_path: note } }] } : { text: 'Read it.' },
    });
    const note = join(rig.user.cwd, 'note.txt');
    await writeFile(note, 'A made-up note.');
    expect((await rig.run(prompt, await rig.connect())).stdout).toBe('Read it.\n');
    const { calls } = rig.upstream;
    expect(JSON.stringify(rig.asked.at(-1)?.json)).toContain('A made-up note.');
    expect(bookedCalls(await readBooks(rig.dataDir, calls.length))).toEqual(servedCalls(calls));
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { agentVersion } from '../support/toolchain.ts';
import { AgentRig, reportVersion } from './support/agentRig.ts';
import { bookedCalls, distinct, readBooks, servedCalls } from './support/books.ts';

const key = { OPENAI_API_KEY: 'made-up-key', OPENAI_MODEL: 'gpt-5' };
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(env: Readonly<Record<string, string>>): Promise<AgentRig> {
  const rig = await AgentRig.start('qwen', { env, answer: () => ({ text: 'The metered answer.' }) });
  stops.push(() => rig.dispose());
  return rig;
}

describe('Qwen Code', () => {
  it('is the pinned version', async () => {
    expect(await reportVersion('qwen')).toBe(agentVersion('qwen'));
  });

  it('gets its answer through the gateway where the user has set the base URL, and every call is in the books', async () => {
    const rig = await start({ ...key, OPENAI_BASE_URL: 'https://api.openai.com/v1' });
    const prompt = ['qwen', '--auth-type', 'openai', '-p', 'say hi'];
    const { stdout } = await rig.run(prompt, await rig.connect());
    expect(stdout).toBe('The metered answer.\n');
    const { calls } = rig.upstream;
    const rows = await readBooks(rig.dataDir, calls.length);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(rows.map(({ agent }) => agent))).toEqual(['qwen-code']);
    expect(rig.internet.asked.filter((address) => /127\.0\.0\.1|openai/.test(address))).toEqual([]);
  });

  it('is left alone without one, because every program of the terminal reads that variable', async () => {
    const rig = await start(key);
    expect(await rig.connect()).toEqual(rig.user.env);
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import { agentVersion } from '../support/toolchain.ts';
import { AgentRig, type RigOptions, reportVersion } from './support/agentRig.ts';
import { bookedCalls, distinct, readBooks, servedCalls } from './support/books.ts';

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(options: Partial<RigOptions>): Promise<AgentRig> {
  const answer = () => ({ text: 'The metered answer.' });
  const rig = await AgentRig.start('opencode', { answer, ...options });
  stops.push(() => rig.dispose());
  return rig;
}

describe('OpenCode', () => {
  it('is the pinned version', async () => {
    expect(await reportVersion('opencode')).toBe(agentVersion('opencode'));
  });

  it.each([
    ['anthropic/claude-sonnet-4-5', 'ANTHROPIC_API_KEY'],
    ['openai/gpt-5', 'OPENAI_API_KEY'],
  ])('gets the answers of %s through the gateway, and every call is in the books', async (model, key) => {
    const rig = await start({ env: { [key]: 'made-up-key' } });
    const { stdout } = await rig.run(['opencode', 'run', '--model', model, 'say hi'], await rig.connect());
    expect(stdout).toContain('The metered answer.');
    const { calls } = rig.upstream;
    const rows = await readBooks(rig.dataDir, calls.length);
    expect(bookedCalls(rows)).toEqual(servedCalls(calls));
    expect(distinct(rows.map(({ agent }) => agent))).toEqual(['opencode']);
    expect(rig.internet.asked.filter((address) => /127\.0\.0\.1|anthropic|openai/.test(address))).toEqual([]);
  });

  it('is not made to offer a provider that the user has no key for', async () => {
    const rig = await start({});
    const env = await rig.connect();
    expect((await rig.run(['opencode', 'models'], env)).stdout).not.toMatch(/^(?:anthropic|openai|google)\//m);
  });
});

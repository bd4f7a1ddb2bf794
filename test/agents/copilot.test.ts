import { afterEach, describe, expect, it } from 'vitest';
import { agentVersion } from '../support/toolchain.ts';
import { AgentRig, reportVersion } from './support/agentRig.ts';
import { bookedCalls, distinct, readBooks, servedCalls } from './support/books.ts';

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(env: Readonly<Record<string, string>>): Promise<AgentRig> {
  const rig = await AgentRig.start('copilot', { env, answer: () => ({ text: 'The metered answer.' }) });
  stops.push(() => rig.dispose());
  return rig;
}

const say = (model: string): readonly string[] => ['copilot', '--model', model, '--allow-all-tools', '-p', 'say hi'];

describe('Copilot CLI', () => {
  it('is the pinned version', async () => {
    expect(await reportVersion('copilot')).toBe(agentVersion('copilot'));
  });

  it.each([
    ['openai', 'https://api.openai.com/v1', 'gpt-5'],
    ['anthropic', 'https://api.anthropic.com', 'claude-sonnet-4-5'],
  ])(
    'gets its answer through the gateway with a provider of type %s, and every call is in the books',
    async (type, url, model) => {
      const provider = {
        COPILOT_PROVIDER_BASE_URL: url,
        COPILOT_PROVIDER_TYPE: type,
        COPILOT_PROVIDER_API_KEY: 'made-up-key',
      };
      const rig = await start(provider);
      const { stdout, stderr } = await rig.run(say(model), await rig.connect());
      expect(stdout, stderr).toContain('The metered answer.');
      const { calls } = rig.upstream;
      const rows = await readBooks(rig.dataDir, calls.length);
      expect(bookedCalls(rows)).toEqual(servedCalls(calls));
      expect(distinct(rows.map(({ agent }) => agent))).toEqual(['copilot']);
      expect(rig.internet.asked.filter((address) => /127\.0\.0\.1|openai|anthropic/.test(address))).toEqual([]);
    },
  );

  it('is left alone without a provider of its own, because our variable would take its calls from GitHub', async () => {
    const rig = await start({});
    expect(await rig.connect()).toEqual(rig.user.env);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connectCline, disconnectCline, previewCline } from '../../src/agentSettings/clineConnection.ts';
import { CLINE_WORKSPACE_ID, clineSettingsPath } from '../../src/agentSettings/clineProviders.ts';
import { callControl } from '../../src/protocol/controlClient.ts';
import { agentVersion } from '../support/toolchain.ts';
import { AgentRig, reportVersion } from './support/agentRig.ts';
import { bookedCalls, distinct, readBooks, servedCalls } from './support/books.ts';

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A user who has set Cline CLI up by its own command. */
async function start(provider: string, model: string): Promise<{ rig: AgentRig; read(): string }> {
  const rig = await AgentRig.start('cline', {
    env: { NO_PROXY: '127.0.0.1' },
    answer: () => ({ text: 'The metered answer.' }),
  });
  stops.push(() => rig.dispose());
  const setUp = await rig.run(['cline', 'auth', '-p', provider, '-k', 'made-up-key', '-m', model], rig.user.env);
  expect(setUp.stdout).toContain('Provider configured');
  return {
    rig,
    read: () =>
      readFileSync(
        clineSettingsPath(rig.user.home, () => null),
        'utf8',
      ),
  };
}

/** Cline notes when it last used a provider. */
const withoutTimes = (text: string): string => text.replaceAll(/"updatedAt": "[^"]*"/g, '');

/** What the command "Connect Cline CLI" does, made of the product's own parts. */
async function connect(rig: AgentRig): Promise<void> {
  const files = { path: clineSettingsPath(rig.user.home, () => null), dataDir: rig.dataDir };
  const preview = await previewCline(files, {});
  if (preview.kind === 'problem') throw new Error(preview.text);
  const { upstreams } = preview.plan;
  const workspace = { workspaceId: CLINE_WORKSPACE_ID, title: 'Cline CLI', upstreams };
  const { baseUrls } = await callControl(await rig.meter.lock(), 'connectWorkspace', workspace);
  expect(await connectCline(files, preview.plan, baseUrls)).toMatchObject({ kind: 'done' });
}

describe('Cline CLI', () => {
  it('is the pinned version', async () => {
    expect(await reportVersion('cline')).toBe(agentVersion('cline'));
  });

  it.each([
    ['anthropic', 'claude-sonnet-4-5'],
    ['openai-native', 'gpt-5'],
    ['gemini', 'gemini-2.5-pro'],
  ])(
    'gets the answers of %s through the gateway once it is connected, and every call is in the books',
    async (provider, model) => {
      const { rig, read } = await start(provider, model);
      const before = read();
      await connect(rig);
      const { stdout } = await rig.run(['cline', '--json', 'say hi'], rig.user.env);
      expect(stdout).toContain('The metered answer.');
      const { calls } = rig.upstream;
      const rows = await readBooks(rig.dataDir, calls.length);
      expect(bookedCalls(rows)).toEqual(servedCalls(calls));
      expect(distinct(rows.map(({ agent }) => agent))).toEqual(['cline']);
      expect(rig.internet.asked.filter((address) => /anthropic|openai\.com|generativelanguage/.test(address))).toEqual(
        [],
      );
      expect(await disconnectCline(rig.dataDir)).toEqual({ kind: 'done', providers: [provider] });
      expect(withoutTimes(read())).toBe(withoutTimes(before));
    },
  );

  it('has its own settings back when the meter ends in good order', async () => {
    const { rig, read } = await start('anthropic', 'claude-sonnet-4-5');
    const before = read();
    await connect(rig);
    expect(read()).not.toBe(before);
    await rig.meter.stop();
    expect(read()).toBe(before);
    expect(() => readFileSync(join(rig.dataDir, 'agent-settings.json'))).toThrow();
  });
});

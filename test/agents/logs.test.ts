import { afterEach, describe, expect, it } from 'vitest';
import { connectCline, previewCline } from '../../src/agentSettings/clineConnection.ts';
import { CLINE_WORKSPACE_ID, clineSettingsPath } from '../../src/agentSettings/clineProviders.ts';
import { callControl } from '../../src/protocol/controlClient.ts';
import type { Observation } from '../../src/readers/contract.ts';
import { readers } from '../../src/readers/registry.ts';
import type { AnsweredCall } from '../support/scriptedUpstream.ts';
import { merged } from '../unit/readers/mergedCalls.ts';
import { readHome } from '../unit/readers/readHome.ts';
import { AgentRig, type RigOptions } from './support/agentRig.ts';

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(agent: AgentRig['agent'], options: Partial<RigOptions>): Promise<AgentRig> {
  const answer = () => ({ text: 'The metered answer.', thinking: 'Well, now.' });
  const rig = await AgentRig.start(agent, { answer, ...options });
  stops.push(() => rig.dispose());
  return rig;
}

/** What the agent's own log tells of its calls, without opening a file for writing. */
function told(rig: AgentRig, agent: string): readonly Observation[] {
  const reader = readers.find((candidate) => candidate.agent === agent);
  if (reader === undefined) throw new Error(`no reader of ${agent}`);
  const { observations, problems } = readHome(reader, { homeDir: rig.user.home });
  expect(problems).toEqual([]);
  return merged(observations);
}

function countsOf({ model, usage }: Observation): readonly unknown[] {
  const written = usage.cacheWrite5mTokens + usage.cacheWrite1hTokens;
  return [model, usage.inputTokens, usage.cacheReadTokens, written, usage.outputTokens];
}

function answeredCounts({ model, usage }: AnsweredCall): readonly unknown[] {
  const written = (usage?.cacheWrite5mTokens ?? 0) + (usage?.cacheWrite1hTokens ?? 0);
  return [model, usage?.inputTokens, usage?.cacheReadTokens, written, usage?.outputTokens];
}

describe('the log that a real agent wrote', () => {
  it.each([
    ['anthropic/claude-sonnet-4-5', 'ANTHROPIC_API_KEY'],
    ['openai/gpt-5', 'OPENAI_API_KEY'],
  ])('OpenCode with %s: tells of every call but the one that makes a title', async (model, key) => {
    const rig = await start('opencode', { env: { [key]: 'made-up-key' } });
    await rig.run(['opencode', 'run', '--model', model, 'say hi'], await rig.connect());
    const asked = rig.upstream.calls.filter((call) => model.endsWith(`/${call.model}`));
    expect(asked.length).toBeGreaterThan(0);
    const calls = told(rig, 'opencode');
    expect(calls.map(countsOf)).toEqual(asked.map(answeredCounts));
    expect(calls.map(({ usage }) => usage.thinkingTokens)).toEqual(asked.map(({ usage }) => usage?.thinkingTokens));
    expect(calls.map(({ folder }) => folder)).toEqual(asked.map(() => rig.user.cwd));
  });

  it('Gemini CLI: tells of every call but the one that chooses the model', async () => {
    const settings = JSON.stringify({ security: { auth: { selectedType: 'gemini-api-key' } } });
    const env = { GEMINI_API_KEY: 'made-up-gemini-key' };
    const rig = await start('gemini', { env, files: { '.gemini/settings.json': settings } });
    await rig.run(['gemini', '--skip-trust', '-p', 'say hi'], await rig.connect());
    const asked = rig.upstream.calls.filter((_call, index) => index > 0);
    expect(asked.length).toBeGreaterThan(0);
    const calls = told(rig, 'gemini-cli');
    expect(calls.map(countsOf)).toEqual(asked.map(answeredCounts));
    expect(calls.map(({ usage }) => usage.thinkingTokens)).toEqual(asked.map(({ usage }) => usage?.thinkingTokens));
    expect(calls.map(({ folder }) => folder)).toEqual(asked.map(() => rig.user.cwd));
  });

  it('Qwen Code: tells of every call by the provider’s id', async () => {
    const env = { OPENAI_API_KEY: 'made-up-key', OPENAI_MODEL: 'gpt-5', OPENAI_BASE_URL: 'https://api.openai.com/v1' };
    const rig = await start('qwen', { env });
    await rig.run(['qwen', '--auth-type', 'openai', '-p', 'say hi'], await rig.connect());
    const { calls: asked } = rig.upstream;
    expect(asked.length).toBeGreaterThan(0);
    const calls = told(rig, 'qwen-code');
    expect(calls.map(countsOf)).toEqual(asked.map(answeredCounts));
    expect(calls.map(({ keys }) => keys.responseId)).toEqual(asked.map(({ responseId }) => responseId));
    expect(calls.map(({ usage }) => usage.thinkingTokens)).toEqual(asked.map(({ usage }) => usage?.thinkingTokens));
  });

  it.each([
    ['anthropic', 'claude-sonnet-4-5'],
    ['openai-native', 'gpt-5'],
    ['gemini', 'gemini-2.5-pro'],
  ])('Cline CLI with %s: tells of every call', async (provider, model) => {
    const rig = await start('cline', { env: { NO_PROXY: '127.0.0.1' } });
    await rig.run(['cline', 'auth', '-p', provider, '-k', 'made-up-key', '-m', model], rig.user.env);
    const files = { path: clineSettingsPath(rig.user.home, () => null), dataDir: rig.dataDir };
    const preview = await previewCline(files, {});
    if (preview.kind === 'problem') throw new Error(preview.text);
    const workspace = { workspaceId: CLINE_WORKSPACE_ID, title: 'Cline CLI', upstreams: preview.plan.upstreams };
    const { baseUrls } = await callControl(await rig.meter.lock(), 'connectWorkspace', workspace);
    await connectCline(files, preview.plan, baseUrls);
    await rig.run(['cline', '--json', 'say hi'], rig.user.env);
    const { calls: asked } = rig.upstream;
    expect(asked.length).toBeGreaterThan(0);
    const calls = told(rig, 'cline');
    expect(calls.map(countsOf)).toEqual(asked.map(answeredCounts));
    expect(calls.map(({ folder }) => folder)).toEqual(asked.map(() => rig.user.cwd));
  });
});

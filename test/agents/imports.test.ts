import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runCli } from '../support/meterProcess.ts';
import { AgentRig, type RigOptions } from './support/agentRig.ts';
import { bookedCalls, readBooks } from './support/books.ts';

const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(agent: 'claude' | 'codex', options: Pick<RigOptions, 'env'>): Promise<AgentRig> {
  const answer: RigOptions['answer'] = (_request, index) => ({ text: `Answer ${index}.`, thinking: 'Well, now.' });
  const rig = await AgentRig.start(agent, { ...options, answer });
  stops.push(() => rig.dispose());
  return rig;
}

async function importInto(dataDir: string, rig: AgentRig) {
  const { code, stdout, stderr } = await runCli([
    'import',
    '--home',
    rig.user.env['HOME'] ?? '',
    '--data-dir',
    dataDir,
    '--json',
  ]);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** What the logs alone come to, in books of their own, and what they add to those of the gateway. */
async function compare(rig: AgentRig, carried: number): Promise<void> {
  const wire = await readBooks(rig.dataDir, carried);
  const dataDir = mkdtempSync(join(tmpdir(), 'outlay-logs-'));
  stops.push(() => rmSync(dataDir, { recursive: true, force: true }));
  expect(await importInto(dataDir, rig)).toMatchObject({ new: carried, problemCount: 0 });
  const logs = await readBooks(dataDir, 0);
  expect(bookedCalls(logs)).toEqual(bookedCalls(wire));
  expect(logs.map(({ costUsd }) => costUsd).toSorted()).toEqual(wire.map(({ costUsd }) => costUsd).toSorted());
  expect(new Set(logs.map(({ session }) => session))).toEqual(new Set(wire.map(({ session }) => session)));
  expect(await importInto(rig.dataDir, rig)).toMatchObject({ new: 0, calls: carried });
  expect(await readBooks(rig.dataDir, carried)).toEqual(wire);
}

describe('the logs that real agents write', () => {
  it('of Claude Code, resumed and forked, are equal to the gateway’s books and add nothing to them', async () => {
    const rig = await start('claude', { env: { ANTHROPIC_API_KEY: 'sk-ant-api03-made-up' } });
    const env = await rig.connect();
    const first = await rig.run(['claude', '-p', 'say hi', '--output-format', 'json'], env);
    const { session_id: session } = JSON.parse(first.stdout);
    await rig.run(['claude', '-p', 'again', '--resume', session], env);
    await rig.run(['claude', '-p', 'forked', '--resume', session, '--fork-session'], env);
    await compare(rig, 3);
  });

  it('of Codex, resumed and forked, are equal to the gateway’s books and add nothing to them', async () => {
    const rig = await start('codex', { env: { CODEX_API_KEY: 'sk-made-up' } });
    const env = await rig.connect();
    const exec = ['codex', 'exec', '--skip-git-repo-check'];
    const first = await rig.run([...exec, 'say hi'], env);
    const session = /session id: (\S+)/.exec(first.stderr)?.[1] ?? '';
    await rig.run([...exec, 'resume', session, 'again'], env);
    await rig.run([...exec, 'fork', session, 'forked'], env);
    await compare(rig, 3);
  });
});

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { askMeter } from '../../src/cli/meterClient.ts';
import type { TrialRecord, TrialRun } from '../../src/protocol/trials.ts';
import { eventually } from '../support/meterProcess.ts';
import type { Script } from '../support/scriptedUpstream.ts';
import { fingerprint } from '../unit/trials/repositoryFixture.ts';
import type { AnswerCall } from './support/agentRig.ts';
import {
  accepted,
  hasToolResult,
  processesAtHome,
  startTrialRig,
  type TrialRig,
  type TrialRigOptions,
  toolNames,
} from './support/trialRig.ts';

// A trial with the real agents is cancelled in every phase that it has. What is waited for is a file that a command of the phase makes.

const LONG_MS = 120_000;
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(answer: AnswerCall, options: TrialRigOptions = {}): Promise<TrialRig> {
  const trial = await startTrialRig(answer, options);
  stops.push(() => trial.rig.dispose());
  return trial;
}

interface Running {
  readonly child: ChildProcess;
  readonly before: string;
  /** What it has said so far. */
  said(): string;
  record(): Promise<TrialRecord>;
}

interface Words {
  readonly agents?: string;
  readonly setup?: string;
  readonly check?: string;
}

/** A trial of two runs, started in a process of its own. */
async function run(trial: TrialRig, words: Words): Promise<Running> {
  const { agents = 'claude-code:claude-sonnet-4-5', setup, check = 'sh check.sh' } = words;
  const more = setup === undefined ? {} : { setup };
  const suite = { agents: [agents], runs: 2, budget: 8, prompt: 'Write "done" into result.txt.', check, ...more };
  const path = await trial.suite(JSON.stringify(suite));
  const hash = await accepted(trial, path);
  const before = fingerprint(trial.repository);
  const child = trial.start('run', path, '--repository', trial.repository, '--accept', hash);
  stops.push(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      said += chunk;
    });
  }
  const record = async (): Promise<TrialRecord> => {
    const [first] = await eventually(
      () => trial.store.list(),
      (records) => records.length > 0,
      LONG_MS,
    );
    if (first === undefined) throw new Error(`No trial began: ${said}`);
    return first;
  };
  return { child, before, said: () => said, record };
}

/** As the command line and the editor do it. */
async function cancel(trial: TrialRig, running: Running): Promise<void> {
  const { id } = await running.record();
  const closed = once(running.child, 'close');
  expect((await trial.cli('cancel', id)).code).toBe(0);
  await closed;
}

async function expectCancelled(
  trial: TrialRig,
  running: Running,
  outcomes: readonly string[] = ['cancelled', 'cancelled'],
): Promise<void> {
  const record = await running.record();
  expect(running.child.exitCode, running.said()).toBe(1);
  expect(record).toMatchObject({ state: 'ended', end: 'cancelled', baseWorktrees: [], runner: null });
  expect(record.runs.map(({ outcome }) => outcome)).toEqual(outcomes);
  const { stdout: table } = await trial.cli('show', record.id);
  expect(table.match(/cancelled/g)).toHaveLength(1 + outcomes.filter((outcome) => outcome === 'cancelled').length);
  expect(processesAtHome(trial.rig.user.home)).toEqual([]);
  expect(existsSync(trial.worktrees) ? readdirSync(trial.worktrees) : []).toEqual([]);
  for (const run of record.runs) if (run.taskId !== null) await expectNothingHeld(trial, run);
  expect(fingerprint(trial.repository)).toBe(running.before);
}

/** The task of a run is closed, and nothing of its money is set aside. */
async function expectNothingHeld(trial: TrialRig, { taskId, outcome }: TrialRun): Promise<void> {
  const answer = await askMeter(trial.rig.dataDir, 'showTask', { id: taskId ?? '' });
  if (answer.state !== 'answered') throw new Error(`The meter did not answer: ${answer.state}.`);
  expect(answer.result.account.openHolds).toBe(0);
  expect(answer.result.view.task.state).toBe(outcome === 'passed' ? 'passed' : 'abandoned');
}

const reached = (trial: TrialRig): string => join(trial.rig.user.home, 'reached');

async function untilReached(trial: TrialRig, running: Running): Promise<void> {
  await eventually(
    async () => existsSync(reached(trial)),
    (is) => is,
    LONG_MS,
  ).catch((cause: unknown) => {
    throw new Error(`That phase was never reached: ${running.said()}`, { cause });
  });
}

/** A command that never ends, with a child that leaves its group, in copies of that name only. */
const hangIn = (copies: string): string =>
  `case "$PWD" in */${copies}*) setsid sleep 300 & touch "$HOME/reached"; sleep 300;; esac; sh check.sh`;

const working: AnswerCall = (request) => {
  if (hasToolResult(request)) return { text: 'It is written.' };
  return { toolCalls: [{ name: 'Bash', arguments: { command: 'echo done > result.txt', description: 'Work' } }] };
};

describe('a trial with Claude Code that is cancelled', () => {
  it('before the first run, while the check is seen to fail, starts none and leaves nothing', async () => {
    const trial = await start(working);
    const running = await run(trial, { check: hangIn('before-') });
    await untilReached(trial, running);
    expect((await running.record()).state).toBe('preparing');
    await cancel(trial, running);
    await expectCancelled(trial, running);
    expect(trial.rig.asked).toEqual([]);
  });

  it('in the set-up of a run leaves nothing, and starts no agent', async () => {
    const trial = await start(working);
    const running = await run(trial, { setup: `${hangIn('run-')} || true` });
    await untilReached(trial, running);
    expect((await running.record()).runs[0]?.phase).toBe('setup');
    await cancel(trial, running);
    await expectCancelled(trial, running);
    expect(trial.rig.asked).toEqual([]);
  });

  it('while the agent runs a tool leaves neither the tool nor what the tool started', async () => {
    const command = 'setsid sleep 300 >/dev/null 2>&1 & touch "$HOME/reached"; sleep 300';
    const trial = await start(() => ({ toolCalls: [{ name: 'Bash', arguments: { command, description: 'Work' } }] }));
    const running = await run(trial, {});
    await untilReached(trial, running);
    await cancel(trial, running);
    await expectCancelled(trial, running);
  });

  it('in the check of a run leaves nothing, and calls the run cancelled, not failed', async () => {
    const trial = await start(working);
    const running = await run(trial, { check: hangIn('run-') });
    await untilReached(trial, running);
    expect((await running.record()).runs[0]?.phase).toBe('checking');
    await cancel(trial, running);
    await expectCancelled(trial, running);
  });

  // Each git of the trial waits once there is such a file; the trial itself is asked to end by a signal, since it says that it has heard it.
  const gate = (words: string): string =>
    `case "$*" in *"${words}"*) if [ -e "$HOME/armed" ]; then touch "$HOME/reached"; until [ -e "$HOME/go" ]; do sleep 0.1; done; fi;; esac`;

  it.each([
    ['while it cleans up after a run, before the next', 'worktree prune', ['passed', 'cancelled']],
    ['while the copy of the first run is made', 'worktree add', ['cancelled', 'cancelled']],
  ])('%s keeps what is known and leaves nothing', async (_, words, outcomes) => {
    const isCleaning = words === 'worktree prune';
    const arm = (): void => writeFileSync(join(trial.rig.user.home, 'armed'), '');
    const trial = await start(
      (request, index) => {
        if (isCleaning && hasToolResult(request)) arm();
        return working(request, index);
      },
      { gitWrapper: gate(words) },
    );
    // The check before any work is what comes last before the first copy.
    const running = await run(trial, isCleaning ? {} : { check: 'touch "$HOME/armed"; sh check.sh' });
    await untilReached(trial, running);
    const closed = once(running.child, 'close');
    running.child.kill('SIGTERM');
    await eventually(
      async () => running.said(),
      (said) => said.includes('Ending the runs'),
      LONG_MS,
    );
    writeFileSync(join(trial.rig.user.home, 'go'), '');
    await closed;
    await expectCancelled(trial, running, outcomes);
  });
});

/** Takes minutes, and never says the same twice: Gemini CLI ends an answer by itself that goes round in circles. */
const longAnswer = Array.from({ length: 40_000 }, (_, index) => `Step ${index * 7919}.`).join(' ');

describe.each([
  'claude-code:claude-sonnet-4-5',
  'codex:gpt-5',
  'gemini-cli:gemini-2.5-pro',
  'opencode:anthropic/claude-sonnet-4-5',
  'copilot-cli:gpt-5',
])('a trial with %s that is cancelled while the answer streams', (agents) => {
  it('leaves nothing, and books what came', async () => {
    const trial = await start(
      ({ json }): Script =>
        toolNames(json).length === 0 ? { text: 'A title' } : { text: longAnswer, chunkChars: 200, pauseMs: 100 },
    );
    const running = await run(trial, { agents });
    await eventually(
      () => askMeter(trial.rig.dataDir, 'snapshot', {}),
      (answer) => answer.state === 'answered' && answer.result.live.some(({ phase }) => phase === 'answering'),
      LONG_MS,
    );
    await cancel(trial, running);
    await expectCancelled(trial, running);
    const [first] = (await running.record()).runs;
    expect(first?.figures?.costNanoUsd).toBeGreaterThan(0);
    expect(trial.rig.upstream.calls.map(({ end }) => end)).toContain('client-gone');
  });
});

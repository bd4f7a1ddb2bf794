import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { markedProcesses } from '../../src/trials/processes/endProcesses.ts';
import type { ResultRow } from '../../src/trials/resultRows.ts';
import { eventually } from '../support/meterProcess.ts';
import type { SeenRequest } from '../support/scriptedUpstream.ts';
import { fingerprint } from '../unit/trials/repositoryFixture.ts';
import type { AnswerCall } from './support/agentRig.ts';
import { bookedCalls, readBooks, servedCalls } from './support/books.ts';
import {
  accepted,
  hasToolResult,
  modelOf,
  processesAtHome,
  startTrialRig,
  type TrialRig,
  toolNames,
  worktreeOf,
  writing,
} from './support/trialRig.ts';

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function start(answer: AnswerCall): Promise<TrialRig> {
  const trial = await startTrialRig(answer);
  stops.push(() => trial.rig.dispose());
  return trial;
}

const suite = `
agents: [claude-code:claude-sonnet-4-5, codex:gpt-5, gemini-cli:gemini-2.5-pro]
runs: 3
budget: { run: 1.60, total: 20 }
prompt: Write "done" into result.txt.
check: sh check.sh
`;

describe('a trial with the real agents', () => {
  it('has one that passes, one that fails and one that is over its budget, and books that equal the upstream', async () => {
    const trial = await start((request) => {
      if (hasToolResult(request)) return { text: 'It is written.' };
      const path = join(worktreeOf(request, trial.worktrees), 'result.txt');
      if (request.api === 'anthropic-messages') return writing(request, path, 'done');
      if (request.api === 'openai-responses') return writing(request, path, 'not yet');
      // Gemini thinks, and goes on until its budget ends it.
      return { thinking: 'Hmm. '.repeat(120_000), text: 'Still at it.', chunkChars: 2000, pauseMs: 20 };
    });
    const before = fingerprint(trial.repository);
    const path = await trial.suite(suite);
    const hash = await accepted(trial, path);
    const run = await trial.cli('run', path, '--repository', trial.repository, '--accept', hash, '--json');
    const told = JSON.parse(run.stdout);
    console.info(
      run.stderr,
      JSON.stringify(
        told.runs.map((each: object) => ({ ...each, checks: 0 })),
        null,
        1,
      ),
      told.verdict,
    );
    expect(run.code, run.stderr).toBe(0);
    const results: readonly ResultRow[] = told.results;
    expect(results).toHaveLength(9);
    const rows = await readBooks(trial.rig.dataDir, trial.rig.upstream.calls.length);
    expect(bookedCalls(rows.filter(({ provenance }) => provenance === 'reported'))).toEqual(
      servedCalls(trial.rig.upstream.calls),
    );
    expect(
      told.runs
        .map((each: { contender: string; outcome: string }) => `${each.contender.split(',')[0]} ${each.outcome}`)
        .toSorted(),
    ).toEqual([
      ...Array(3).fill('Claude Code passed'),
      ...Array(3).fill('Codex failed'),
      ...Array(3).fill('Gemini CLI over-budget'),
    ]);
    // What the budget stopped is booked as far as it came, and stays near its line.
    expect(rows).toHaveLength(trial.rig.upstream.calls.length);
    const stopped = results.filter((row) => String(row.model).startsWith('gemini'));
    for (const row of stopped) expect(Number(row['cost_usd'])).toBeGreaterThan(1.2);
    for (const row of stopped) expect(Number(row['cost_usd'])).toBeLessThan(1.8);
    const booked = rows.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
    expect(results.reduce((sum, row) => sum + Number(row['cost_usd']), 0)).toBeCloseTo(booked, 6);
    expect(fingerprint(trial.repository)).toBe(before);
    expect(readdirSync(trial.worktrees)).toEqual([]);
    for (const number of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
      expect(await markedProcesses(`${told.id}.${number}`)).toEqual([]);
  }, 400_000);

  it('has OpenCode and Copilot CLI pass, fail and spend more than they may, each as its task wants it', async () => {
    const trial = await start((request) => {
      if (hasToolResult(request) || toolNames(request.json).length === 0) return { text: 'It is written.' };
      const path = join(worktreeOf(request, trial.worktrees), 'result.txt');
      const prompt = JSON.stringify(request.json);
      if (prompt.includes('The task that passes.')) return writing(request, path, 'done');
      if (prompt.includes('The task that fails.')) return writing(request, path, 'not yet');
      return { text: 'Hmm. '.repeat(160_000), chunkChars: 2000, pauseMs: 20 };
    });
    const before = fingerprint(trial.repository);
    const path = await trial.suite(`
agents: [opencode:anthropic/claude-sonnet-4-5, copilot-cli:gpt-5]
budget: { run: 1.60, total: 20 }
check: sh check.sh
tasks:
  - { name: passes, prompt: The task that passes. }
  - { name: fails, prompt: The task that fails. }
  - { name: spends, prompt: The task that spends. }
`);
    const hash = await accepted(trial, path);
    const run = await trial.cli('run', path, '--repository', trial.repository, '--accept', hash, '--json');
    expect(run.code, run.stderr).toBe(0);
    const told = JSON.parse(run.stdout);
    const outcomes: readonly string[] = told.runs.map(
      (each: { contender: string; task: string; outcome: string }) =>
        `${each.contender.split(',')[0]} ${each.task}: ${each.outcome}`,
    );
    expect(outcomes.toSorted()).toEqual([
      'Copilot CLI fails: failed',
      'Copilot CLI passes: passed',
      'Copilot CLI spends: over-budget',
      'OpenCode fails: failed',
      'OpenCode passes: passed',
      'OpenCode spends: over-budget',
    ]);
    const rows = await readBooks(trial.rig.dataDir, trial.rig.upstream.calls.length);
    expect(rows).toHaveLength(trial.rig.upstream.calls.length);
    expect(bookedCalls(rows.filter(({ provenance }) => provenance === 'reported'))).toEqual(
      servedCalls(trial.rig.upstream.calls),
    );
    const results: readonly ResultRow[] = told.results;
    const booked = rows.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0);
    expect(results.reduce((sum, row) => sum + Number(row['cost_usd']), 0)).toBeCloseTo(booked, 6);
    for (const row of results.filter(({ task }) => task === 'spends')) {
      expect(Number(row['cost_usd'])).toBeGreaterThan(1.2);
      expect(Number(row['cost_usd'])).toBeLessThan(1.8);
    }
    expect(fingerprint(trial.repository)).toBe(before);
    expect(readdirSync(trial.worktrees)).toEqual([]);
    expect(processesAtHome(trial.rig.user.home)).toEqual([]);
  }, 400_000);

  it('goes on when the meter is killed under it, and ends without a trace when it is killed itself', async () => {
    let isKilled = false;
    const trial = await start(async_(() => ({ text: 'x' })));
    function async_(answer: AnswerCall): AnswerCall {
      return (request, index) => {
        if (request.api !== 'anthropic-messages') return answer(request, index);
        if (hasToolResult(request)) {
          if (isKilled) return { text: 'Forever. '.repeat(2000), chunkChars: 10, pauseMs: 200 };
          return { text: 'It is written.' };
        }
        return {
          ...writing(request, join(worktreeOf(request, trial.worktrees), 'result.txt'), 'done'),
          firstPauseMs: 1500,
        };
      };
    }
    const before = fingerprint(trial.repository);
    const path = await trial.suite(suite);
    const hash = await accepted(trial, path);
    const child = trial.start(
      'run',
      path,
      '--repository',
      trial.repository,
      '--accept',
      hash,
      '--models',
      'claude-code:claude-sonnet-4-5',
      '--runs',
      '2',
    );
    const working = (number: number) => () =>
      trial.store
        .list()
        .then(([record]) => record?.runs.find((run) => run.number === number && run.phase === 'working') !== undefined);
    await eventually(working(1), (is) => is, 60_000);
    await trial.rig.crashAndRestartMeter();
    const isPassed = async () => (await trial.store.list())[0]?.runs[0]?.outcome ?? null;
    expect(await eventually(isPassed, (outcome) => outcome !== null, 120_000)).toBe('passed');
    isKilled = true;
    await eventually(working(2), (is) => is, 60_000);
    const [record] = await trial.store.list();
    await eventually(
      () => markedProcesses(`${record?.id}.2`),
      (pids) => pids.length > 0,
      30_000,
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
    await eventually(
      () => markedProcesses(`${record?.id}.2`),
      (pids) => pids.length === 0,
      10_000,
    );
    const list = await trial.cli('list', '--json');
    expect(JSON.parse(list.stdout)[0]).toMatchObject({ end: 'interrupted' });
    expect(readdirSync(trial.worktrees)).toEqual([]);
    expect(fingerprint(trial.repository)).toBe(before);
  }, 400_000);
});

describe.each([
  [
    'claude-code:claude-sonnet-4-5',
    { status: 403, type: 'permission_error', message: 'This key may not be used.' },
    'not-logged-in',
  ],
  [
    'claude-code:claude-opus-4-1',
    { status: 404, type: 'not_found_error', message: 'model: claude-opus-4-1' },
    'model-refused',
  ],
  ['codex:gpt-5', { status: 401, type: 'invalid_api_key', message: 'Incorrect API key provided' }, 'not-logged-in'],
  [
    'codex:gpt-5-mini',
    { status: 404, type: 'model_not_found', message: 'The model does not exist or you do not have access to it.' },
    'model-refused',
  ],
  [
    'gemini-cli:gemini-2.5-pro',
    { status: 400, type: 'INVALID_ARGUMENT', message: 'API key not valid. Please pass a valid API key.' },
    'not-logged-in',
  ],
  [
    'gemini-cli:gemini-2.5-flash',
    { status: 404, type: 'NOT_FOUND', message: 'models/gemini-2.5-flash is not found for API version v1beta' },
    'model-refused',
  ],
])('%s, answered with %o', (model, error, outcome) => {
  it('is told from other failures, and not tried again', async () => {
    const trial = await start(() => ({ error }));
    const path = await trial.suite(suite);
    const hash = await accepted(trial, path);
    const run = await trial.cli(
      'run',
      path,
      '--repository',
      trial.repository,
      '--accept',
      hash,
      '--models',
      model,
      '--runs',
      '2',
      '--json',
    );
    const { runs } = JSON.parse(run.stdout);
    console.info(
      model,
      modelOf(trial.rig.asked[0] ?? ({ path: '' } as SeenRequest)),
      JSON.stringify(
        runs.map((each: { outcome: string; because: string; seconds: number }) => [
          each.outcome,
          each.because,
          each.seconds,
        ]),
      ),
    );
    expect(runs.map((each: { outcome: string }) => each.outcome)).toEqual([outcome, 'not-started']);
  });
});

import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { acquireOwnerLock } from '../../../src/ledger/ownerLock.ts';
import { call, callId, priced } from '../ledger/callFixtures.ts';
import { tempDir } from '../ledger/tempDir.ts';
import { run } from './cliFixture.ts';

/** Runs `outlay task` on a folder of its own, without a meter. */
function tasks() {
  const dataDir = tempDir();
  const task = (...args: readonly string[]) => run(['task', ...args, '--data-dir', dataDir]);
  const json = async (...args: readonly string[]) => JSON.parse((await task(...args, '--json')).stdout);
  return { dataDir, task, json };
}

const none = { usd: 0, thinkingTokens: 0, outputTokens: 0, toolCalls: 0, calls: 0 };

describe('outlay task', () => {
  it('refuses a title of ten thousand characters, also without a meter', async () => {
    const { task } = tasks();
    expect(await task('new', 'x'.repeat(10_000))).toMatchObject({
      ...{ code: 1, stderr: 'A title has at most 200 characters; this one has 10000.\n' },
    });
  });

  it('says of books that were damaged that they were set aside', async () => {
    const { dataDir, task } = tasks();
    writeFileSync(ledgerPathOf(dataDir), Buffer.alloc(9000, 0x41));
    const { code, stdout, stderr } = await task('list');
    expect([code, stdout]).toEqual([0, 'No tasks yet; "outlay task new" makes one.\n']);
    expect(stderr).toMatch(
      /^The ledger was damaged\. It was set aside as .*ledger\.damaged-.*, and a new one was begun\.\n$/,
    );
  });

  it('makes a task without a meter, says how to start one, and prints no addresses', async () => {
    const { dataDir, task } = tasks();
    const { code, stdout, stderr } = await task('new', 'Fix login', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ id: expect.stringMatching(/^task-[a-z0-9]{16}$/), baseUrls: null });
    expect(stderr).toContain(`Start the meter on ${dataDir}.`);
  });

  it('knows its folder by the whole path, since what it starts may stand elsewhere', async () => {
    const { dataDir } = tasks();
    const { stderr } = await run(['task', 'new', 'a', '--data-dir', relative(process.cwd(), dataDir)]);
    expect(stderr).toContain(`Start the meter on ${dataDir}.`);
  });

  it('prints exactly the promised keys', async () => {
    const { json } = tasks();
    const limits = ['--usd', '5', '--thinking', '200k', '--output', '100000', '--tool-calls', '50', '--calls', '7'];
    const { id } = await json('new', 'Fix login', ...limits);
    expect(await json('show', id)).toEqual({
      ...{ id, title: 'Fix login', state: 'open', spentUsd: 0, heldUsd: 0 },
      limits: { usd: 5, thinkingTokens: 200_000, outputTokens: 100_000, toolCalls: 50, calls: 7 },
      ...{ spent: none, held: none, sessions: [], outcome: null },
    });
  });

  it('keeps no limit, a limit of 0 and a reached one apart', async () => {
    const { json } = tasks();
    const { id } = await json('new', 'a', '--usd', '0');
    const { limits } = await json('show', id);
    expect([limits.usd, limits.calls]).toEqual([0, null]);
  });

  it('extends by what is added, in the dimensions that have a limit', async () => {
    const { json, task } = tasks();
    const { id } = await json('new', 'a', '--usd', '5');
    expect((await json('extend', id, '--usd', '1.25')).limits.usd).toBe(6.25);
    expect(await task('extend', id, '--thinking', '5')).toMatchObject({
      ...{ code: 1, stderr: 'This task has no limit of thinking tokens that could be extended.\n' },
    });
  });

  it('lets commands without a meter take turns', async () => {
    const { dataDir, json, task } = tasks();
    const { id } = await json('new', 'a', '--usd', '5');
    const lock = acquireOwnerLock(dataDir);
    const waiting = task('extend', id, '--usd', '1');
    // Long enough for one that does not wait to give up.
    await Promise.race([waiting, delay(200)]);
    if (lock.state === 'held') lock.release();
    expect(await waiting).toMatchObject({ code: 0, stderr: '' });
    expect((await json('show', id)).limits.usd).toBe(6);
  });

  it('extends nothing where one of several dimensions cannot be extended', async () => {
    const { json, task } = tasks();
    const { id } = await json('new', 'a', '--usd', '5', '--output', '100');
    expect(await task('extend', id, '--usd', '1', '--thinking', '5')).toMatchObject({
      ...{ code: 1, stderr: 'This task has no limit of thinking tokens that could be extended.\n' },
    });
    expect(await task('extend', id, '--usd', '1', '--output', '0')).toMatchObject({ code: 2 });
    expect((await json('show', id)).limits).toMatchObject({ usd: 5, outputTokens: 100 });
    expect((await json('extend', id, '--usd', '1', '--output', '10')).limits).toMatchObject({
      ...{ usd: 6, outputTokens: 110 },
    });
  });

  it('closes, lists and shows tasks in words', async () => {
    const { json, task } = tasks();
    const { id } = await json('new', 'Fix login', '--usd', '5');
    expect(await json('close', id, '--outcome', 'passed')).toMatchObject({ state: 'passed', outcome: 'passed' });
    expect((await task('list')).stdout).toMatch(/Fix login +passed +0 +0 +\$0\.00 +0% of \$5\.00 +task-/);
    expect((await task('show', id)).stdout).toContain('  passed (outlay command), 0 calls, $0.00 spent');
    expect((await json('list')).map((found: { id: string }) => found.id)).toEqual([id]);
  });

  it('moves a session with its spend, and out of every task again', async () => {
    const { dataDir, json } = tasks();
    const ledger = openLedger({ path: ledgerPathOf(dataDir), clock: systemClock, log: () => undefined });
    ledger.writer.finish(call({ id: callId(1), session: 's', cost: priced(1_000_000_000, 0) }));
    ledger.close();
    const { id } = await json('new', 'a');
    expect(await json('assign', id, '--session', 's')).toEqual({ moved: 1 });
    expect(await json('show', id)).toMatchObject({ spentUsd: 1, sessions: ['s'] });
    expect(await json('assign', 'none', '--session', 's')).toEqual({ moved: 1 });
    expect(await json('show', id)).toMatchObject({ spentUsd: 0, sessions: [] });
  });

  it.each([
    [['new'], 'A task needs a title'],
    [['new', ' '], 'A task needs a title'],
    [['new', 'a', 'b'], 'put the title in quotes'],
    [['new', 'a', '--usd=-5'], '--usd: -5 is below zero'],
    [['new', 'a', '--usd', '-5'], '--usd: -5 is below zero'],
    [['new', 'a', '--usd', 'NaN'], '--usd: "NaN" is no amount'],
    [['new', 'a', '--usd', '5 dollars'], '--usd: "5 dollars" is no amount'],
    [['new', 'a', '--usd', '1e99'], '--usd: "1e99" is no amount'],
    [['new', 'a', '--strict', '--warn-only'], 'Say one of'],
    [['new', 'a', '--session', 's'], 'task new has no option --session'],
    [['show'], 'show needs the id of one task'],
    [['show', 'Fix login'], 'is no id of a task'],
    [['show', 'task-aaaaaaaaaaaaaaaa'], 'There is no task task-aaaaaaaaaaaaaaaa.'],
    [['close', 'task-aaaaaaaaaaaaaaaa'], 'close needs --outcome passed|failed|abandoned'],
    [['extend', 'task-aaaaaaaaaaaaaaaa'], 'extend needs what to add'],
    [['extend', 'task-aaaaaaaaaaaaaaaa', '--usd', '0'], '--usd must be above 0'],
    [['assign', 'none'], 'assign needs --session'],
    [['dance'], 'Say what to do with tasks'],
    [[], 'Say what to do with tasks'],
  ])('refuses %j in a sentence', async (args, sentence) => {
    const { task } = tasks();
    const { code, stdout, stderr } = await task(...args);
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr).toContain(sentence);
  });
});

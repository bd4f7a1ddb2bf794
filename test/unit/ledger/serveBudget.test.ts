import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CallBooks } from '../../../src/ledger/callBooks.ts';
import type { BudgetBooks } from '../../../src/ledger/contract.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { admission, amounts, dime, limits, spent, task, taskId, taskKey } from './budgetFixtures.ts';
import { BudgetServer } from './budgetServer.ts';
import { callId } from './callFixtures.ts';
import { failAfter } from './statementFaults.ts';
import { tempDir } from './tempDir.ts';

const five = 50 * dime;

async function serve(limit = five): Promise<BudgetServer> {
  const server = new BudgetServer(':memory:');
  onTestFinished(() => server.close());
  await server.books.saveTask(task({ limits: limits({ costNanoUsd: limit }) }));
  return server;
}

/** A method of the books with what it is given. */
type Step = {
  readonly [Name in keyof BudgetBooks]: readonly [name: Name, ...values: Parameters<BudgetBooks[Name]>];
}[keyof BudgetBooks];

/** Everything that can be asked about tasks and budgets, after a call of the task was booked; what is only written is read later. */
const everyStep: readonly Step[] = [
  ['saveTask', task({ limits: limits({ calls: 5 }) })],
  ['saveTask', task({ id: taskId(2) })],
  ['admit', admission(2)],
  ['admit', admission(3)],
  ['admit', admission(4)],
  ['topUp', callId(2), amounts({ outputTokens: 500 }), []],
  ['topUp', callId(9), amounts({}), []],
  ['release', callId(3)],
  ['chargeWhole', callId(4)],
  ['accounts', [taskKey, 'task none']],
  ['extendTask', taskId(1), 'calls', 2],
  ['extendTask', taskId(3), 'calls', 2],
  ['task', taskId(1)],
  ['setActive', 'w1', taskId(2)],
  ['addEvent', { taskId: taskId(1), atMs: 1, kind: 'created', text: 'Created.', by: 'you' }],
  ['addEvent', { taskId: taskId(2), atMs: 2, kind: 'created', text: 'Created.', by: 'rule' }],
  ['events', null, 5],
  ['events', taskId(1), 5],
  ['bindSession', 's1', taskId(2), true],
  ['recentOutputs', 5],
  ['loadPolicy'],
  ['savePolicy', { mode: 'steady' }],
  ['loadPolicy'],
  ['loadTasks'],
  ['deleteTask', taskId(1)],
  ['task', taskId(1)],
  ['loadTasks'],
];

describe('served books', () => {
  it('answer whatever is asked of them about tasks and budgets as the books themselves do', async () => {
    const server = new BudgetServer(ledgerPathOf(tempDir()));
    onTestFinished(() => server.close());
    const clock = { nowMs: () => 0, monotonicMs: () => 0 };
    const core = openLedger({ path: ledgerPathOf(tempDir()), timeZone: 'UTC', clock, log: () => undefined });
    onTestFinished(() => core.close());
    const booked = server.books.finish(spent(1, 7));
    server.turn();
    await booked;
    core.writer.finish(spent(1, 7));
    for (const [name, ...values] of everyStep) {
      const served = (server.books[name] as (...values: unknown[]) => Promise<unknown>)(...values);
      server.turn();
      const expected = (core.budget[name] as (...values: unknown[]) => unknown)(...values);
      expect([name, await served]).toEqual([name, expected]);
    }
  });

  it('decide what was asked before they close, and answer it', async () => {
    const path = ledgerPathOf(tempDir());
    const server = new BudgetServer(path);
    await server.books.saveTask(task({ limits: limits({ costNanoUsd: dime }) }));
    const both = [server.books.admit(admission(1)), server.books.admit(admission(2))];
    await server.close();
    expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(['admitted', 'refused']);
  });
});

/** Counts write transactions until the test ends. */
function countTransactions(): () => number {
  const real = CallBooks.prototype.transaction;
  let count = 0;
  CallBooks.prototype.transaction = function transaction(work) {
    count += 1;
    return real.call(this, work) as never;
  };
  onTestFinished(() => {
    CallBooks.prototype.transaction = real;
  });
  return () => count;
}

describe('admissions that come together', () => {
  it('are decided in one transaction, in the order in which they came', async () => {
    const server = await serve(40 * dime);
    const transactions = countTransactions();
    const answers = Array.from({ length: 64 }, (_, index) => server.books.admit(admission(index)));
    server.turn();
    const kinds = (await Promise.all(answers)).map(({ kind }) => kind);
    expect(kinds).toEqual(Array.from({ length: 64 }, (_, index) => (index < 40 ? 'admitted' : 'refused')));
    expect(transactions()).toBe(1);
  });

  it('see every call that was handed in before them', async () => {
    const server = await serve(dime);
    const booked = server.books.finish(spent(1, dime));
    const answer = server.books.admit(admission(2));
    server.turn();
    expect(await answer).toMatchObject({ refusal: { reason: 'used-up', spent: dime } });
    await booked;
  });

  it('are not held up by one of them that SQLite does not take', async () => {
    const server = await serve();
    const bad = server.books.admit(admission(1, { provider: null as unknown as string }));
    const good = server.books.admit(admission(2));
    server.turn();
    await expect(bad).rejects.toThrow();
    expect(await good).toEqual({ kind: 'admitted' });
    const [account] = await server.books.accounts([taskKey]);
    expect(account?.openHolds).toBe(1);
  });

  it('are decided before a read that comes after them', async () => {
    const server = await serve();
    const answer = server.books.admit(admission(1));
    const [account] = await server.books.accounts([taskKey]);
    expect(account?.openHolds).toBe(1);
    expect(await answer).toEqual({ kind: 'admitted' });
  });

  it('go through as soon as the budget was extended', async () => {
    const server = await serve(dime);
    const both = [server.books.admit(admission(1)), server.books.admit(admission(2))];
    server.turn();
    expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(['admitted', 'refused']);
    await server.books.extendTask(taskId(1), 'costNanoUsd', dime);
    const again = server.books.admit(admission(2));
    server.turn();
    expect(await again).toEqual({ kind: 'admitted' });
  });
});

describe('a disk that refuses', () => {
  it('rejects with a sentence, at whatever statement, and leaves nothing half done', async () => {
    const server = await serve();
    const statements = 60;
    let failures = 0;
    for (let at = 0; at < statements; at += 1) {
      const end = failAfter(at);
      const asked = [
        server.books.admit(admission(100 + at)),
        server.books.topUp(callId(100 + at), amounts({}), []),
        server.books.release(callId(7)),
      ];
      const settled = Promise.allSettled(asked);
      server.turn();
      const results = await settled;
      end();
      const failed = results.filter((result) => result.status === 'rejected');
      const [account] = await server.books.accounts([taskKey]);
      expect([failed.length, account?.openHolds]).toEqual(failed.length === 0 ? [0, 1] : [3, 0]);
      if (failed.length === 0) break;
      failures += 1;
      expect(new Set(failed.map((result) => String(result.reason)))).toEqual(
        new Set(['Error: The disk is full, so nothing about tasks and budgets can be written.']),
      );
    }
    expect(failures).toBeGreaterThan(5);
    expect(failures).toBeLessThan(statements);
  });

  it('refuses admission while calls wait in memory, and counts them as soon as it takes them again', async () => {
    const server = await serve(dime);
    const end = failAfter(0);
    const booked = server.books.finish(spent(1, dime));
    const during = server.books.admit(admission(2));
    server.turn();
    await expect(during).rejects.toThrow('The disk is full');
    await booked;
    end();
    const after = server.books.admit(admission(2));
    server.turn();
    expect(await after).toMatchObject({ refusal: { reason: 'used-up' } });
  });
});

describe('a thousand calls of ten cents under five dollars', () => {
  it('are admitted fifty times in any interleaving, first calls of a task included', { timeout: 120_000 }, async () => {
    const seeds = Number(process.env['OUTLAY_BUDGET_SEEDS'] ?? 200);
    const calls = 1000;
    const run = async (scheduler: fc.Scheduler, burst: readonly number[]) => {
      const server = new BudgetServer(':memory:');
      await server.books.saveTask(task({ limits: limits({ costNanoUsd: five }) }));
      let admitted = 0;
      const one = async (index: number): Promise<void> => {
        const answer = server.books.admit(admission(index));
        if (burst[index % burst.length] === 0) server.turn();
        if ((await answer).kind === 'refused') return;
        admitted += 1;
        if (index % 2 === 0) await server.books.begin(spent(index, 0)).catch(() => undefined);
        await server.books.finish(spent(index, dime));
      };
      const lanes = Array.from({ length: 20 }, (_, lane) =>
        scheduler.schedule(Promise.resolve(lane)).then(async () => {
          const mine = Array.from({ length: calls / 20 }, (_, round) => one(lane + round * 20));
          await Promise.all(mine);
        }),
      );
      const all = Promise.all(lanes);
      let done = false;
      void all.finally(() => {
        done = true;
      });
      await scheduler.waitIdle();
      while (!done) {
        server.turn();
        await new Promise((resolve) => setImmediate(resolve));
      }
      const [account] = await server.books.accounts([taskKey]);
      await server.close();
      expect(admitted).toBe(50);
      expect(account).toMatchObject({
        spent: { costNanoUsd: five, calls: 50 },
        held: { costNanoUsd: 0 },
        openHolds: 0,
      });
    };
    const bursts = fc.array(fc.nat({ max: 20 }), { minLength: 1, maxLength: 30 });
    await fc.assert(fc.asyncProperty(fc.scheduler(), bursts, run), { numRuns: seeds, endOnFailure: true });
  });
});

describe('settling', () => {
  it('comes to the same in any order and however often it is delivered', async () => {
    const deliveries = fc.array(fc.constantFrom('finish', 'release', 'chargeWhole'), { minLength: 1, maxLength: 5 });
    const run = async (all: readonly ('finish' | 'release' | 'chargeWhole')[]) => {
      const server = new BudgetServer(':memory:');
      await server.books.saveTask(task({ limits: limits({ costNanoUsd: five }) }));
      const held = server.books.admit(admission(1));
      server.turn();
      await held;
      for (const kind of all) {
        const settled = kind === 'finish' ? server.books.finish(spent(1, 7)) : server.books[kind](callId(1));
        server.turn();
        await settled;
      }
      const [account] = await server.books.accounts([taskKey]);
      await server.close();
      const cost = all.includes('finish') ? 7 : all[0] === 'release' ? 0 : dime;
      expect(account).toMatchObject({
        spent: { costNanoUsd: cost, calls: cost === 0 ? 0 : 1 },
        held: { costNanoUsd: 0 },
        openHolds: 0,
      });
    };
    await fc.assert(fc.asyncProperty(deliveries, run), { numRuns: 60 });
  });
});

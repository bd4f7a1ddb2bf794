import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Limits, noLimits } from '../../../../src/domain/budget.ts';
import type { CallHead, GateAnswer, GatePass, GateRequest } from '../../../../src/gateway/contract.ts';
import type { AdmitAnswer, BudgetBooks } from '../../../../src/ledger/contract.ts';
import { openLedger } from '../../../../src/ledger/openLedger.ts';
import { promisedBooks } from '../../../../src/ledger/promisedBooks.ts';
import { Budgets } from '../../../../src/meter/budget/budgets.ts';
import type { NewTask, TaskDetails } from '../../../../src/protocol/tasks.ts';
import { call, callId, priced, usage } from '../../ledger/callFixtures.ts';
import { tempDir } from '../../ledger/tempDir.ts';

export const nowMs = Date.UTC(2026, 10, 22, 12);
const clock = { nowMs: () => nowMs, monotonicMs: () => performance.now() };
export const never = new AbortController().signal;

/** $10 per million tokens of output, nothing for input. */
const prices = [
  {
    match: 'made-up',
    ...{ inputUsdPerMtok: 0, cacheReadUsdPerMtok: 0, cacheWrite5mUsdPerMtok: 0, cacheWrite1hUsdPerMtok: 0 },
    outputUsdPerMtok: 10,
  },
];
export const usd = (dollars: number): number => Math.round(dollars * 1e9);

export async function budgetsOn(change: (books: BudgetBooks) => BudgetBooks = (books) => books) {
  const ledger = openLedger({ path: join(tempDir(), 'ledger.sqlite'), clock, timeZone: 'UTC', log: () => undefined });
  const books = change(promisedBooks(ledger.budget));
  const budgets = new Budgets({
    ...{ books, clock, log: () => undefined, onChange: () => undefined },
    isOn: () => true,
    baseUrls: (id) => ({ anthropic: `http://127.0.0.1/token/${id}/anthropic` }),
  });
  budgets.setPriceOverrides(prices);
  onTestFinished(() => {
    budgets.close();
    ledger.close();
  });
  await books.loadTasks().catch(() => undefined);
  const newTask = (limits: Partial<Limits>, fields: Partial<NewTask> = {}): Promise<TaskDetails> =>
    budgets.office.create({
      title: 'Fix login',
      ...{ workspaceId: 'ws-1', folder: null, branch: null, checkCommand: null },
      limits: { ...noLimits, ...limits },
      mode: 'strict',
      countsSubscription: false,
      activate: true,
      by: 'you',
      ...fields,
    });
  /** Books the end of a call that was admitted. */
  const finish = (index: number, taskId: string | null, outputTokens: number): void => {
    const record = call({
      id: callId(index),
      ...{ taskId, session: 's', workspaceId: 'ws-1', startedAtMs: nowMs },
      usage: usage({ outputTokens, thinkingTokens: 0 }),
      cost: priced(0, outputTokens * 10_000),
    });
    ledger.writer.finish(record);
    budgets.booked(record);
  };
  return { budgets, books, ledger, newTask, finish };
}

/** With what the books answered to each question, in their order. */
export async function budgetsWithAnswers() {
  const answers: AdmitAnswer[] = [];
  const made = await budgetsOn((books) => ({
    ...books,
    admit: async (request) => {
      const answer = await books.admit(request);
      answers.push(answer);
      return answer;
    },
  }));
  return { ...made, answers };
}

export const headOf = (index: number, fields: Partial<CallHead> = {}): CallHead => ({
  id: callId(index),
  startedAtMs: nowMs,
  ...{ workspaceId: 'ws-1', taskId: null, isWatched: false, routeId: 'anthropic', provider: 'anthropic' },
  api: 'anthropic-messages',
  ...{ pathModel: null, pathStream: null, auth: 'key', agent: 'claude-code', session: 's', subAgent: null },
  requestEncoding: null,
  ...fields,
});

export const requestOf = (maxOutputTokens: number | null, fields: Partial<GateRequest['facts']> = {}): GateRequest => ({
  facts: {
    model: 'made-up',
    stream: true,
    effort: null,
    maxOutputTokens,
    ...{ serviceTier: null, speed: null, session: null, textBytes: 10, problems: [] },
    ...fields,
  },
  bodyBytes: 100,
});

export function passOf(answer: GateAnswer): GatePass {
  if (answer.kind !== 'admitted') throw new Error(`refused: ${answer.message}`);
  return answer;
}

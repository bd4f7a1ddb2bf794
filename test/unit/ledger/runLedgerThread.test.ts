import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import type { LedgerMessage, LedgerRequest } from '../../../src/ledger/messages.ts';
import { runLedgerThread } from '../../../src/ledger/runLedgerThread.ts';
import { admission, task } from './budgetFixtures.ts';
import { call, callId } from './callFixtures.ts';
import { plainPrice, told } from './importFixtures.ts';
import { tempDir } from './tempDir.ts';

/** A served port, with the lists of messages that came, and the one that is to come. */
function run(prices?: Parameters<typeof runLedgerThread>[2]) {
  const { port1, port2 } = new MessageChannel();
  const lists: (readonly LedgerMessage[])[] = [];
  port1.on('message', (messages: readonly LedgerMessage[]) => lists.push(messages));
  runLedgerThread(port2, { path: ledgerPathOf(tempDir()), timeZone: 'UTC', isSuccessor: false }, prices);
  const ask = (...requests: LedgerRequest[]) => port1.postMessage(requests);
  const answers = async (count: number): Promise<readonly LedgerMessage[]> => {
    const all = () => lists.flat().filter(({ type }) => type === 'answer' || type === 'failure');
    while (all().length < count) await once(port1, 'message');
    return all();
  };
  onTestFinished(() => end(port1, ask));
  return { ask, answers, lists, served: port2 };
}

async function end(port: MessagePort, ask: (request: LedgerRequest) => void): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    port.on('message', (messages: readonly LedgerMessage[]) => {
      if (messages.some((message) => message.type === 'answer' && message.seq === 0)) resolve();
    });
  });
  ask({ seq: 0, name: 'close', params: null });
  await closed;
  port.close();
}

describe('the ledger behind a port', () => {
  it('tells its health, takes requests as lists, and answers those of one commit together', async () => {
    const { ask, answers, lists } = run();
    ask(
      { seq: 1, name: 'finish', params: call({ id: callId(1) }) },
      { seq: 2, name: 'finish', params: call({ id: callId(2) }) },
    );
    expect(await answers(2)).toEqual([
      { type: 'answer', seq: 1, result: null },
      { type: 'answer', seq: 2, result: null },
    ]);
    expect(lists.flat()[0]).toEqual({ type: 'health', health: { state: 'ok' } });
    expect(lists.at(-1)).toHaveLength(2);
    ask({ seq: 3, name: 'report', params: { by: 'day' } });
    expect((await answers(3)).at(-1)).toMatchObject({ seq: 3, result: [{ key: '2026-11-22', calls: 2 }] });
  });

  it('prices what logs tell of by the prices that it is given, as they were set last', async () => {
    const set: unknown[] = [];
    const { ask, answers } = run({ price: plainPrice, set: (overrides) => set.push(overrides) });
    ask(
      { seq: 1, name: 'setPrices', params: [{ model: 'm' }] },
      { seq: 2, name: 'bookImport', params: { calls: [told()], logs: [] } },
      { seq: 3, name: 'report', params: { by: 'model' } },
    );
    expect(await answers(3)).toMatchObject([
      { result: null },
      { result: { added: 1 } },
      { result: [{ costNanoUsd: 500 }] },
    ]);
    expect(set).toEqual([[{ model: 'm' }]]);
  });

  it('decides about a hold without waiting to be asked for more', async () => {
    const { ask, answers } = run();
    ask({ seq: 1, name: 'saveTask', params: [task()] }, { seq: 2, name: 'admit', params: [admission(1)] });
    expect(await answers(2)).toMatchObject([{ seq: 1 }, { seq: 2, result: { kind: 'admitted' } }]);
  });

  it('keeps its thread alive until it is asked to close, and no longer', async () => {
    const { ask, answers, served } = run();
    ask({ seq: 1, name: 'finish', params: call() });
    await answers(1);
    expect(served.hasRef()).toBe(true);
    ask({ seq: 2, name: 'close', params: null });
    expect(await answers(2)).toHaveLength(2);
    expect(served.hasRef()).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import type { CallRecord } from '../../../src/domain/call.ts';
import type { PriceImported } from '../../../src/ledger/importContract.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { applyEvent, callsIn, seenAfter, seenInAllOrders } from './bookedEvents.ts';
import { call, callId, priced, usage } from './callFixtures.ts';
import { atMs, openBooks, plainPrice, told } from './importFixtures.ts';

const gateway = call({ usage: usage({ inputTokens: 100, outputTokens: 310 }), cost: priced(100, 3100) });
const host: CallRecord = {
  ...gateway,
  ...{ id: callId(2), source: 'host', usage: usage({ inputTokens: 100, outputTokens: 300 }), cost: priced(100, 3000) },
};
/** A call whose end the wire did not see. */
const cut: CallRecord = {
  ...gateway,
  ...{ status: 'lost', provenance: 'partial', usage: usage({ inputTokens: 100, outputTokens: 3 }) },
  cost: priced(100, 30),
};

describe('a call that the host saw before the gateway brings it', () => {
  it('is spent once, at what the gateway saw', () => {
    const spent = (ledger: Ledger) => ledger.budget.accounts(['machine day 2026-11-22']);
    const once = [{ spent: { costNanoUsd: 3200, outputTokens: 310, calls: 1 } }];
    for (const accounts of seenInAllOrders([{ finished: host }, { finished: gateway }], spent))
      expect(accounts).toMatchObject(once);
  });

  it('keeps what logs told of it', () => {
    const log = { told: told({ provenance: 'partial', counts: { outputTokens: 7 } }) };
    const views = (ledger: Ledger) =>
      ledger.reader.reconcile('s1').map((each) => [each.wire?.usage.outputTokens, each.told?.usage.outputTokens]);
    for (const seen of seenInAllOrders([{ finished: host }, log, { finished: gateway }], views))
      expect(seen).toEqual([[310, 7]]);
  });

  it('is in no books any more while the gateway’s is, whatever else the host says of it', () => {
    const ledger = openBooks();
    for (const finished of [host, gateway]) applyEvent(ledger, { finished });
    ledger.writer.update(host);
    ledger.writer.begin({ ...host, usage: usage({ outputTokens: 1 }) });
    expect(ledger.reader.calls({}).map(({ source }) => source)).toEqual(['gateway']);
    expect(callsIn(ledger)).toBe(1);
    ledger.close();
  });
});

describe('a call whose end the wire did not see, but a log did', () => {
  const costs = (ledger: Ledger) => ledger.reader.calls({}).map(({ cost }) => cost.costNanoUsd);
  const log = { told: told({ counts: { outputTokens: 310 } }) };

  it('costs what the provider charged for it, where that was told', () => {
    const billed: CallRecord = { ...cut, cost: { ...cut.cost, costNanoUsd: 77, provenance: 'billed' } };
    expect(seenInAllOrders([{ finished: billed }, log], costs)).toEqual([[77], [77]]);
  });

  it('has the price of its own provider, model and time', () => {
    const asked: unknown[] = [];
    const price: PriceImported = (about) => {
      asked.push([about.provider, about.model, about.atMs]);
      return plainPrice(about);
    };
    const ledger = openBooks(':memory:', undefined, price);
    // What the log calls the model is not what the wire saw.
    applyEvent(ledger, {
      told: told({ counts: { outputTokens: 310 }, provider: 'log', model: 'log', atMs: atMs + 9 }),
    });
    asked.splice(0);
    applyEvent(ledger, { finished: cut });
    expect(asked).toEqual([['anthropic', 'claude-opus-4-6', cut.startedAtMs]]);
    expect(costs(ledger)).toEqual([3200]);
    ledger.close();
  });

  it('has the larger of each figure that its logs tell, whichever was read first', () => {
    const byResponse = told({ requestId: null, counts: { inputTokens: 100, outputTokens: 310 } });
    const byRequest = told({ responseId: null, counts: { inputTokens: 140, outputTokens: 200 } });
    const counts = (ledger: Ledger) =>
      ledger.reader.calls({}).map((each) => [each.usage.inputTokens, each.usage.outputTokens]);
    const logs = [{ told: byResponse }, { told: byRequest }];
    for (const order of [logs, logs.toReversed()])
      expect(seenAfter([...order, { finished: cut }], counts)).toEqual([[140, 310]]);
  });
});

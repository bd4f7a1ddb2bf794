import { systemClock } from '../../../src/domain/clock.ts';
import { type Usage, unknownUsage } from '../../../src/domain/usage.ts';
import { identityOf } from '../../../src/ledger/callIdentity.ts';
import type { ImportedCall, PriceImported } from '../../../src/ledger/importContract.ts';
import { type Ledger, openLedger } from '../../../src/ledger/openLedger.ts';

export const atMs = Date.UTC(2026, 10, 22, 12);

/** 1 nano-USD a token of input, 10 of output: enough to see which usage was priced. */
export const plainPrice: PriceImported = ({ usage }) => {
  const inputNanoUsd = usage.inputTokens ?? 0;
  const outputNanoUsd = 10 * (usage.outputTokens ?? 0);
  return {
    costNanoUsd: inputNanoUsd + outputNanoUsd,
    provenance: 'priced',
    split: { inputNanoUsd, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd },
    rates: [],
    priceVersion: 'plain',
  };
};

export function told(change: Partial<ImportedCall> & { readonly counts?: Partial<Usage> } = {}): ImportedCall {
  const { counts, ...rest } = change;
  const responseId = change.responseId === undefined ? 'msg_1' : change.responseId;
  const requestId = change.requestId === undefined ? 'req_1' : change.requestId;
  const id =
    responseId !== null
      ? identityOf('response', responseId)
      : requestId !== null
        ? identityOf('request', requestId)
        : identityOf('own', 'test 1');
  return {
    id,
    agent: 'claude-code',
    session: 's1',
    subAgent: null,
    workspaceId: 'w1',
    provider: 'anthropic',
    api: 'anthropic-messages',
    auth: 'unknown',
    model: 'claude-opus-4-6',
    effort: null,
    atMs,
    durationMs: null,
    usage: { ...unknownUsage, inputTokens: 100, outputTokens: 40, ...counts },
    isSum: false,
    provenance: 'reported',
    billedNanoUsd: null,
    serviceTier: null,
    speed: null,
    inferenceGeo: null,
    ...rest,
    responseId,
    requestId,
  };
}

export function openBooks(path = ':memory:', nowMs?: number, price: PriceImported = plainPrice): Ledger {
  const clock = nowMs === undefined ? systemClock : { ...systemClock, nowMs: () => nowMs };
  return openLedger({ path, clock, log: () => undefined, price, timeZone: 'UTC' });
}

/** All that a report can show, whatever way it is grouped. */
export function sumsOf(ledger: Ledger): unknown {
  return (['model', 'session', 'day', 'agent'] as const).map((by) =>
    ledger.reader
      .report({ by })
      .map((row) => ({ ...row }))
      .toSorted((a, b) => (`${a.key}${a.auth}` < `${b.key}${b.auth}` ? -1 : 1)),
  );
}

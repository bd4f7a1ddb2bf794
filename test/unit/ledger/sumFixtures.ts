import type { CallRecord } from '../../../src/domain/call.ts';
import { type Usage, zeroUsage } from '../../../src/domain/usage.ts';
import { identityOf } from '../../../src/ledger/callIdentity.ts';
import type { ImportedCall } from '../../../src/ledger/importContract.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { call, callId, priced, usage } from './callFixtures.ts';
import { atMs, told } from './importFixtures.ts';

export const minuteMs = 60_000;
export const dayMs = 86_400_000;
export const counts = (inputTokens: number, outputTokens: number): Usage =>
  usage({ ...zeroUsage, inputTokens, outputTokens, thinkingTokens: null });

/** Half an hour of a session, as a log tells it in one sum. */
export function sumOf(session: string, summed: Usage, change: Partial<ImportedCall> = {}): ImportedCall {
  return told({
    ...{ isSum: true, isOfAllModels: true, agent: 'droid', session, usage: summed, durationMs: 30 * minuteMs },
    ...{ responseId: null, requestId: null, id: identityOf('own', `total of ${session} from ${change.atMs}`) },
    ...change,
  });
}

/** A call that the gateway carried, in a session that it made up. */
export function seen(index: number, counted: Usage, change: Partial<CallRecord> = {}): CallRecord {
  return call({
    ...{ id: callId(index), agent: 'droid', session: madeUp, responseId: `r${index}`, requestId: null },
    ...{ startedAtMs: atMs + index * 1000, durationMs: 500, usage: counted, cost: priced(1, 1), ...change },
  });
}

export const madeUp = 'droid@w1#2026-11-22T12:00:00Z';

/** A call that only a log tells of. */
export function single(session: string, counted: Usage, change: Partial<ImportedCall> = {}): ImportedCall {
  return told({ agent: 'droid', session, responseId: `of ${session}`, requestId: null, usage: counted, ...change });
}

/** All input in the books, which is what sums leave beside the calls. */
export function inputIn(ledger: Ledger): number {
  return ledger.reader.report({ by: 'agent' }).reduce((sum, { inputTokens }) => sum + inputTokens, 0);
}

import type { CallSource, UsageProvenance } from './call.ts';
import type { NanoUsd } from './money.ts';
import type { Usage } from './usage.ts';

/** What one view of a call says of it. */
export interface CallView {
  readonly source: CallSource;
  readonly usage: Usage;
  readonly provenance: UsageProvenance;
  readonly costNanoUsd: NanoUsd | null;
}

/** One call of a session with every view of it. `wire` is the one that counts, where there is one. */
export interface ReconciledCall {
  readonly id: string;
  readonly startedAtMs: number;
  readonly model: string;
  readonly wire: CallView | null;
  readonly told: CallView | null;
}

/** A session of which calls were seen as they passed and in a log. */
export interface SessionBothWays {
  /** As the log names it. */
  readonly session: string;
  readonly agent: string;
  readonly callsBothWays: number;
  readonly lastCallAtMs: number;
}

export interface ReconcileSums {
  readonly seenBothWays: number;
  readonly onlyWire: number;
  readonly onlyTold: number;
  /**
   * Output of the wire for each token of the log, over the calls of which both tell it; null for none. By this factor what only the log
   * tells of would have to be raised: an estimate.
   */
  readonly outputCorrection: number | null;
}

export function reconcileSums(calls: readonly ReconciledCall[]): ReconcileSums {
  let [seen, told] = [0, 0];
  for (const { wire, told: log } of calls) {
    const [passed, written] = [wire?.usage.outputTokens ?? null, log?.usage.outputTokens ?? null];
    if (passed === null || written === null) continue;
    seen += passed;
    told += written;
  }
  return {
    seenBothWays: calls.filter((call) => call.wire !== null && call.told !== null).length,
    onlyWire: calls.filter((call) => call.told === null).length,
    onlyTold: calls.filter((call) => call.wire === null).length,
    outputCorrection: told === 0 ? null : seen / told,
  };
}

/** Output of the log less that of the wire; null unless both are known. */
export function outputDifference({ wire, told }: ReconciledCall): number | null {
  const [seen, written] = [wire?.usage.outputTokens ?? null, told?.usage.outputTokens ?? null];
  return seen === null || written === null ? null : written - seen;
}

/** Whether a correction says anything: closer to 1 than half a percent it does not. */
export function isCorrection(factor: number | null): factor is number {
  return factor !== null && Math.abs(factor - 1) >= 0.005;
}

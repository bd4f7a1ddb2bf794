import type { AuthKind } from './api.ts';
import type { NanoUsd } from './money.ts';
import type { RunListPrice } from './run.ts';

/** Sums over calls, as pages of comparisons need them. A sum of what some calls do not tell is a lower bound; the counts beside it say so. */
export interface UsageSums {
  readonly calls: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly thinkingTokens: number;
  readonly unknownThinkingCalls: number;
  readonly costNanoUsd: NanoUsd;
  readonly thinkingNanoUsd: NanoUsd;
  readonly unpricedCalls: number;
}

/** All use of one model at one effort under one agent, paid for in one way. */
export interface ModelUsageRow extends UsageSums {
  readonly model: string;
  /** Null where the calls do not tell it. */
  readonly effort: string | null;
  readonly agent: string;
  readonly auth: AuthKind;
  readonly sessions: number;
  /** Null where no call of it has a price. */
  readonly listPrice: RunListPrice | null;
}

export type HistoryRowKey = 'model' | 'effort' | 'agent' | 'folder' | 'branch' | 'task';

/** Of the sums those that a history shows. */
interface HistorySums
  extends Pick<
    UsageSums,
    'calls' | 'outputTokens' | 'thinkingTokens' | 'unknownThinkingCalls' | 'costNanoUsd' | 'unpricedCalls'
  > {
  readonly estimatedCalls: number;
  /** Of calls and of what is left of logs' sums. */
  readonly partialCalls: number;
}

/** Use of one key on one local day. */
export interface HistoryRow extends HistorySums {
  /** "2026-11-23". */
  readonly day: string;
  /** Verbatim; null for none, of an effort for one that is not known. A task is named by its id, a folder by its path or its workspace's id. */
  readonly key: string | null;
  readonly auth: AuthKind;
}

import type { Interval } from './contract.ts';

/** One usage repriced for another model in three steps, each more honest than the one before. */
export interface WhatIf {
  readonly model: string;
  /** The same tokens at that model's prices. */
  readonly sameTokensNanoUsd: number | null;
  /** Tokens that the two tokenizers make of the same text. */
  readonly tokenizerAdjustedNanoUsd: number | null;
  readonly tokenizerRatio: number | null;
  /** Adjusted as well by that model's own thinking and turns on this codebase; null where it was not measured. */
  readonly measuredNanoUsd: number | null;
  readonly measuredRange: Interval | null;
  /** Common tasks that the measured step rests on. */
  readonly measuredTasks: number;
  readonly sentence: string;
}

/* What the page about thinking says, as plain data; units as in contract.ts. */

export interface ThinkingRow {
  readonly model: string;
  /** Of output tokens, and of cost, over runs whose thinking is known. */
  readonly shareOfOutput: number | null;
  readonly shareOfCost: number | null;
  readonly tokensPerPassedTask: number | null;
  readonly tokensPerFailedTask: number | null;
  readonly knownRuns: number;
  readonly unknownRuns: number;
  readonly spread: RepeatSpread | null;
  readonly sentence: string;
}

/** How far runs of one task by one model lie apart. */
export interface RepeatSpread {
  /** Tasks with two runs or more. */
  readonly tasks: number;
  readonly runs: number;
  /** Of the cost: median and largest of max / min of a task. */
  readonly medianMaxOverMin: number | null;
  readonly largestMaxOverMin: number | null;
  /** Mean over tasks of standard deviation (n) / mean. */
  readonly meanCoefficientOfVariation: number | null;
  /** Share of tasks whose coefficient is above 0.3. */
  readonly shareAbove30Percent: number | null;
  /** The same for thinking tokens. */
  readonly thinkingMedianMaxOverMin: number | null;
  readonly thinkingMeanCoefficientOfVariation: number | null;
  /** Standard deviation of ln cost between runs of one task, pooled. */
  readonly logSd: number | null;
}

/** A call, or a run, that thought far more than others of its model and kind. */
export interface ThinkingOutlier {
  readonly id: string;
  readonly model: string;
  readonly thinkingTokens: number;
  /** Median of its kind. */
  readonly medianTokens: number;
  /** What lies above it stands out. */
  readonly boundTokens: number;
  /** How many its kind has, itself included: at least eight. */
  readonly samples: number;
  /** The kind that it was compared with, in words. */
  readonly kind: string;
  /** Too few were of its finest kind. */
  readonly isCoarser: boolean;
  /** Robust standard deviations above the median, on a log scale. */
  readonly score: number;
  readonly sentence: string;
}

/** Calls that stand out among the newest; `model` is verbatim. */
export interface CallOutliers {
  readonly found: readonly ThinkingOutlier[];
  /** What was looked at, how, and what could not be judged. */
  readonly sentences: readonly string[];
}

import type { RunOrigin } from '../domain/run.ts';
import type { RankSlope } from './rankContract.ts';
import type { ThinkingOutlier, ThinkingRow } from './thinkingContract.ts';

/*
 * What comparing comes to, as plain data that survives structured cloning and JSON. Amounts are nano-USD (means may have fractions),
 * shares and rates are 0 to 1, ratios are above 0, null is unknown or undefined and never 0. Everything is deterministic: the same
 * runs, in any order, with the same options give the same values. docs/compare.md says what every figure means.
 */

/** A two-sided 95 % interval, both ends included. */
export type Interval = readonly [low: number, high: number];

/** A 95 % interval whose upper end may be open (null): nothing is known about how large it can be. */
export type OpenInterval = readonly [low: number, high: number | null];

/** What counts as one model: the same model at two efforts, or under two agents, is two. */
export interface ModelId {
  /** Unique, for references in a comparison; not for display. */
  readonly key: string;
  /** Verbatim. */
  readonly model: string;
  readonly effort: string | null;
  /** Null for imports, and where all runs of the comparison are of one agent kind and need no telling apart. */
  readonly agent: string | null;
  /** For display: the model, with effort and agent only where another model of the comparison has the same name. */
  readonly label: string;
}

/** A model that could be compared. */
export interface ModelName {
  /** What tells it apart; what it is left out by. */
  readonly label: string;
  /** Verbatim: leaves it out with all efforts. */
  readonly model: string;
  readonly runs: number;
  readonly isLeftOut: boolean;
}

export type PairState =
  /** The cheaper-listed model cost more, on five common tasks or more, and the interval says so with the false discovery rate held. */
  | 'reversed'
  /** The cheaper-listed model cost more by the point estimate, which is not established: see `Verdict`. */
  | 'possibly'
  | 'not reversed'
  | 'tie in list'
  | 'tie in cost'
  /** No common task with known costs, or a list price that is not known. */
  | 'not comparable';

/** What may be said of the costs of a pair, whatever was listed. */
export type Verdict =
  /** One of the two cost more: the interval excludes 1 and the false discovery rate over all pairs is held at 5 %. */
  | 'established'
  /** Enough tasks, but the interval includes 1 or did not stand the correction for many pairs. */
  | 'not established'
  /** Fewer than five common tasks at which both cost something. */
  | 'too few to say';

/** Two models on the tasks that both attempted. `a` is the cheaper-listed one; with a tie in list, or an unknown list price, the one whose label sorts first. */
export interface PairResult {
  readonly a: string;
  readonly b: string;
  readonly state: PairState;
  readonly verdict: Verdict;
  /** Tasks that both attempted with known cost; 1 for each pair of a comparison by task. */
  readonly commonTasks: number;
  /** The task of a comparison by task; null otherwise. */
  readonly task: string | null;
  /** List price of `a` over that of `b`: at most 1. Null where one is unknown, or both are 0. */
  readonly listRatio: number | null;
  /** Cost of `a` over cost of `b`, each the sum over the common tasks of the mean cost of a run. Above 1 is a reversal. */
  readonly costRatio: number | null;
  /** The geometric mean of the tasks' cost ratios: what `interval` is about. */
  readonly typicalRatio: number | null;
  /** Paired t-interval on the log cost ratios, turned back into a ratio; null below two common tasks. */
  readonly interval: Interval | null;
  /** Two-sided p of "both cost the same on the typical task"; null where there is no interval. */
  readonly pValue: number | null;
  /** Smallest and largest cost ratio of a task; null without common tasks. */
  readonly range: Interval | null;
  /** Tasks where the cheaper-listed model cost more, dearest first; empty where list prices tie or are unknown. */
  readonly reversedTasks: readonly TaskRatio[];
  readonly costANanoUsd: number | null;
  readonly costBNanoUsd: number | null;
  readonly why: Decomposition | null;
  /** Why there is no `why`, in one sentence; null where there is one. */
  readonly whyMissing: string | null;
  readonly sentence: string;
}

export interface TaskRatio {
  readonly task: string;
  readonly taskTitle: string;
  readonly ratio: number;
}

/**
 * What a cost ratio is split into: list prices of input and output; calls (turns) a task; prompt tokens a call, cached or not; what a prompt token cost
 * against the list price of input (cache reads and writes); thinking tokens a call; visible output tokens a call; what was charged against what tokens
 * and list prices come to (tools, tiers, discounts, rounding).
 */
export type Factor = 'listPrice' | 'calls' | 'inputVolume' | 'cacheMix' | 'thinking' | 'visibleOutput' | 'billing';

export interface FactorShare {
  readonly factor: Factor;
  /** Its part of ln(costRatio); negative makes `a` cheaper than `b`. The parts add up to ln(costRatio). */
  readonly logRatio: number;
  /** `e` to the `logRatio`: the parts multiply to the cost ratio. */
  readonly ratio: number;
}

/** The log of a cost ratio, split with no residual. */
export interface Decomposition {
  /** Logarithmic-mean Divisia index; Shapley values where a factor of one model is 0. */
  readonly method: 'LMDI' | 'Shapley';
  readonly logCostRatio: number;
  /** In the order of `Factor`. `calls` is left out where calls are unknown (volumes are then a task's, not a call's); `billing` where it is 0. */
  readonly factors: readonly FactorShare[];
  /** Of what pushed the cost of `a` up, the part that is thinking; null where nothing did. */
  readonly thinkingShareOfIncrease: number | null;
  /** Tasks that the split is over: those common tasks whose runs have all that it needs. */
  readonly tasks: number;
}

/** Counts of reversals by point estimates, as the study of the effect counts. */
export interface ReversalCounts {
  /** Pairs where the cheaper-listed model cost more, established or not. */
  readonly count: number;
  /** Comparable pairs less those with a tie in list. With `byTask` pairs x tasks. */
  readonly pairs: number;
  /** count / pairs; null without pairs. */
  readonly rate: number | null;
  /** Percentile bootstrap over tasks; null below two tasks. */
  readonly rateInterval: Interval | null;
  /** Kendall's tau-b of list price against cost, each pair on its own common tasks; null where undefined. */
  readonly tauB: number | null;
  /** Mean over tasks of tau-b within the task, over those where it is defined. */
  readonly tauBMeanOverTasks: number | null;
  readonly maxMagnitude: Magnitude | null;
}

export interface Magnitude {
  /** Cost of the cheaper-listed model over cost of the dearer-listed one: above 1. */
  readonly ratio: number;
  readonly cheaperListed: string;
  readonly dearerListed: string;
  /** Null where whole pairs are compared. */
  readonly task: string | null;
}

export interface Reversals extends ReversalCounts {
  /** Pairs in state 'reversed'. */
  readonly established: number;
  /** The same with the cost of thinking taken out, for runs whose thinking is known. */
  readonly withoutThinking: ReversalCounts & {
    /** Reversals with thinking, on the same pairs and runs: what `count` is to be compared with. */
    readonly countWithThinking: number;
    /** Runs left out because their thinking is unknown. */
    readonly unknownRuns: number;
  };
  readonly sentence: string;
}

/** A model of the comparison with its sums over all its runs. */
export interface ModelSummary extends ModelId {
  readonly family: string;
  readonly runs: number;
  readonly tasks: number;
  readonly passes: number;
  /** Runs with a known outcome. */
  readonly judgedRuns: number;
  readonly passRate: number | null;
  /** Runs that a budget stopped: in no average of costs. */
  readonly censoredRuns: number;
  /** Runs without a usable cost. */
  readonly unknownCostRuns: number;
  readonly inputNanoUsdPerMtok: number | null;
  readonly outputNanoUsdPerMtok: number | null;
  /** The weighted sum of both list prices that models are ranked by, in USD per million tokens at the weights asked. */
  readonly listPrice: number | null;
  /** Sum over runs with a known cost. */
  readonly costNanoUsd: number | null;
  /** Mean over tasks of the mean cost of a run. */
  readonly costPerTaskNanoUsd: number | null;
  readonly inputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly outputTokens: number | null;
  readonly thinkingTokens: number | null;
  readonly calls: number | null;
  readonly seconds: number | null;
  /** "reversed against whom" for the sidebar: keys of models that list more and cost less, established only. */
  readonly reversedAgainst: readonly string[];
  readonly isOnFrontier: boolean | null;
  readonly sentence: string;
}

export const frontierAxes = ['cost', 'costOfPass', 'thinkingTokens', 'seconds'] as const;

/** What the horizontal axis of a frontier is; lower is better on each. */
export type FrontierAxis = (typeof frontierAxes)[number];

export interface FrontierPoint {
  /** `ModelId.key`. */
  readonly model: string;
  /** In the axis's unit: nano-USD, tokens or seconds a task. */
  readonly x: number;
  readonly passRate: number;
  readonly tasks: number;
  readonly runs: number;
  readonly isOnFrontier: boolean;
  /** Share of resamples of tasks in which the model is on the frontier. */
  readonly probabilityOnFrontier: number | null;
  /** On the hull as well: not beaten by mixing two others. */
  readonly isOnHull: boolean;
  /** The cheapest model with at least this pass rate, where it is not this one. */
  readonly sameQualityFor: {
    readonly model: string /** How many times less: above 1, null where the other is free. */;
    readonly factor: number | null;
  } | null;
  /** The best model at no more than this cost, where it is better. */
  readonly sameCostGives: { readonly model: string; readonly morePassRate: number } | null;
  /** Distance to the staircase with log10(x) scaled to 0..1 over the points; 0 on it, null where x is 0. */
  readonly distance: number | null;
  /** The part of the hypervolume that only this model covers; null where x is 0. */
  readonly hypervolumeShare: number | null;
  readonly sentence: string;
}

export interface Frontier {
  readonly axis: FrontierAxis;
  /** All models on the same tasks, or each on its own, which is no comparison of like with like. */
  readonly basis: 'common tasks' | 'own tasks';
  readonly tasks: number;
  /** Sorted by x. */
  readonly points: readonly FrontierPoint[];
  /** Keys of the points that nobody dominates, cheapest first; models that tie in both stand both. */
  readonly staircase: readonly string[];
  /** Keys of the corners of the upper hull of the staircase: what lies between two is reachable by mixing them. */
  readonly hull: readonly string[];
  readonly hypervolume: {
    /** In decades of x times pass rate; null without a point that counts. */
    readonly value: number | null;
    /** Reference point: 1.1 times the largest x, pass rate 0. */
    readonly referenceX: number | null;
  };
  /** Models that are not on the chart, and why. */
  readonly leftOut: readonly { readonly model: string; readonly because: string }[];
  readonly sentence: string;
}

export interface CostOfPass {
  readonly model: string;
  /** Spend over passes; null for no pass yet. */
  readonly nanoUsd: number | null;
  /** For no pass yet: what was spent, which the first pass will cost at least. Null otherwise. */
  readonly atLeastNanoUsd: number | null;
  /** Mean cost of a run over the Jeffreys interval of the pass rate; the upper end is open without a pass. Null without runs that count. */
  readonly interval: OpenInterval | null;
  readonly passes: number;
  /** Runs with known cost and outcome; those that a budget stopped count as spend without a pass. */
  readonly runs: number;
  readonly spentNanoUsd: number;
  readonly passRate: number | null;
  readonly passRateInterval: Interval | null;
  readonly sentence: string;
}

/** Per task the smallest cost of a pass that any model offers, and the mean of those. */
export interface FrontierCostOfPass {
  /** Null where no task was ever passed. */
  readonly nanoUsd: number | null;
  readonly solvedTasks: number;
  /** Tasks that nobody passed: in no mean. */
  readonly unsolvedTasks: number;
  /** The same with the runs until 30 days before the newest run, on the tasks solved in both; null without such. */
  readonly monthAgoNanoUsd: number | null;
  readonly families: readonly FamilyContribution[];
  readonly sentence: string;
}

export interface FamilyContribution {
  readonly family: string;
  readonly models: readonly string[];
  /** The frontier cost of a pass without the family, on the tasks that others solve too; null where there are none. */
  readonly withoutNanoUsd: number | null;
  /** How much more that is than with the family on those tasks: 0.25 is 25 % more. */
  readonly more: number | null;
  /** Tasks that only this family passed. */
  readonly onlySolvedByIt: number;
}

/** The share of tasks passed with a cost of at most `budgetNanoUsd`, as steps: each holds until the next. */
export interface BudgetCurve {
  readonly model: string;
  readonly tasks: number;
  readonly points: readonly {
    readonly budgetNanoUsd: number;
    readonly passRate: number;
    /** The same if every run that a budget stopped below this would have passed; equal to `passRate` without such runs. */
    readonly passRateAtMost: number;
  }[];
}

/** Tasks needed until a pair's verdict, at the spread seen so far. */
export interface Needed {
  readonly a: string;
  readonly b: string;
  readonly commonTasks: number;
  /** Common tasks that an interval which excludes 1 would need; null where the two cost the same so far. */
  readonly tasksNeeded: number | null;
  readonly sentence: string;
}

/** The smallest trial that decides between two models. */
export interface SmallestTrial {
  readonly models: readonly [string, string];
  readonly tasks: number;
  readonly runsPerTask: number;
  /** What it will cost, from what a task cost so far; null where that is not known. */
  readonly costRangeNanoUsd: Interval | null;
  readonly sentence: string;
}

/** What the next task of a model costs. */
export interface Forecast {
  readonly model: string;
  readonly runs: number;
  readonly medianNanoUsd: number | null;
  /** Split-conformal: the next one stays below with 90 %; null for "not enough runs" below nine. */
  readonly upperBoundNanoUsd: number | null;
  readonly sentence: string;
}

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

/** A model at one effort (null: not known) of "effective price": different work, no verdict. */
export interface EffectivePriceRow {
  readonly model: string;
  /** Paid for by a subscription: costs are what API prices would come to, and no bill. */
  readonly isSubscription: boolean;
  readonly agent: string | null;
  readonly effort: string | null;
  readonly calls: number;
  readonly sessions: number;
  readonly inputNanoUsdPerMtok: number | null;
  readonly outputNanoUsdPerMtok: number | null;
  readonly costNanoUsd: number | null;
  /** Paid for 1,000 visible output tokens, all of input, cache and thinking included; null where thinking or cost is unknown. */
  readonly perThousandVisibleNanoUsd: number | null;
  readonly perCallNanoUsd: number | null;
  readonly perSessionNanoUsd: number | null;
  readonly thinkingShareOfOutput: number | null;
  readonly thinkingShareOfCost: number | null;
  /** Cache reads over all prompt tokens. */
  readonly cacheShareOfInput: number | null;
  readonly unpricedCalls: number;
  readonly unknownThinkingCalls: number;
  readonly sentence: string;
}

/** A model of the public study, for hollow points beside one's own: benchmark work, not this codebase. */
export interface StudyPoint {
  readonly model: string;
  readonly inputNanoUsdPerMtok: number;
  readonly outputNanoUsdPerMtok: number;
  /** Paid for 1,000 visible output tokens, over the tasks whose tokens were published. */
  readonly perThousandVisibleNanoUsd: number;
}

/** The default page: different work, no verdict. Billed use and subscription use are rows of their own. */
export interface EffectivePricePage {
  readonly rows: readonly EffectivePriceRow[];
  readonly study: readonly StudyPoint[];
  /** What would make a verdict possible; null where there is nothing to compare with. */
  readonly smallestTrial: SmallestTrial | null;
  readonly sentences: readonly string[];
}

export type HistoryPeriod = 'day' | 'week' | 'month';

export type HistoryKey = 'model' | 'effort' | 'agent' | 'folder' | 'branch' | 'task';

/** Spend of one key in one period; billed and subscription use apart, never added up. */
export interface HistoryCell {
  /** "2026-11-23", "2026-W48" (ISO 8601) or "2026-11", in local time. */
  readonly period: string;
  /** Verbatim; null for no folder, no branch, no task, and for an effort that is not known. */
  readonly key: string | null;
  readonly isSubscription: boolean;
  readonly calls: number;
  readonly costNanoUsd: number | null;
  readonly thinkingTokens: number | null;
  readonly outputTokens: number;
  readonly unpricedCalls: number;
  readonly estimatedCalls: number;
  readonly partialCalls: number;
}

/** What was left out of a comparison, and how often; every count is of runs unless it says otherwise. */
export interface LeftOut {
  readonly unknownCost: number;
  /** A cost of 0 that neither list prices of 0 nor token counts of 0 explain: taken for unknown. */
  readonly zeroCostWithTokens: number;
  readonly censored: number;
  /** Tasks of own work that several main models shared. */
  readonly sharedTasks: number;
  readonly otherOrigins: number;
  readonly otherModels: number;
  /** Runs of another date's prices that could not be repriced, for want of tokens. */
  readonly notRepriced: number;
}

export interface CompareOptions {
  /** Models by their verbatim name, or by label, that are left out. */
  readonly without: readonly string[];
  /** Weights of the input and output list price in the figure that models are ranked by. */
  readonly priceWeights: { readonly input: number; readonly output: number };
  readonly resamples: number;
  readonly seed: number;
  /** Every task is a comparison of its own. */
  readonly byTask: boolean;
  /** Runs on other dates' prices are repriced to the model's newest. */
  readonly reprice: boolean;
}

export const defaultCompareOptions: CompareOptions = {
  without: [],
  priceWeights: { input: 1, output: 1 },
  resamples: 10_000,
  seed: 1,
  byTask: false,
  reprice: true,
};

/** The whole of one comparison. Models refer to each other by `ModelId.key`. */
export interface Comparison {
  readonly options: CompareOptions;
  readonly origins: readonly RunOrigin[];
  readonly runs: number;
  readonly tasks: number;
  /** Cheapest list price first, unknown ones last. */
  readonly models: readonly ModelSummary[];
  readonly pairs: readonly PairResult[];
  readonly reversals: Reversals;
  readonly slope: RankSlope;
  /** One for each axis for which there is a point. */
  readonly frontiers: readonly Frontier[];
  readonly costOfPass: readonly CostOfPass[];
  readonly frontierCostOfPass: FrontierCostOfPass;
  readonly budgetCurves: readonly BudgetCurve[];
  readonly thinking: readonly ThinkingRow[];
  readonly thinkingOutliers: readonly ThinkingOutlier[];
  readonly needed: readonly Needed[];
  readonly smallestTrial: SmallestTrial | null;
  readonly forecasts: readonly Forecast[];
  readonly leftOut: LeftOut;
  /** The headline and what was left out, each a plain sentence. */
  readonly sentences: readonly string[];
}

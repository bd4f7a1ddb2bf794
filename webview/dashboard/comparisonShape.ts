import type {
  BudgetCurve,
  CompareOptions,
  Comparison,
  CostOfPass,
  Decomposition,
  Factor,
  FactorShare,
  FamilyContribution,
  Forecast,
  Frontier,
  FrontierCostOfPass,
  FrontierPoint,
  Interval,
  LeftOut,
  Magnitude,
  ModelSummary,
  Needed,
  OpenInterval,
  PairResult,
  ReversalCounts,
  Reversals,
  SmallestTrial,
  TaskRatio,
} from '../../src/analysis/contract.ts';
import type { RankSlope, SlopeModel } from '../../src/analysis/rankContract.ts';
import type { CallOutliers, RepeatSpread, ThinkingOutlier, ThinkingRow } from '../../src/analysis/thinkingContract.ts';
import type { RunOrigin } from '../../src/domain/run.ts';
import { flag, listOf, nullable, number, objectOf, oneOf, type Shape, text } from '../shared/shape.ts';

// The types make this file complete: a member that the contract gains and this file lacks does not compile.

const isTuple = (value: unknown): value is readonly unknown[] => Array.isArray(value) && value.length === 2;

const interval: Shape<Interval> = (value): value is Interval => isTuple(value) && value.every(number);
const openInterval: Shape<OpenInterval> = (value): value is OpenInterval =>
  isTuple(value) && number(value[0]) && nullable(number)(value[1]);
const pairOfTexts: Shape<readonly [string, string]> = (value): value is readonly [string, string] =>
  isTuple(value) && value.every(text);

export const runOrigin: Shape<RunOrigin> = (value): value is RunOrigin =>
  value === 'trial' || value === 'task' || (typeof value === 'string' && value.startsWith('import:'));

const options = objectOf<CompareOptions>({
  without: listOf(text),
  priceWeights: objectOf<CompareOptions['priceWeights']>({ input: number, output: number }),
  resamples: number,
  seed: number,
  byTask: flag,
  reprice: flag,
});

const model = objectOf<ModelSummary>({
  key: text,
  model: text,
  effort: nullable(text),
  agent: nullable(text),
  label: text,
  family: text,
  runs: number,
  tasks: number,
  passes: number,
  judgedRuns: number,
  passRate: nullable(number),
  censoredRuns: number,
  unknownCostRuns: number,
  inputNanoUsdPerMtok: nullable(number),
  outputNanoUsdPerMtok: nullable(number),
  listPrice: nullable(number),
  costNanoUsd: nullable(number),
  costPerTaskNanoUsd: nullable(number),
  inputTokens: nullable(number),
  cacheReadTokens: nullable(number),
  outputTokens: nullable(number),
  thinkingTokens: nullable(number),
  calls: nullable(number),
  seconds: nullable(number),
  reversedAgainst: listOf(text),
  isOnFrontier: nullable(flag),
  sentence: text,
});

const decomposition = objectOf<Decomposition>({
  method: oneOf('LMDI', 'Shapley'),
  logCostRatio: number,
  factors: listOf(
    objectOf<FactorShare>({
      factor: oneOf<Factor>('listPrice', 'calls', 'inputVolume', 'cacheMix', 'thinking', 'visibleOutput', 'billing'),
      logRatio: number,
      ratio: number,
    }),
  ),
  thinkingShareOfIncrease: nullable(number),
  tasks: number,
});

const pair = objectOf<PairResult>({
  a: text,
  b: text,
  state: oneOf('reversed', 'possibly', 'not reversed', 'tie in list', 'tie in cost', 'not comparable'),
  verdict: oneOf('established', 'not established', 'too few to say'),
  commonTasks: number,
  task: nullable(text),
  listRatio: nullable(number),
  costRatio: nullable(number),
  typicalRatio: nullable(number),
  interval: nullable(interval),
  pValue: nullable(number),
  range: nullable(interval),
  reversedTasks: listOf(objectOf<TaskRatio>({ task: text, taskTitle: text, ratio: number })),
  costANanoUsd: nullable(number),
  costBNanoUsd: nullable(number),
  why: nullable(decomposition),
  whyMissing: nullable(text),
  sentence: text,
});

const magnitude = objectOf<Magnitude>({
  ratio: number,
  cheaperListed: text,
  dearerListed: text,
  task: nullable(text),
});

const countMembers = {
  count: number,
  pairs: number,
  rate: nullable(number),
  rateInterval: nullable(interval),
  tauB: nullable(number),
  tauBMeanOverTasks: nullable(number),
  maxMagnitude: nullable(magnitude),
} satisfies { readonly [Name in keyof ReversalCounts]: Shape<ReversalCounts[Name]> };

const reversals = objectOf<Reversals>({
  ...countMembers,
  established: number,
  withoutThinking: objectOf<Reversals['withoutThinking']>({
    ...countMembers,
    countWithThinking: number,
    unknownRuns: number,
  }),
  sentence: text,
});

const frontierPoint = objectOf<FrontierPoint>({
  model: text,
  x: number,
  passRate: number,
  tasks: number,
  runs: number,
  isOnFrontier: flag,
  probabilityOnFrontier: nullable(number),
  isOnHull: flag,
  sameQualityFor: nullable(
    objectOf<NonNullable<FrontierPoint['sameQualityFor']>>({ model: text, factor: nullable(number) }),
  ),
  sameCostGives: nullable(objectOf<NonNullable<FrontierPoint['sameCostGives']>>({ model: text, morePassRate: number })),
  distance: nullable(number),
  hypervolumeShare: nullable(number),
  sentence: text,
});

export const frontierAxis = oneOf('cost', 'costOfPass', 'thinkingTokens', 'seconds');

export const frontierShape = objectOf<Frontier>({
  axis: frontierAxis,
  basis: oneOf('common tasks', 'own tasks'),
  tasks: number,
  points: listOf(frontierPoint),
  staircase: listOf(text),
  hull: listOf(text),
  hypervolume: objectOf<Frontier['hypervolume']>({ value: nullable(number), referenceX: nullable(number) }),
  leftOut: listOf(objectOf<Frontier['leftOut'][number]>({ model: text, because: text })),
  sentence: text,
});

const costOfPass = objectOf<CostOfPass>({
  model: text,
  nanoUsd: nullable(number),
  atLeastNanoUsd: nullable(number),
  interval: nullable(openInterval),
  passes: number,
  runs: number,
  spentNanoUsd: number,
  passRate: nullable(number),
  passRateInterval: nullable(interval),
  sentence: text,
});

const frontierCostOfPass = objectOf<FrontierCostOfPass>({
  sentence: text,
  nanoUsd: nullable(number),
  solvedTasks: number,
  unsolvedTasks: number,
  monthAgoNanoUsd: nullable(number),
  families: listOf(
    objectOf<FamilyContribution>({
      family: text,
      models: listOf(text),
      withoutNanoUsd: nullable(number),
      more: nullable(number),
      onlySolvedByIt: number,
    }),
  ),
});

const budgetCurve = objectOf<BudgetCurve>({
  model: text,
  tasks: number,
  points: listOf(
    objectOf<BudgetCurve['points'][number]>({ budgetNanoUsd: number, passRate: number, passRateAtMost: number }),
  ),
});

const outlier = objectOf<ThinkingOutlier>({
  id: text,
  model: text,
  thinkingTokens: number,
  medianTokens: number,
  boundTokens: number,
  samples: number,
  kind: text,
  isCoarser: flag,
  score: number,
  sentence: text,
});

export const callOutliersShape = objectOf<CallOutliers>({ found: listOf(outlier), sentences: listOf(text) });

const slope = objectOf<RankSlope>({
  tasks: number,
  models: listOf(objectOf<SlopeModel>({ model: text, listRank: number, costRank: number, costPerTaskNanoUsd: number })),
  leftOut: listOf(objectOf<RankSlope['leftOut'][number]>({ model: text, because: text })),
  sentences: listOf(text),
});

const spread = objectOf<RepeatSpread>({
  tasks: number,
  runs: number,
  medianMaxOverMin: nullable(number),
  largestMaxOverMin: nullable(number),
  meanCoefficientOfVariation: nullable(number),
  shareAbove30Percent: nullable(number),
  thinkingMedianMaxOverMin: nullable(number),
  thinkingMeanCoefficientOfVariation: nullable(number),
  logSd: nullable(number),
});

const thinkingRow = objectOf<ThinkingRow>({
  model: text,
  shareOfOutput: nullable(number),
  shareOfCost: nullable(number),
  tokensPerPassedTask: nullable(number),
  tokensPerFailedTask: nullable(number),
  knownRuns: number,
  unknownRuns: number,
  spread: nullable(spread),
  sentence: text,
});

export const smallestTrialShape = objectOf<SmallestTrial>({
  models: pairOfTexts,
  tasks: number,
  runsPerTask: number,
  costRangeNanoUsd: nullable(interval),
  sentence: text,
});

export const comparisonShape: Shape<Comparison> = objectOf<Comparison>({
  options,
  origins: listOf(runOrigin),
  runs: number,
  tasks: number,
  models: listOf(model),
  pairs: listOf(pair),
  reversals,
  slope,
  frontiers: listOf(frontierShape),
  costOfPass: listOf(costOfPass),
  frontierCostOfPass,
  budgetCurves: listOf(budgetCurve),
  thinking: listOf(thinkingRow),
  thinkingOutliers: listOf(outlier),
  needed: listOf(
    objectOf<Needed>({ a: text, b: text, commonTasks: number, tasksNeeded: nullable(number), sentence: text }),
  ),
  smallestTrial: nullable(smallestTrialShape),
  forecasts: listOf(
    objectOf<Forecast>({
      model: text,
      runs: number,
      medianNanoUsd: nullable(number),
      upperBoundNanoUsd: nullable(number),
      sentence: text,
    }),
  ),
  leftOut: objectOf<LeftOut>({
    unknownCost: number,
    zeroCostWithTokens: number,
    censored: number,
    sharedTasks: number,
    otherOrigins: number,
    otherModels: number,
    notRepriced: number,
  }),
  sentences: listOf(text),
});

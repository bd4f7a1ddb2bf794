import type {
  EffectivePricePage,
  EffectivePriceRow,
  Interval,
  ModelName,
  StudyPoint,
} from '../../src/analysis/contract.ts';
import type { CorrectedCost } from '../../src/domain/logCorrection.ts';
import type {
  DashboardData,
  DashboardQuery,
  DashboardState,
  FrontierMoment,
  HistoryEntry,
  OriginChoice,
  WhatIfPage,
  WhatIfResult,
  WhatIfSubject,
} from '../../src/protocol/dashboard.ts';
import { figureShape } from '../shared/figureShape.ts';
import { flag, listOf, mapOf, nullable, number, objectOf, oneOf, type Shape, text } from '../shared/shape.ts';
import { callRecord } from '../shared/stateShape.ts';
import {
  callOutliersShape,
  comparisonShape,
  frontierAxis,
  frontierShape,
  runOrigin,
  smallestTrialShape,
} from './comparisonShape.ts';

const interval: Shape<Interval> = (value): value is Interval =>
  Array.isArray(value) && value.length === 2 && value.every(number);

export const queryShape: Shape<DashboardQuery> = objectOf<DashboardQuery>({
  origins: nullable(listOf(runOrigin)),
  reprice: flag,
  without: listOf(text),
  priceWeights: objectOf<DashboardQuery['priceWeights']>({ input: number, output: number }),
  axis: frontierAxis,
  historyPeriod: oneOf('day', 'week', 'month'),
  historyKey: oneOf('model', 'effort', 'agent', 'folder', 'branch', 'task'),
  subject: nullable(text),
  findTask: text,
  call: nullable(text),
});

const effective = objectOf<EffectivePricePage>({
  rows: listOf(
    objectOf<EffectivePriceRow>({
      model: text,
      isSubscription: flag,
      agent: nullable(text),
      effort: nullable(text),
      calls: number,
      sessions: number,
      inputNanoUsdPerMtok: nullable(number),
      outputNanoUsdPerMtok: nullable(number),
      costNanoUsd: nullable(number),
      perThousandVisibleNanoUsd: nullable(number),
      perCallNanoUsd: nullable(number),
      perSessionNanoUsd: nullable(number),
      thinkingShareOfOutput: nullable(number),
      thinkingShareOfCost: nullable(number),
      cacheShareOfInput: nullable(number),
      unpricedCalls: number,
      unknownThinkingCalls: number,
      sentence: text,
    }),
  ),
  study: listOf(
    objectOf<StudyPoint>({
      model: text,
      inputNanoUsdPerMtok: number,
      outputNanoUsdPerMtok: number,
      perThousandVisibleNanoUsd: number,
    }),
  ),
  smallestTrial: nullable(smallestTrialShape),
  sentences: listOf(text),
});

const historyEntry = objectOf<HistoryEntry>({
  period: text,
  key: nullable(text),
  isSubscription: flag,
  calls: number,
  costNanoUsd: nullable(number),
  thinkingTokens: nullable(number),
  outputTokens: number,
  unpricedCalls: number,
  estimatedCalls: number,
  partialCalls: number,
  cost: figureShape,
  corrected: nullable(objectOf<CorrectedCost>({ costNanoUsd: number, sessions: number })),
});

const whatIf = objectOf<WhatIfPage>({
  subjects: listOf(objectOf<WhatIfSubject>({ id: text, title: text, group: text })),
  subject: nullable(text),
  costNanoUsd: nullable(number),
  isSoFar: flag,
  results: listOf(
    objectOf<WhatIfResult>({
      model: text,
      sameTokensNanoUsd: nullable(number),
      tokenizerAdjustedNanoUsd: nullable(number),
      tokenizerRatio: nullable(number),
      measuredNanoUsd: nullable(number),
      measuredRange: nullable(interval),
      measuredTasks: number,
      sentence: text,
      standing: oneOf('in use', 'current', 'other'),
    }),
  ),
  sentence: text,
  notes: listOf(text),
});

const data = objectOf<DashboardData>({
  generatedAtMs: number,
  query: queryShape,
  origins: listOf(
    objectOf<OriginChoice>({
      ...{ origin: runOrigin, label: text, runs: number, tasks: number, isChosen: flag },
      removal: nullable(objectOf<NonNullable<OriginChoice['removal']>>({ name: text, sentence: text })),
    }),
  ),
  effective,
  history: listOf(historyEntry),
  comparison: comparisonShape,
  moments: listOf(objectOf<FrontierMoment>({ untilMs: number, frontier: frontierShape })),
  whatIf,
  modelNames: listOf(objectOf<ModelName>({ label: text, model: text, runs: number, isLeftOut: flag })),
  callOutliers: callOutliersShape,
  taskTitles: mapOf(text),
  call: nullable(callRecord),
});

export const dashboardState: Shape<DashboardState> = objectOf<DashboardState>({
  meter: oneOf('off', 'starting', 'running', 'failed'),
  problem: nullable(text),
  data: nullable(data),
  progress: nullable(number),
  isStale: flag,
  demo: flag,
});

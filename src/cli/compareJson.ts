import type {
  Comparison,
  Frontier,
  Magnitude,
  ModelSummary,
  OpenInterval,
  PairResult,
  ReversalCounts,
} from '../analysis/contract.ts';
import { usdOf } from '../domain/money.ts';

/** How `compare --json` names a model: verbatim, with effort and agent beside it where there are such. */
interface NamedModel {
  readonly model: string;
  readonly effort?: string;
  readonly agent?: string;
}

/** What `compare --json` prints. Stable interface: `docs/compare.md` says what every field means. */
export interface CompareJson {
  readonly models: readonly object[];
  readonly pairs: readonly object[];
  readonly reversals: object;
  readonly frontier: {
    readonly points: readonly object[];
    readonly staircase: readonly (NamedModel & { readonly costUsd: number; readonly passRate: number })[];
    readonly hull: readonly (NamedModel & { readonly costUsd: number; readonly passRate: number })[];
    readonly probabilityOnFrontier: readonly (NamedModel & { readonly probability: number | null })[];
    readonly hypervolume: object;
    readonly distance: readonly (NamedModel & { readonly distance: number | null })[];
    readonly basis: Frontier['basis'] | null;
    readonly tasks: number;
    readonly leftOut: readonly (NamedModel & { readonly because: string })[];
  };
  readonly costOfPass: readonly (NamedModel & {
    readonly usd: number | null;
    readonly atLeastUsd: number | null;
    readonly interval: OpenInterval | null;
    readonly passes: number;
    readonly runs: number;
  })[];
  readonly budgetCurve: readonly object[];
  readonly frontierCostOfPass: object;
  readonly leftOut: Comparison['leftOut'];
  readonly sentences: readonly string[];
}

type NameOf = (key: string) => NamedModel;

export function compareJson(comparison: Comparison): CompareJson {
  const names = new Map(comparison.models.map((model) => [model.key, nameOf(model)]));
  const named: NameOf = (key) => names.get(key) ?? { model: key };
  const { byTask } = comparison.options;
  return {
    models: comparison.models.map(modelJson),
    pairs: comparison.pairs.map((pair) => pairJson(pair, named)),
    reversals: reversalsJson(comparison, named),
    frontier: frontierJson(comparison.frontiers.find(({ axis }) => axis === 'cost') ?? null, named),
    costOfPass: comparison.costOfPass.map(({ model, nanoUsd, atLeastNanoUsd, interval, passes, runs }) => ({
      ...named(model),
      usd: usdOrNull(nanoUsd),
      atLeastUsd: usdOrNull(atLeastNanoUsd),
      interval: interval && ([usdOf(interval[0]), usdOrNull(interval[1])] as const),
      passes,
      runs,
    })),
    budgetCurve: comparison.budgetCurves.map(({ model, tasks, points }) => ({
      ...named(model),
      tasks,
      points: points.map(({ budgetNanoUsd, passRate, passRateAtMost }) => ({
        budgetUsd: usdOf(budgetNanoUsd),
        passRate,
        passRateAtMost,
      })),
    })),
    frontierCostOfPass: frontierCostOfPassJson(comparison, named),
    leftOut: comparison.leftOut,
    sentences: [...(byTask ? ['Every task is a comparison of its own.'] : []), ...comparison.sentences],
  };
}

function nameOf({ model, effort, agent }: ModelSummary): NamedModel {
  return { model, ...(effort !== null && { effort }), ...(agent !== null && { agent }) };
}

function usdOrNull(nanoUsd: number | null): number | null {
  return nanoUsd === null ? null : usdOf(nanoUsd);
}

function modelJson(model: ModelSummary): object {
  return {
    ...nameOf(model),
    family: model.family,
    runs: model.runs,
    tasks: model.tasks,
    passes: model.passes,
    judgedRuns: model.judgedRuns,
    passRate: model.passRate,
    inputUsdPerMtok: usdOrNull(model.inputNanoUsdPerMtok),
    outputUsdPerMtok: usdOrNull(model.outputNanoUsdPerMtok),
    listPrice: model.listPrice,
    costUsd: usdOrNull(model.costNanoUsd),
    costPerTaskUsd: usdOrNull(model.costPerTaskNanoUsd),
    inputTokens: model.inputTokens,
    cacheReadTokens: model.cacheReadTokens,
    outputTokens: model.outputTokens,
    thinkingTokens: model.thinkingTokens,
    calls: model.calls,
    seconds: model.seconds,
    unknownCostRuns: model.unknownCostRuns,
    censoredRuns: model.censoredRuns,
    isOnFrontier: model.isOnFrontier,
  };
}

/** Names of a pair's two sides under names of its own; effort and agent only where there are such. */
function sideJson(side: string, { model, effort, agent }: NamedModel): Readonly<Record<string, string>> {
  return {
    [side]: model,
    ...(effort !== undefined && { [`${side}Effort`]: effort }),
    ...(agent !== undefined && { [`${side}Agent`]: agent }),
  };
}

function pairJson(pair: PairResult, named: NameOf): object {
  const { commonTasks, listRatio, costRatio, interval, state, verdict, typicalRatio, range, pValue, why } = pair;
  return {
    ...sideJson('a', named(pair.a)),
    ...sideJson('b', named(pair.b)),
    ...(pair.task !== null && { task: pair.task }),
    commonTasks,
    listRatio,
    costRatio,
    interval,
    state,
    verdict,
    typicalRatio,
    range,
    pValue,
    reversedTasks: pair.reversedTasks.map(({ task, ratio }) => ({ task, ratio })),
    why: why && {
      method: why.method,
      tasks: why.tasks,
      logCostRatio: why.logCostRatio,
      factors: Object.fromEntries(why.factors.map(({ factor, logRatio }) => [factor, logRatio])),
      thinkingShareOfIncrease: why.thinkingShareOfIncrease,
    },
    whyMissing: pair.whyMissing,
    sentence: pair.sentence,
  };
}

function reversalsJson({ reversals }: Comparison, named: NameOf): object {
  const { withoutThinking, established, sentence } = reversals;
  const { countWithThinking, unknownRuns } = withoutThinking;
  return {
    ...countsJson(reversals, named),
    established,
    withoutThinking: {
      ...countsJson(withoutThinking, named),
      countWithThinking,
      change: countWithThinking === 0 ? null : withoutThinking.count / countWithThinking - 1,
      unknownRuns,
    },
    sentence,
  };
}

function countsJson(counts: ReversalCounts, named: NameOf) {
  const { count, pairs, rate, rateInterval, tauB, tauBMeanOverTasks, maxMagnitude } = counts;
  return {
    count,
    pairs,
    rate,
    rateInterval,
    tauB,
    tauBMeanOverTasks,
    maxMagnitude: magnitudeJson(maxMagnitude, named),
  };
}

function magnitudeJson(magnitude: Magnitude | null, named: NameOf): object | null {
  if (magnitude === null) return null;
  return {
    ratio: magnitude.ratio,
    ...sideJson('cheaperListed', named(magnitude.cheaperListed)),
    ...sideJson('dearerListed', named(magnitude.dearerListed)),
    ...(magnitude.task !== null && { task: magnitude.task }),
  };
}

function frontierJson(frontier: Frontier | null, named: NameOf): CompareJson['frontier'] {
  const points = frontier?.points ?? [];
  const plane = (keys: readonly string[]) =>
    keys.flatMap((key) => {
      const point = points.find(({ model }) => model === key);
      return point === undefined ? [] : [{ ...named(key), costUsd: usdOf(point.x), passRate: point.passRate }];
    });
  return {
    points: points.map(({ model, x, sameQualityFor, sameCostGives, ...point }) => ({
      ...named(model),
      costUsd: usdOf(x),
      passRate: point.passRate,
      tasks: point.tasks,
      runs: point.runs,
      isOnFrontier: point.isOnFrontier,
      isOnHull: point.isOnHull,
      sameQualityFor: sameQualityFor && { ...named(sameQualityFor.model), timesLess: sameQualityFor.factor },
      sameCostGives: sameCostGives && { ...named(sameCostGives.model), morePassRate: sameCostGives.morePassRate },
      sentence: point.sentence,
    })),
    staircase: plane(frontier?.staircase ?? []),
    hull: plane(frontier?.hull ?? []),
    probabilityOnFrontier: points.map(({ model, probabilityOnFrontier }) => ({
      ...named(model),
      probability: probabilityOnFrontier,
    })),
    hypervolume: {
      value: frontier?.hypervolume.value ?? null,
      referenceCostUsd: usdOrNull(frontier?.hypervolume.referenceX ?? null),
      shares: points.map(({ model, hypervolumeShare }) => ({ ...named(model), share: hypervolumeShare })),
    },
    distance: points.map(({ model, distance }) => ({ ...named(model), distance })),
    basis: frontier?.basis ?? null,
    tasks: frontier?.tasks ?? 0,
    leftOut: (frontier?.leftOut ?? []).map(({ model, because }) => ({ ...named(model), because })),
  };
}

function frontierCostOfPassJson({ frontierCostOfPass }: Comparison, named: NameOf): object {
  const { nanoUsd, solvedTasks, unsolvedTasks, monthAgoNanoUsd, families } = frontierCostOfPass;
  return {
    usd: usdOrNull(nanoUsd),
    solvedTasks,
    unsolvedTasks,
    monthAgoUsd: usdOrNull(monthAgoNanoUsd),
    families: families.map(({ family, models, withoutNanoUsd, more, onlySolvedByIt }) => ({
      family,
      models: models.map((key) => named(key).model),
      withoutUsd: usdOrNull(withoutNanoUsd),
      more,
      onlySolvedByIt,
    })),
  };
}

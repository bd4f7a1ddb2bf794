import type { CompareOptions, Frontier, FrontierAxis, FrontierPoint } from './contract.ts';
import { frontierBasis } from './frontierBasis.ts';
import { frontierDistance } from './frontierDistance.ts';
import { frontierOdds } from './frontierOdds.ts';
import { frontierSentence, pointSentence } from './frontierSentences.ts';
import { exclusiveHypervolumes, hypervolume } from './hypervolume.ts';
import { compareText, type RunTable, type TableModel, type UsableRun } from './runTable.ts';
import { dominanceOf, frontierHull, type PlanePoint, staircase } from './staircase.ts';

/** What one model's runs at one task come to. */
interface TaskPoint {
  readonly x: number;
  readonly passRate: number;
  readonly runs: number;
}

interface Candidate {
  readonly model: TableModel;
  readonly byTask: ReadonlyMap<number, TaskPoint>;
}

export type FrontierOptions = Pick<CompareOptions, 'resamples' | 'seed'> & {
  readonly onProgress?: (doneShare: number) => void;
};

/** The reference point of the hypervolume lies this far beyond the largest x. */
const REFERENCE = 1.1;

/**
 * The frontier of cost against success. A point is the mean over tasks of the mean over a task's runs, of runs whose outcome and x are known;
 * runs that a budget stopped are in neither. Models without such a run are left out and named. Null where no model is left.
 */
export function buildFrontier(table: RunTable, axis: FrontierAxis, options: FrontierOptions): Frontier | null {
  const all = table.models.map((model): Candidate => ({ model, byTask: taskPoints(model, axis) }));
  const able = all.filter(({ byTask }) => hasPoint(byTask, axis));
  if (able.length === 0) return null;
  const basis = frontierBasis(
    able.map(({ model, byTask }) => ({ key: model.id.key, label: model.id.label, tasks: new Set(byTask.keys()) })),
  );
  const kept = able.filter(({ model }) => basis.kept.has(model.id.key));
  const onBasis = kept.map((candidate) => restrict(candidate, basis.tasks));
  const placed = onBasis.filter(({ byTask }) => hasPoint(byTask, axis));
  const plane = placed.map((candidate) => planePoint(candidate, axis));
  const tasks = basis.tasks === null ? table.tasks.length : basis.tasks.size;
  const odds = basis.tasks === null ? new Map<string, number | null>() : oddsOf(onBasis, { axis, options });
  const steps = staircase(plane).map(({ model }) => model);
  const hull = frontierHull(plane).map(({ model }) => model);
  const positive = plane.filter(({ x }) => x > 0);
  const referenceX = positive.length === 0 ? null : REFERENCE * Math.max(...positive.map(({ x }) => x));
  const volume = referenceX === null ? null : hypervolume(positive, referenceX);
  const exclusive = referenceX === null ? new Map<string, number>() : exclusiveHypervolumes(positive, referenceX);
  const labels = new Map(table.models.map(({ id }) => [id.key, id.label]));
  const points = placed.map((candidate, index): FrontierPoint => {
    const { model, x, passRate } = plane[index] as PlanePoint;
    const { sameQuality, sameCost } = dominanceOf({ model, x, passRate }, plane);
    const share = volume !== null && volume > 0 && x > 0 ? (exclusive.get(model) ?? 0) / volume : null;
    const facts = {
      model,
      x,
      passRate,
      tasks: candidate.byTask.size,
      runs: [...candidate.byTask.values()].reduce((sum, point) => sum + point.runs, 0),
      isOnFrontier: steps.includes(model),
      probabilityOnFrontier: odds.get(model) ?? null,
      isOnHull: hull.includes(model),
      sameQualityFor: sameQuality && { model: sameQuality.model, factor: sameQuality.x > 0 ? x / sameQuality.x : null },
      sameCostGives: sameCost && { model: sameCost.model, morePassRate: sameCost.passRate - passRate },
      distance: frontierDistance({ model, x, passRate }, plane),
      hypervolumeShare: share,
    };
    return { ...facts, sentence: pointSentence(facts, { axis, labels, isOwn: basis.tasks === null }) };
  });
  const unable = all.filter((candidate) => !placed.some(({ model }) => model === candidate.model));
  return {
    axis,
    basis: basis.kind,
    tasks,
    points: points.toSorted(
      (a, b) =>
        a.x - b.x || b.passRate - a.passRate || compareText(labels.get(a.model) ?? '', labels.get(b.model) ?? ''),
    ),
    staircase: steps,
    hull,
    hypervolume: { value: volume, referenceX },
    leftOut: [
      ...basis.dropped,
      ...unable
        .filter(({ model }) => !basis.dropped.some((dropped) => dropped.model === model.id.key))
        .map(({ model }) => ({ model: model.id.key, because: missing(model, axis) })),
    ],
    sentence: frontierSentence({ axis, isOwn: basis.tasks === null, tasks, models: placed.length, steps }, labels),
  };
}

function taskPoints(model: TableModel, axis: FrontierAxis): ReadonlyMap<number, TaskPoint> {
  const points = new Map<number, TaskPoint>();
  for (const { task, runs } of model.cells) {
    const known = runs.flatMap((run) => {
      const x = xOf(run, axis);
      return x === null || run.run.passed === null || run.run.isCensored ? [] : [{ x, passed: run.run.passed }];
    });
    if (known.length === 0) continue;
    points.set(task, {
      x: known.reduce((sum, { x }) => sum + x, 0) / known.length,
      passRate: known.filter(({ passed }) => passed).length / known.length,
      runs: known.length,
    });
  }
  return points;
}

function xOf({ run, costNanoUsd }: UsableRun, axis: FrontierAxis): number | null {
  if (axis === 'thinkingTokens') return run.thinkingTokens;
  if (axis === 'seconds') return run.seconds;
  return costNanoUsd;
}

function hasPoint(byTask: ReadonlyMap<number, TaskPoint>, axis: FrontierAxis): boolean {
  const values = [...byTask.values()];
  return axis === 'costOfPass' ? values.some(({ passRate }) => passRate > 0) : values.length > 0;
}

function restrict({ model, byTask }: Candidate, tasks: ReadonlySet<number> | null): Candidate {
  if (tasks === null) return { model, byTask };
  return { model, byTask: new Map([...byTask].filter(([task]) => tasks.has(task))) };
}

function planePoint({ model, byTask }: Candidate, axis: FrontierAxis): PlanePoint {
  const values = [...byTask.values()];
  const x = values.reduce((sum, point) => sum + point.x, 0);
  const passes = values.reduce((sum, { passRate }) => sum + passRate, 0);
  return {
    model: model.id.key,
    x: axis === 'costOfPass' ? x / passes : x / values.length,
    passRate: passes / values.length,
  };
}

function oddsOf(
  candidates: readonly Candidate[],
  { axis, options }: { readonly axis: FrontierAxis; readonly options: FrontierOptions },
): ReadonlyMap<string, number | null> {
  const models = candidates.length;
  const tasks = [...(candidates[0]?.byTask.keys() ?? [])].toSorted((a, b) => a - b);
  const x = new Float64Array(tasks.length * models);
  const passRates = new Float64Array(tasks.length * models);
  candidates.forEach(({ byTask }, model) => {
    tasks.forEach((task, index) => {
      const point = byTask.get(task);
      x[index * models + model] = point?.x ?? 0;
      passRates[index * models + model] = point?.passRate ?? 0;
    });
  });
  const odds = frontierOdds({
    ...{ models, tasks: tasks.length, x, passRates, isPerPass: axis === 'costOfPass' },
    ...options,
  });
  return new Map(candidates.map(({ model }, index) => [model.id.key, odds[index] ?? null]));
}

function missing({ id, runs }: TableModel, axis: FrontierAxis): string {
  if (runs.every(({ run }) => run.passed === null)) return `${id.label} has no run with a known outcome.`;
  if (axis === 'thinkingTokens') return `${id.label} has no run whose thinking and outcome are known.`;
  if (axis === 'seconds') return `${id.label} has no run whose time and outcome are known.`;
  if (axis === 'costOfPass' && runs.every(({ run }) => !run.passed)) return `${id.label} has no pass yet.`;
  return `${id.label} has no run whose cost and outcome are known on these tasks.`;
}

import type { Run } from '../domain/run.ts';
import { buildFrontier } from './buildFrontier.ts';
import type { CompareOptions, Frontier, FrontierAxis } from './contract.ts';
import { runTable } from './runTable.ts';

/** A frontier as it stood: of the runs that had begun by then. */
export interface FrontierAt {
  readonly untilMs: number;
  readonly frontier: Frontier;
}

/**
 * How the frontier moved: at up to `moments` instants, evenly spread from the first to the last dated run, oldest first; moments without a point are left out. Without
 * probabilities, which would cost a bootstrap each. Runs without a date are in none. No dated run: empty. O(moments * runs log runs).
 */
export function frontierMoments(
  runs: readonly Run[],
  options: Pick<CompareOptions, 'without' | 'priceWeights' | 'reprice'>,
  { axis, moments }: { readonly axis: FrontierAxis; readonly moments: number },
): readonly FrontierAt[] {
  const dates = runs.flatMap(({ startedAtMs }) => startedAtMs ?? []).toSorted((a, b) => a - b);
  const [first] = dates;
  const last = dates.at(-1);
  if (first === undefined || last === undefined || moments < 1) return [];
  const instants = new Set(
    Array.from({ length: moments }, (_, index) =>
      moments === 1 ? last : first + ((last - first) * index) / (moments - 1),
    ),
  );
  return [...instants].flatMap((untilMs): readonly FrontierAt[] => {
    const until = runs.filter(({ startedAtMs }) => startedAtMs !== null && startedAtMs <= untilMs);
    const frontier = buildFrontier(runTable(until, options), axis, { resamples: 0, seed: 1 });
    return frontier === null ? [] : [{ untilMs, frontier }];
  });
}

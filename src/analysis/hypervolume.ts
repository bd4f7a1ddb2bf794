import { type PlanePoint, staircase } from './staircase.ts';

/**
 * The hypervolume of a set: the area between its staircase and a reference point, in decades of x times pass rate,
 * sum of (log10 of the next x - log10 of this x) * pass rate, the last x being `referenceX` and the reference pass rate 0.
 *
 * Points at or beyond the reference add nothing; a point with x = 0 has no logarithm and must be left out by the caller. Ties add once.
 * Empty input: 0. Never falls when a point is added, with the reference held. O(n log n).
 * Source: Zitzler and Thiele (1998), two objectives.
 */
export function hypervolume(points: readonly PlanePoint[], referenceX: number): number {
  const steps = staircase(points.filter((point) => point.x > 0 && point.x < referenceX));
  return steps.reduce((sum, { x, passRate }, index) => {
    const nextX = steps[index + 1]?.x ?? referenceX;
    return sum + Math.log10(nextX / x) * passRate;
  }, 0);
}

/** What each point alone adds: the hypervolume less that without it. 0 off the frontier, and for twins. O(n^2 log n), n being models. */
export function exclusiveHypervolumes(points: readonly PlanePoint[], referenceX: number): ReadonlyMap<string, number> {
  const whole = hypervolume(points, referenceX);
  return new Map(
    points.map(({ model }) => {
      const rest = points.filter((other) => other.model !== model);
      return [model, Math.max(0, whole - hypervolume(rest, referenceX))];
    }),
  );
}

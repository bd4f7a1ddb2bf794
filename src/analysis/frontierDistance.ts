import { type PlanePoint, staircase } from './staircase.ts';

/**
 * How far a point is from the staircase of its set: the Euclidean distance to the nearest point of the steps, with log10(x) scaled to 0..1
 * between the smallest and the largest x of the set, and the pass rate as it is. 0 on the frontier.
 *
 * Without a spread in x the scale is 1. A point with x = 0 has no logarithm: null, and it is no step for others. Empty set: null.
 * No unit; it depends on which models are in the set. O(n log n).
 */
export function frontierDistance(point: PlanePoint, points: readonly PlanePoint[]): number | null {
  const positive = points.filter(({ x }) => x > 0);
  if (point.x <= 0 || positive.length === 0) return null;
  const logs = positive.map(({ x }) => Math.log10(x));
  const low = Math.min(...logs);
  const span = Math.max(...logs) - low || 1;
  const at = (x: number): number => (Math.log10(x) - low) / span;
  const steps = staircase(positive);
  const own = { x: at(point.x), y: point.passRate };
  let nearest = Number.POSITIVE_INFINITY;
  steps.forEach((step, index) => {
    const next = steps[index + 1];
    const x = at(step.x);
    const right = next === undefined ? Number.POSITIVE_INFINITY : at(next.x);
    const below = steps[index - 1]?.passRate ?? Number.NEGATIVE_INFINITY;
    // The riser at this step's cost, and the tread up to the next step's.
    nearest = Math.min(nearest, Math.hypot(own.x - x, own.y - clamp(own.y, below, step.passRate)));
    nearest = Math.min(nearest, Math.hypot(own.x - clamp(own.x, x, right), own.y - step.passRate));
  });
  return nearest;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

import { compareFigures } from './kendallTau.ts';

/*
 * Points are means, and means of equal work differ by their rounding: 0.2 + 0.4 + 0.6 is not 0.6 + 0.4 + 0.2. What differs by no more than that
 * is equal here, or else the last bit would put a dearer model that passes no more on the frontier.
 */

/** A model on the plane of cost and success. `x` is lower-is-better and at least 0, `passRate` 0 to 1 and higher-is-better. */
export interface PlanePoint {
  readonly model: string;
  readonly x: number;
  readonly passRate: number;
}

/** True where `a` is no worse in both and better in one. Two identical points do not dominate each other. */
export function dominates(a: PlanePoint, b: PlanePoint): boolean {
  const [x, passRate] = [compareFigures(a.x, b.x), compareFigures(a.passRate, b.passRate)];
  return x <= 0 && passRate >= 0 && (x < 0 || passRate > 0);
}

/** Ascending x, then descending pass rate, of equals the exact figures and then the name: the order that frontiers are walked in. */
export function byCost(a: PlanePoint, b: PlanePoint): number {
  return (
    compareFigures(a.x, b.x) ||
    compareFigures(b.passRate, a.passRate) ||
    a.x - b.x ||
    b.passRate - a.passRate ||
    (a.model < b.model ? -1 : a.model > b.model ? 1 : 0)
  );
}

/**
 * The staircase frontier: the points that no other dominates, cheapest first. What "pick one model" can reach.
 *
 * Ties: identical points stand both. One point: itself. Empty input: empty. O(n log n).
 */
export function staircase<P extends PlanePoint>(points: readonly P[]): readonly P[] {
  const kept: P[] = [];
  for (const point of points.toSorted(byCost)) {
    const last = kept.at(-1);
    if (last === undefined || isTwin(last, point) || compareFigures(point.passRate, last.passRate) > 0)
      kept.push(point);
  }
  return kept;
}

/**
 * The corners of the upper hull of the staircase: what lies on the line between two is reachable by sending a share of the work to each.
 * Always a subset of the staircase. The origin is no corner: doing nothing is no model.
 *
 * Ties: of identical points the first by name; points on a straight line between two others are left out. One or two points: themselves.
 * Empty input: empty. O(n log n). Source: Andrew's monotone chain, as the Holistic Agent Leaderboard uses it.
 */
export function frontierHull<P extends PlanePoint>(points: readonly P[]): readonly P[] {
  const hull: P[] = [];
  for (const point of staircase(points)) {
    const last = hull.at(-1);
    if (last !== undefined && isTwin(last, point)) continue;
    while (hull.length >= 2 && turn(hull.at(-2), hull.at(-1), point) >= 0) hull.pop();
    hull.push(point);
  }
  return hull;
}

function isTwin(a: PlanePoint, b: PlanePoint): boolean {
  return compareFigures(a.x, b.x) === 0 && compareFigures(a.passRate, b.passRate) === 0;
}

/** Above 0 where the way from `a` over `b` to `c`, all on the staircase, turns left; 0 where it goes straight on but for the rounding of its corners. */
function turn(a: PlanePoint | undefined, b: PlanePoint | undefined, c: PlanePoint): number {
  if (a === undefined || b === undefined) return -1;
  const [x, passRate] = [c.x - a.x, c.passRate - a.passRate];
  const area = (b.x - a.x) * passRate - (b.passRate - a.passRate) * x;
  return Math.abs(area) <= 1e-12 * (c.x * passRate + c.passRate * x) ? 0 : area;
}

export interface Dominance {
  /** The cheapest point with at least this pass rate that costs less; null on the frontier, or where only better ones at this cost exist. */
  readonly sameQuality: PlanePoint | null;
  /** The best point at no more than this cost, where it is better. */
  readonly sameCost: PlanePoint | null;
}

/** By how much a point is dominated, and by whom; both null on the frontier. Ties go to the first by cost, pass rate and name. O(n log n). */
export function dominanceOf(point: PlanePoint, points: readonly PlanePoint[]): Dominance {
  const better = points.filter((other) => dominates(other, point)).toSorted(byCost);
  const sameQuality = better.find((other) => compareFigures(other.x, point.x) < 0) ?? null;
  const best = better.toSorted((a, b) => compareFigures(b.passRate, a.passRate) || byCost(a, b))[0];
  const isBetter = best !== undefined && compareFigures(best.passRate, point.passRate) > 0;
  return { sameQuality, sameCost: isBetter ? best : null };
}

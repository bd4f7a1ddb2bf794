import quantile from '@stdlib/stats-base-dists-t-quantile';

/** The two-sided 95 % point of Student's t: t with P(|T| <= t) = 0.95. `degrees` is a whole number above 0. */
export function twoSided95(degrees: number): number {
  const known = points.get(degrees);
  if (known !== undefined) return known;
  const point = quantile(0.975, degrees);
  points.set(degrees, point);
  return point;
}

/** Points that were worked out: the pairs of a comparison ask for the same few again and again, and each takes a root search. */
const points = new Map<number, number>();

/**
 * P(|T| > |t|) for Student's t with a whole number of degrees of freedom. Exact finite sums, O(degrees); below about 1e-15 the
 * subtraction leaves 0. Source: Abramowitz and Stegun, 26.7.3 and 26.7.4.
 */
export function twoSidedP(t: number, degrees: number): number {
  if (!Number.isFinite(t)) return 0;
  const angle = Math.atan(Math.abs(t) / Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const sine = Math.sin(angle);
  const isOdd = degrees % 2 === 1;
  let term = isOdd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k;
    sum += term;
  }
  const within = isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
  return Math.min(1, Math.max(0, 1 - within));
}

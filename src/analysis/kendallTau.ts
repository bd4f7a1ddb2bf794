/**
 * Kendall's tau-b of two rankings: (concordant - discordant) / sqrt((pairs not tied in x) * (pairs not tied in y)).
 *
 * Ties: a pair tied in either counts in neither direction and is taken out of that side of the denominator. Empty input, one value,
 * or all values of a side tied: null, since there is no ranking. In [-1, 1], no unit. O(n^2), n being models.
 * Source: M. G. Kendall, "The treatment of ties in ranking problems", Biometrika 33 (1945); the same as SciPy's default.
 */
export function kendallTauB(x: readonly number[], y: readonly number[]): number | null {
  let sum = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (let i = 0; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const [signX, signY] = [compareFigures(x[i] ?? 0, x[j] ?? 0), compareFigures(y[i] ?? 0, y[j] ?? 0)];
      sum += signX * signY;
      untiedX += signX * signX;
      untiedY += signY * signY;
    }
  }
  return tauOfSums(sum, untiedX, untiedY);
}

export type Sign = -1 | 0 | 1;

/** How the two members of a pair are ordered in either ranking. */
export type SignPair = readonly [x: Sign, y: Sign];

/**
 * Tau-b from the order within each pair alone. It is what makes tau of an incomplete table possible: each pair is ordered on the tasks
 * that both of it attempted. On a complete table it equals tau-b of the totals. In [-1, 1] by Cauchy-Schwarz, whatever the orders.
 */
export function tauOfSigns(signs: readonly SignPair[]): number | null {
  let sum = 0;
  let untiedX = 0;
  let untiedY = 0;
  for (const [x, y] of signs) {
    sum += x * y;
    untiedX += x * x;
    untiedY += y * y;
  }
  return tauOfSums(sum, untiedX, untiedY);
}

function tauOfSums(sum: number, untiedX: number, untiedY: number): number | null {
  return untiedX === 0 || untiedY === 0 ? null : sum / Math.sqrt(untiedX * untiedY);
}

/** Figures that differ by no more than the rounding of sums and of decimal fractions count as equal: 0.1 + 0.2 ties with 0.3. */
const RELATIVE_ROUNDING = 1e-12;

/** The order of two figures: -1 where `a` is below `b`. Tells apart what differs by more than 1e-12 of the larger. */
export function compareFigures(a: number, b: number): Sign {
  if (Math.abs(a - b) <= RELATIVE_ROUNDING * Math.max(Math.abs(a), Math.abs(b))) return 0;
  return a < b ? -1 : 1;
}

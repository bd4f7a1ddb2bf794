/** Two models on the tasks that both attempted. */
export interface PairCosts {
  /** Indices of the common tasks, ascending. */
  readonly tasks: readonly number[];
  readonly sumA: number;
  readonly sumB: number;
  /** Cost of a over cost of b by task, as `tasks`; 0 or Infinity where one of both is 0, NaN where both are. */
  readonly ratios: readonly number[];
}

/** Matches two rows of a table; NaN is "not attempted or not known". Sums in the order of tasks. O(tasks). */
export function pairCosts(a: Float64Array, b: Float64Array): PairCosts {
  const tasks: number[] = [];
  const ratios: number[] = [];
  let sumA = 0;
  let sumB = 0;
  for (let task = 0; task < a.length; task++) {
    const [costA, costB] = [a[task] ?? Number.NaN, b[task] ?? Number.NaN];
    if (Number.isNaN(costA) || Number.isNaN(costB)) continue;
    tasks.push(task);
    ratios.push(costA / costB);
    sumA += costA;
    sumB += costB;
  }
  return { tasks, sumA, sumB, ratios };
}

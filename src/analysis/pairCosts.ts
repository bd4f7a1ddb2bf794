/** Two models on the tasks that both attempted. */
export interface PairCosts {
  /** Indices of the common tasks, ascending. */
  readonly tasks: Int32Array;
  readonly sumA: number;
  readonly sumB: number;
  /** Cost of a over cost of b by task, as `tasks`; 0 or Infinity where one of both is 0, NaN where both are. */
  readonly ratios: Float64Array;
}

/** Room for the figures of one pair after the other. */
export interface PairRoom {
  readonly tasks: Int32Array;
  readonly ratios: Float64Array;
  readonly logs: Float64Array;
}

export function pairRoom(tasks: number): PairRoom {
  return { tasks: new Int32Array(tasks), ratios: new Float64Array(tasks), logs: new Float64Array(tasks) };
}

/** Of one common task only. */
export function costsOfOne(task: number, costA: number, costB: number): PairCosts {
  return { tasks: Int32Array.of(task), sumA: costA, sumB: costB, ratios: Float64Array.of(costA / costB) };
}

/**
 * Matches two rows of a table; NaN is "not attempted or not known". Sums in the order of tasks. What it returns lies in `room`, until the next pair
 * is put there. O(tasks).
 */
export function pairCosts(a: Float64Array, b: Float64Array, room?: PairRoom): PairCosts {
  const tasks = room?.tasks ?? new Int32Array(a.length);
  const ratios = room?.ratios ?? new Float64Array(a.length);
  let count = 0;
  let sumA = 0;
  let sumB = 0;
  for (let task = 0; task < a.length; task++) {
    const costA = a[task] ?? Number.NaN;
    const costB = b[task] ?? Number.NaN;
    if (Number.isNaN(costA) || Number.isNaN(costB)) continue;
    tasks[count] = task;
    ratios[count] = costA / costB;
    count += 1;
    sumA += costA;
    sumB += costB;
  }
  return { tasks: tasks.subarray(0, count), sumA, sumB, ratios: ratios.subarray(0, count) };
}

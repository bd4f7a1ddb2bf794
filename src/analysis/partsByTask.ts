import type { RunListPrice } from '../domain/run.ts';
import type { CostParts } from './decomposition.ts';
import type { TableModel, UsableRun } from './runTable.ts';

/** Figures of a task in `TaskParts`: calls, prompt tokens, their cost, thinking tokens, visible tokens, cost. */
const WIDTH = 6;

/** The parts of one model's costs by task, as numbers: with many models they are added up some hundred thousand times. */
export interface TaskParts {
  readonly price: RunListPrice | null;
  /** `WIDTH` figures a task; calls that are unknown are NaN, and so is all of a task that has no parts. */
  readonly figures: Float64Array;
}

/**
 * What a run of a model at each task comes to on average, split as a decomposition needs it; nothing where the model has no run there with cost,
 * input, output and thinking known. Runs that lack one of them are left out of the mean. O(runs).
 */
export function partsByTask(model: TableModel, tasks: number): TaskParts {
  const figures = new Float64Array(tasks * WIDTH).fill(Number.NaN);
  const price = model.listPrice;
  if (price === null) return { price, figures };
  for (const { task, runs } of model.cells) {
    const known = runs.map((run) => partsOf(run, model)).filter((part) => part !== null);
    if (known.length > 0) figures.set(figuresOf(meanOf(known)), task * WIDTH);
  }
  return { price, figures };
}

function figuresOf(parts: CostParts): readonly number[] {
  const { promptTokens, promptNanoUsd, thinkingTokens, visibleTokens, costNanoUsd } = parts;
  return [parts.calls ?? Number.NaN, promptTokens, promptNanoUsd, thinkingTokens, visibleTokens, costNanoUsd];
}

/** Both models' parts added up over the tasks, of those given, where both have them; null where there is none. O(tasks). */
export function sumParts(
  a: TaskParts,
  b: TaskParts,
  tasks: Int32Array,
): { readonly a: CostParts; readonly b: CostParts; readonly tasks: number } | null {
  const [sumA, sumB] = [new Float64Array(WIDTH), new Float64Array(WIDTH)];
  let split = 0;
  for (const task of tasks) {
    const start = task * WIDTH;
    const cost = start + WIDTH - 1;
    if (Number.isNaN(a.figures[cost]) || Number.isNaN(b.figures[cost])) continue;
    split += 1;
    for (let figure = 0; figure < WIDTH; figure++) {
      sumA[figure] = (sumA[figure] ?? 0) + (a.figures[start + figure] ?? 0);
      sumB[figure] = (sumB[figure] ?? 0) + (b.figures[start + figure] ?? 0);
    }
  }
  return split === 0 ? null : { a: partsOfSum(sumA, a.price), b: partsOfSum(sumB, b.price), tasks: split };
}

function partsOfSum(sum: Float64Array, price: RunListPrice | null): CostParts {
  const [calls = 0, promptTokens = 0, promptNanoUsd = 0, thinkingTokens = 0, visibleTokens = 0, costNanoUsd = 0] = sum;
  return {
    calls: Number.isNaN(calls) ? null : calls,
    ...{ promptTokens, promptNanoUsd, thinkingTokens, visibleTokens, costNanoUsd },
    inputNanoUsdPerMtok: price?.inputNanoUsdPerMtok ?? 0,
    outputNanoUsdPerMtok: price?.outputNanoUsdPerMtok ?? 0,
  };
}

function partsOf({ run, costNanoUsd }: UsableRun, { listPrice }: TableModel): CostParts | null {
  const { inputTokens, outputTokens, thinkingTokens } = run;
  if (costNanoUsd === null || listPrice === null) return null;
  if (inputTokens === null || outputTokens === null || thinkingTokens === null) return null;
  const cached = (run.cacheReadTokens ?? 0) + (run.cacheWriteTokens ?? 0);
  const thinking = Math.min(thinkingTokens, outputTokens);
  return {
    calls: run.calls,
    promptTokens: inputTokens + cached,
    promptNanoUsd: promptCost(run, costNanoUsd, listPrice),
    thinkingTokens: thinking,
    visibleTokens: outputTokens - thinking,
    inputNanoUsdPerMtok: listPrice.inputNanoUsdPerMtok,
    outputNanoUsdPerMtok: listPrice.outputNanoUsdPerMtok,
    costNanoUsd,
  };
}

/**
 * What the prompt cost: tokens at their prices. Where tokens came from or went to a cache whose price the source does not name, it is what the
 * cost leaves when output is taken away, so that caching shows as caching; where nothing is left, the list price of input has to do.
 */
function promptCost(run: UsableRun['run'], costNanoUsd: number, price: NonNullable<TableModel['listPrice']>): number {
  const reads = run.cacheReadTokens ?? 0;
  const writes = run.cacheWriteTokens ?? 0;
  const fresh = (run.inputTokens ?? 0) * price.inputNanoUsdPerMtok;
  const isPriced =
    (reads === 0 || price.cacheReadNanoUsdPerMtok !== null) &&
    (writes === 0 || price.cacheWriteNanoUsdPerMtok !== null);
  if (isPriced) {
    const cache = reads * (price.cacheReadNanoUsdPerMtok ?? 0) + writes * (price.cacheWriteNanoUsdPerMtok ?? 0);
    return (fresh + cache) / 1_000_000;
  }
  const rest = costNanoUsd - ((run.outputTokens ?? 0) * price.outputNanoUsdPerMtok) / 1_000_000;
  return rest > 0 ? rest : (fresh + (reads + writes) * price.inputNanoUsdPerMtok) / 1_000_000;
}

function meanOf(parts: readonly CostParts[]): CostParts {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const mean = (figure: (part: CostParts) => number): number =>
    parts.reduce((total, part) => total + figure(part), 0) / parts.length;
  const [first] = parts as readonly [CostParts, ...CostParts[]];
  return {
    calls: parts.some(({ calls }) => calls === null) ? null : mean(({ calls }) => calls ?? 0),
    promptTokens: mean((part) => part.promptTokens),
    promptNanoUsd: mean((part) => part.promptNanoUsd),
    thinkingTokens: mean((part) => part.thinkingTokens),
    visibleTokens: mean((part) => part.visibleTokens),
    inputNanoUsdPerMtok: first.inputNanoUsdPerMtok,
    outputNanoUsdPerMtok: first.outputNanoUsdPerMtok,
    costNanoUsd: mean((part) => part.costNanoUsd),
  };
}

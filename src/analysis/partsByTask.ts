import type { CostParts } from './decomposition.ts';
import type { TableModel, UsableRun } from './runTable.ts';

/**
 * What a run of a model at each task comes to on average, split as a decomposition needs it; null where the model has no run there with cost,
 * input, output and thinking known. Runs that lack one of them are left out of the mean. O(runs).
 */
export function partsByTask(model: TableModel, tasks: number): readonly (CostParts | null)[] {
  const parts: (CostParts | null)[] = Array.from({ length: tasks }, () => null);
  if (model.listPrice === null) return parts;
  for (const { task, runs } of model.cells) {
    const known = runs.map((run) => partsOf(run, model)).filter((part) => part !== null);
    if (known.length > 0) parts[task] = meanOf(known);
  }
  return parts;
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

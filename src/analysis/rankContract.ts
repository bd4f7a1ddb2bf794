/* Models by list price and by cost paid, as plain data; units as in contract.ts. */

export interface SlopeModel {
  /** `ModelId.key`. */
  readonly model: string;
  /** From 1, the cheapest; equal figures have equal ranks. */
  readonly listRank: number;
  readonly costRank: number;
  /** Mean over the tasks of the slope of the mean cost of a run. */
  readonly costPerTaskNanoUsd: number;
}

/** Both orders of the same models over the same tasks. */
export interface RankSlope {
  /** Tasks that all of them attempted; 0 where there is no slope. */
  readonly tasks: number;
  /** Cheapest list price first; empty where no two models share a task. */
  readonly models: readonly SlopeModel[];
  readonly leftOut: readonly { readonly model: string; readonly because: string }[];
  /** How the chart is to be read, and who is not in it. */
  readonly sentences: readonly string[];
}

/** Where a run comes from. An import carries the name that it was imported under, so that imports can be told apart and removed. */
export type RunOrigin = 'trial' | 'task' | `import:${string}`;

/** List prices that a run was made under, in nano-USD per million tokens. */
export interface RunListPrice {
  readonly inputNanoUsdPerMtok: number;
  readonly outputNanoUsdPerMtok: number;
  /** Null where the source of the run does not tell. */
  readonly cacheReadNanoUsdPerMtok: number | null;
  readonly cacheWriteNanoUsdPerMtok: number | null;
}

/**
 * One attempt at a task by one model and effort: the unit of comparison. Null is unknown and never the same as 0.
 *
 * Money is in nano-USD as everywhere. Runs of the ledger hold whole numbers; an imported figure that is finer than a nano-USD (a mean
 * over many queries, say) keeps its fraction, because rounding it would change ratios. Token counts may have fractions for the same reason.
 */
export interface Run {
  /** Unique among all runs; two runs are the same run only if their ids are equal. */
  readonly id: string;
  readonly origin: RunOrigin;
  /** What tells tasks apart: the name in a file, the id of a task or of a trial's task in the ledger. */
  readonly task: string;
  /** For display: the title of the task; the name itself for imports. Not unique. */
  readonly taskTitle: string;
  /** Verbatim. For sessions that mix models the main one: the model with the largest cost. */
  readonly model: string;
  readonly effort: string | null;
  /** Null for imports. Agents differ in prompts and tools, so that the same model under two agents is two models. */
  readonly agent: string | null;
  /** The name or number of a repeated attempt; null where there is one only. */
  readonly run: string | null;
  /** True passed; false failed or abandoned; null not known, which is also the case where a budget stopped the run. */
  readonly passed: boolean | null;
  /** A budget stopped the run before it ended by itself: its cost is a lower bound and its outcome open. */
  readonly isCensored: boolean;
  readonly costNanoUsd: number | null;
  /** The cost without thinking as the source states it; null where it does not, then it follows from `thinkingTokens` and `listPrice`. */
  readonly costWithoutThinkingNanoUsd: number | null;
  /** Prompt tokens that neither came from a cache nor were written to one. */
  readonly inputTokens: number | null;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  /** Everything billed as output, thinking included. */
  readonly outputTokens: number | null;
  readonly thinkingTokens: number | null;
  /** Requests to the API (turns), auxiliary models and sub-agents included. */
  readonly calls: number | null;
  readonly seconds: number | null;
  readonly startedAtMs: number | null;
  readonly listPrice: RunListPrice | null;
}

/** The name of the import of an origin; null for the user's own work. */
export function importNameOf(origin: RunOrigin): string | null {
  return origin.startsWith('import:') ? origin.slice('import:'.length) : null;
}

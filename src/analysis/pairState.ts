import type { PairState } from './contract.ts';
import { compareFigures } from './kendallTau.ts';

export interface PairFigures {
  /** The list price that models are ranked by; null where unknown. */
  readonly listA: number | null;
  readonly listB: number | null;
  readonly commonTasks: number;
  readonly costA: number;
  readonly costB: number;
  /** The costs differ beyond doubt; see `Verdict`. */
  readonly isEstablished: boolean;
}

/**
 * The state of a pair: reversed where the model that lists less cost more, (L_a < L_b) != (C_a < C_b) without ties.
 *
 * Ties are looked for first, in list before cost, with a tolerance of 1e-12 for sums of decimal fractions: with L_a = L_b the study's formula
 * would count a reversal by the order of its arguments. Without a common task or a list price: not comparable. "Possibly" is a reversal by
 * the point estimate that is not established. O(1). Source: arXiv 2603.23971, `analyze_prevalence.py`.
 */
export function pairState(figures: PairFigures): PairState {
  const { listA, listB, commonTasks, costA, costB, isEstablished } = figures;
  if (listA === null || listB === null || commonTasks === 0) return 'not comparable';
  const list = compareFigures(listA, listB);
  if (list === 0) return 'tie in list';
  const cost = compareFigures(costA, costB);
  if (cost === 0) return 'tie in cost';
  if (list === cost) return 'not reversed';
  return isEstablished ? 'reversed' : 'possibly';
}

/** Reversals by the point estimate, as the study counts them. */
export function isReversal(state: PairState): boolean {
  return state === 'reversed' || state === 'possibly';
}

/** Pairs that a rate of reversals is over: list ties and what cannot be compared are in neither part of it; cost ties are no reversals. */
export function isCounted(state: PairState): boolean {
  return state !== 'not comparable' && state !== 'tie in list';
}

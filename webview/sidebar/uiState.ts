import type { PeriodName } from '../../src/protocol/nowView.ts';
import { listOf, objectOf, oneOf, text } from '../shared/shape.ts';

/** What the user did to the view; kept while it is hidden. Holds no figure. */
export interface UiState {
  readonly period: PeriodName;
  /** Keys of rows that are open. */
  readonly expanded: readonly string[];
  /** Keys of lists that are shown in full. */
  readonly full: readonly string[];
}

/** Enough for every row of a view; older ones are forgotten. */
const MOST_KEYS = 200;

const shape = objectOf<UiState>({ period: oneOf('today', 'week'), expanded: listOf(text), full: listOf(text) });

export const initialUiState: UiState = { period: 'today', expanded: [], full: [] };

export function restoreUiState(saved: unknown): UiState {
  return shape(saved) ? { period: saved.period, expanded: saved.expanded, full: saved.full } : initialUiState;
}

export function toggled(keys: readonly string[], key: string): readonly string[] {
  return keys.includes(key) ? keys.filter((other) => other !== key) : [...keys, key].slice(-MOST_KEYS);
}

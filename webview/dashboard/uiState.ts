import { type DashboardQuery, defaultDashboardQuery } from '../../src/protocol/dashboard.ts';
import { flag, listOf, nullable, number, objectOf, oneOf, text } from '../shared/shape.ts';
import { queryShape } from './dashboardShape.ts';

export const pageIds = ['effective', 'reversal', 'frontier', 'costOfPass', 'thinking', 'whatIf'] as const;

export type PageId = (typeof pageIds)[number];

/** What the user did to the dashboard; kept while it is hidden and over a reload. Holds no figure. */
export interface UiState {
  readonly page: PageId;
  readonly query: DashboardQuery;
  /** Charts whose table is put away. */
  readonly hidden: readonly string[];
  /** Tables that are shown in full. */
  readonly full: readonly string[];
  /** Folds that are open. */
  readonly folds: readonly string[];
  /** Keys of the two models of the pair that is explained. */
  readonly pair: readonly string[];
  readonly hasHull: boolean;
  /** Place in `DashboardData.moments`; null is now. */
  readonly moment: number | null;
  /** What names of models must hold in the list of what-if. */
  readonly filter: string;
  /** Models that what-if lists first, whatever the filter. */
  readonly kept: readonly string[];
  /** The import that the user is asked about before it is removed. */
  readonly removing: string | null;
}

export type UiList = 'hidden' | 'full' | 'folds' | 'kept';

const MOST_KEYS = 100;

const shape = objectOf<UiState>({
  page: oneOf(...pageIds),
  query: queryShape,
  hidden: listOf(text),
  full: listOf(text),
  folds: listOf(text),
  pair: listOf(text),
  hasHull: flag,
  moment: nullable(number),
  filter: text,
  kept: listOf(text),
  removing: nullable(text),
});

export const initialUiState: UiState = {
  page: 'effective',
  query: defaultDashboardQuery,
  hidden: [],
  full: [],
  folds: [],
  pair: [],
  hasHull: false,
  moment: null,
  filter: '',
  kept: [],
  removing: null,
};

/** What was saved, or the beginning where it is none of ours, or of another version. */
export function restoreUiState(saved: unknown): UiState {
  return shape(saved) ? saved : initialUiState;
}

export function toggled(keys: readonly string[], key: string): readonly string[] {
  return keys.includes(key) ? keys.filter((other) => other !== key) : [...keys, key].slice(-MOST_KEYS);
}

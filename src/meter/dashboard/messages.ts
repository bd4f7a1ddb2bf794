import type { DashboardData, DashboardQuery } from '../../protocol/dashboard.ts';

/** What the thread is started with. */
export interface DashboardThreadData {
  readonly dataDir: string;
}

/** One piece of work; the thread does one after the other. */
export interface DashboardJob {
  readonly id: number;
  readonly query: DashboardQuery;
  readonly nowMs: number;
  /** As the user wrote them in the settings. */
  readonly priceOverrides: unknown;
}

export type FromDashboardThread =
  | { readonly type: 'progress'; readonly id: number; readonly doneShare: number }
  | { readonly type: 'done'; readonly id: number; readonly data: DashboardData }
  | { readonly type: 'failed'; readonly id: number; readonly sentence: string };

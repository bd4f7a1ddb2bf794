import type { CalibrationState } from '../domain/calibration.ts';
import type { CallRecord } from '../domain/call.ts';
import type { ReconciledCall, SessionBothWays } from '../domain/reconcile.ts';
import type {
  BudgetBooks,
  CallsQuery,
  ImportResult,
  LedgerHealth,
  LedgerReader,
  ReportQuery,
  ReportRow,
} from './contract.ts';
import type { ImportBatch, ImportCounts, ImportedLog } from './importContract.ts';

/** All that a snapshot needs from the books, in one round trip. Days are local days "YYYY-MM-DD", inclusive. */
export interface NowQuery {
  readonly today: string;
  readonly weekSince: string;
  readonly recentLimit: number;
  readonly costSinceMs: number;
}

export interface PeriodRows {
  readonly byModel: readonly ReportRow[];
  readonly bySession: readonly ReportRow[];
}

export interface NowAnswer {
  readonly today: PeriodRows;
  readonly week: PeriodRows;
  readonly recent: readonly CallRecord[];
  readonly costSince: ReturnType<LedgerReader['costSince']>;
  readonly corrections: ReturnType<LedgerReader['corrections']>;
  readonly health: LedgerHealth;
}

/** Requests about tasks and budgets: the values of the method of the same name, in its order. */
export type BudgetRequests = {
  readonly [Name in keyof BudgetBooks]: {
    readonly params: Parameters<BudgetBooks[Name]>;
    readonly result: Awaited<ReturnType<BudgetBooks[Name]>>;
  };
};

/** Requests to the ledger's thread; every one is answered once. */
export interface LedgerRequests extends BudgetRequests {
  readonly begin: { readonly params: CallRecord; readonly result: null };
  readonly update: { readonly params: CallRecord; readonly result: null };
  readonly finish: { readonly params: CallRecord; readonly result: null };
  readonly saveCalibration: { readonly params: readonly CalibrationState[]; readonly result: null };
  readonly loadCalibration: { readonly params: null; readonly result: readonly CalibrationState[] };
  readonly deleteBefore: { readonly params: number | null; readonly result: number };
  readonly report: { readonly params: ReportQuery; readonly result: readonly ReportRow[] };
  readonly calls: { readonly params: CallsQuery; readonly result: readonly CallRecord[] };
  readonly reconcile: { readonly params: string; readonly result: readonly ReconciledCall[] };
  readonly sessionsBothWays: { readonly params: number; readonly result: readonly SessionBothWays[] };
  readonly now: { readonly params: NowQuery; readonly result: NowAnswer };
  readonly bookImport: { readonly params: ImportBatch; readonly result: ImportCounts };
  readonly loadLogs: { readonly params: null; readonly result: readonly ImportedLog[] };
  /** The user's own prices, for calls of logs; as they were written. */
  readonly setPrices: { readonly params: unknown; readonly result: null };
  readonly health: { readonly params: null; readonly result: LedgerHealth };
  /** Runs that were staged in the ledger's folder. */
  readonly importStaged: { readonly params: string; readonly result: ImportResult };
  readonly removeImport: { readonly params: string; readonly result: number | null };
  readonly close: { readonly params: null; readonly result: null };
}

export type LedgerRequestName = keyof LedgerRequests;

export type LedgerRequest = {
  [Name in LedgerRequestName]: {
    readonly seq: number;
    readonly name: Name;
    readonly params: LedgerRequests[Name]['params'];
  };
}[LedgerRequestName];

/** What the thread sends: answers, and news that nobody asked for. */
export type LedgerMessage =
  | { readonly type: 'answer'; readonly seq: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly seq: number; readonly message: string }
  | { readonly type: 'health'; readonly health: LedgerHealth }
  | { readonly type: 'log'; readonly sentence: string };

export interface LedgerWorkerOptions {
  readonly path: string;
  readonly timeZone: string | null;
  /** The ledger was opened by an earlier thread of this process, whose calls in flight and holds are still this process's. */
  readonly isSuccessor: boolean;
}

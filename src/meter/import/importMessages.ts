import type { ImportBatch, ImportCounts, ImportedLog } from '../../ledger/importContract.ts';
import type { ImportReport } from '../../protocol/imports.ts';
import type { Place } from '../../readers/contract.ts';
import type { ImportProgress } from './importLogs.ts';

/** To the thread that imports. */
export type ToImporter =
  | { readonly type: 'import'; readonly id: number; readonly place: Place; readonly agent: string | null }
  | { readonly type: 'cancel' }
  /** Follows the logs of a place from now on; null follows none. */
  | { readonly type: 'follow'; readonly place: Place | null }
  /** Calls are in flight: reading takes pauses. */
  | { readonly type: 'busy'; readonly isBusy: boolean }
  | { readonly type: 'logs'; readonly seq: number; readonly logs: readonly ImportedLog[] }
  | { readonly type: 'booked'; readonly seq: number; readonly counts: ImportCounts }
  | { readonly type: 'refused'; readonly seq: number; readonly sentence: string };

/** From it. Whatever has a `seq` is answered. */
export type FromImporter =
  | { readonly type: 'loadLogs'; readonly seq: number }
  | { readonly type: 'book'; readonly seq: number; readonly batch: ImportBatch }
  | { readonly type: 'progress'; readonly progress: ImportProgress }
  | { readonly type: 'done'; readonly id: number; readonly report: ImportReport }
  | { readonly type: 'failed'; readonly id: number; readonly sentence: string }
  | { readonly type: 'log'; readonly sentence: string };

import type { CallRecord } from '../../domain/call.ts';
import type { RunBooks } from '../../ledger/contract.ts';
import type { LedgerWorker } from '../../ledger/startLedgerWorker.ts';
import type { MeterSettings, MeterStatus, WorkspaceBaseUrls, WorkspaceParams } from '../../protocol/control.ts';
import type { NowSnapshot } from '../../protocol/snapshot.ts';
import type { TasksSnapshot } from '../../protocol/tasks.ts';
import type { TaskOffice } from '../budget/taskOffice.ts';
import type { Comparisons } from '../dashboard/comparisons.ts';
import type { ImportDesk } from '../import/importDesk.ts';
import { importHandlers } from '../import/importHandlers.ts';
import { readBeforeMs, readRecords, readSettings, readVersion, readWorkspace } from './controlParams.ts';
import type { ControlHandlers } from './controlServer.ts';
import { dashboardHandlers } from './dashboardHandlers.ts';
import { reconcileHandlers } from './reconcileHandlers.ts';
import { runHandlers } from './runHandlers.ts';
import { taskHandlers } from './taskHandlers.ts';

/** What clients may ask of the meter, with parameters already read and checked. */
export interface MeterOperations {
  status(): MeterStatus;
  snapshot(): Promise<NowSnapshot>;
  /** Resolves to sentences about what was not accepted. */
  configure(settings: MeterSettings): Promise<readonly string[]>;
  connectWorkspace(workspace: WorkspaceParams): WorkspaceBaseUrls;
  /** Resolves to the number of calls that were deleted; rejects with a sentence where the disk refuses. */
  deleteData(beforeMs: number | null): Promise<number>;
  book(records: readonly CallRecord[]): Promise<number>;
  /** Resolves to the number of calls that are still in flight. */
  handOver(version: string): Promise<number>;
  shutDown(): void;
  readonly office: TaskOffice;
  /** Resolves to sentences about what was left out. */
  setBudgetPolicy(policy: unknown): Promise<readonly string[]>;
  tasks(): Promise<TasksSnapshot>;
  readonly runs: RunBooks;
  readonly views: Pick<LedgerWorker, 'reconcile' | 'sessionsBothWays'>;
  readonly imports: ImportDesk;
  readonly comparisons: Pick<Comparisons, 'ask' | 'cancel'>;
}

/** One handler for each entry of the control map. */
export function createControlHandlers(meter: MeterOperations): ControlHandlers {
  return {
    status: async () => meter.status(),
    snapshot: () => meter.snapshot(),
    configure: async (params) => ({ problems: await meter.configure(readSettings(params)) }),
    connectWorkspace: async (params) => meter.connectWorkspace(readWorkspace(params)),
    deleteData: async (params) => ({ deleted: await meter.deleteData(readBeforeMs(params)) }),
    book: async (params) => ({ booked: await meter.book(readRecords(params)) }),
    handover: async (params) => ({ inFlight: await meter.handOver(readVersion(params)) }),
    shutdown: async () => {
      meter.shutDown();
      return {};
    },
    ...taskHandlers(meter),
    ...runHandlers(meter.runs),
    ...importHandlers(meter.imports),
    ...dashboardHandlers(meter.comparisons),
    ...reconcileHandlers(meter.views),
  };
}

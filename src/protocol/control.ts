import type { CallRecord } from '../domain/call.ts';
import type { DashboardControlMap } from './dashboard.ts';
import type { ImportControlMap } from './imports.ts';
import type { ReconcileControlMap } from './reconcile.ts';
import type { RunControlMap } from './runs.ts';
import type { NowSnapshot } from './snapshot.ts';
import type { TaskControlMap } from './tasks.ts';

/**
 * The control API between the meter and its clients (windows, CLI): `POST /control/<name>` with the control token as
 * `Authorization: Bearer`, a JSON body of `params`, a JSON answer of `result`; and `GET /control/watch`, an SSE stream of
 * whole `NowSnapshot`s, one at once and then at most four a second.
 */
export interface ControlMap
  extends TaskControlMap,
    RunControlMap,
    ImportControlMap,
    ReconcileControlMap,
    DashboardControlMap {
  readonly status: { readonly params: Record<string, never>; readonly result: MeterStatus };
  readonly snapshot: { readonly params: Record<string, never>; readonly result: NowSnapshot };
  readonly configure: { readonly params: MeterSettings; readonly result: { readonly problems: readonly string[] } };
  readonly connectWorkspace: { readonly params: WorkspaceParams; readonly result: WorkspaceBaseUrls };
  readonly deleteData: {
    readonly params: { readonly beforeMs: number | null };
    readonly result: { readonly deleted: number };
  };
  /** A draining meter hands its last calls to its successor. */
  readonly book: {
    readonly params: { readonly records: readonly CallRecord[] };
    readonly result: { readonly booked: number };
  };
  /** Asks an older meter to free its port and its lock for a newer one, and to end once its calls in flight are done. */
  readonly handover: { readonly params: { readonly version: string }; readonly result: { readonly inFlight: number } };
  readonly shutdown: { readonly params: Record<string, never>; readonly result: Record<string, never> };
}

export type ControlName = keyof ControlMap;

export interface MeterStatus {
  readonly version: string;
  readonly pid: number;
  readonly port: number;
  readonly demo: boolean;
  readonly inFlight: number;
  readonly clients: number;
  readonly baseUrls: Readonly<Record<string, string>>;
}

/** Settings that windows pass to the meter; all machine-scoped. */
export interface MeterSettings {
  readonly metering: boolean;
  /** As the user wrote them: checked by the meter, problems reported back in sentences. */
  readonly priceOverrides: unknown;
  /** Days that calls are kept; 0 keeps them for ever. */
  readonly retentionDays: number;
  /** Read agents' own logs and follow them; left out is no. */
  readonly readLogs?: boolean;
}

export interface WorkspaceParams {
  /** Stable over reloads: letters, digits and dashes. */
  readonly workspaceId: string;
  readonly title: string;
  /** A user's own base URLs by route id, chained as our upstream; never from a workspace. */
  readonly upstreams: Readonly<Record<string, string>>;
}

export interface WorkspaceBaseUrls {
  readonly baseUrls: Readonly<Record<string, string>>;
  /** Sentences about upstreams that were not accepted, by route id. */
  readonly refused: Readonly<Record<string, string>>;
}

/** The lock file `meter.json` in the data folder, mode 0600. */
export interface MeterLock {
  readonly port: number;
  readonly token: string;
  readonly controlToken: string;
  readonly pid: number;
  readonly version: string;
}

/** The one line that `dist/meter.js` prints when it is ready. Stable interface. */
export interface MeterReady {
  readonly port: number;
  readonly token: string;
  readonly pid: number;
  readonly baseUrls: Readonly<Record<string, string>>;
  /** Only where no lock file could be written, so that the window that started this meter can still talk to it. */
  readonly controlToken?: string;
}

import type { AuthKind } from '../domain/api.ts';
import type { AccountState, Amounts, Dimension, Refusal, ScopedLimits } from '../domain/budget.ts';
import type { CalibrationState } from '../domain/calibration.ts';
import type { CallRecord } from '../domain/call.ts';
import type { LogCorrection, SessionPart } from '../domain/logCorrection.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { ReconciledCall, SessionBothWays } from '../domain/reconcile.ts';
import type { Run, RunListPrice } from '../domain/run.ts';
import type { Task, TaskEvent, TaskState } from '../domain/task.ts';
import type { HistoryRow, HistoryRowKey, ModelUsageRow } from '../domain/usageRows.ts';

export type ReportKey = 'model' | 'session' | 'day' | 'agent' | 'month' | 'folder' | 'branch' | 'task' | 'effort';

/** A row of `report`: sums over calls of one key and one kind of authorisation. */
export interface ReportRow {
  readonly key: string;
  readonly auth: AuthKind;
  readonly calls: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number;
  /** Null only where no call of the row has a count. */
  readonly thinkingTokens: number | null;
  /** Calls whose thinking is unknown; where it is above 0 the sum is a lower bound. */
  readonly unknownThinkingCalls: number;
  /** Thinking that was seen but not reported, a lower bound; not part of `thinkingTokens`. */
  readonly thinkingAtLeastTokens: number;
  readonly webSearches: number;
  /** Null only where no call of the row has a price. */
  readonly costNanoUsd: NanoUsd | null;
  readonly inputNanoUsd: NanoUsd;
  readonly cacheNanoUsd: NanoUsd;
  readonly thinkingNanoUsd: NanoUsd;
  readonly outputNanoUsd: NanoUsd;
  readonly unpricedCalls: number;
  /** Calls whose counts are estimates. */
  readonly estimatedCalls: number;
  /** Calls that were seen in part (a stream that was cut, a log that leaves some out): their counts are lower bounds. */
  readonly partialCalls: number;
  /** Of the calls, those that only agents' logs tell of. */
  readonly toldCalls: number;
  readonly lastCallAtMs: number;
  /** The agent of the row's newest call; handy for sessions. */
  readonly agent: string;
  /** The model of the row's newest call. */
  readonly model: string;
}

export interface ReportQuery {
  readonly by: ReportKey;
  /** Local days "YYYY-MM-DD", inclusive; open where left out. */
  readonly sinceDay?: string;
  readonly untilDay?: string;
  readonly workspaceId?: string;
}

export interface SessionPartsQuery {
  /** "taskId" names tasks by their id alone. */
  readonly by: ReportKey | 'taskId';
  readonly agents: readonly string[];
  readonly sinceDay?: string;
}

export interface CallsQuery {
  readonly limit?: number;
  readonly sinceMs?: number;
  readonly id?: string;
}

/** Reads of the books; every answer is newest first or largest first, as said. In-flight calls are left out. */
export interface LedgerReader {
  /** Largest cost first. */
  report(query: ReportQuery): readonly ReportRow[];
  /** Newest first. */
  calls(query: CallsQuery): readonly CallRecord[];
  /**
   * Cost of calls that ended at or after `sinceMs`, one figure for each kind of authorisation. What only logs tell of, where none says who
   * paid, is no bill and left out.
   */
  costSince(sinceMs: number): readonly { readonly auth: AuthKind; readonly costNanoUsd: NanoUsd }[];
  /** The calls of a session as the wire and as logs saw them, oldest first. */
  reconcile(session: string): readonly ReconciledCall[];
  /** The sessions that `reconcile` has something to compare of, the one with the newest call first; at most `limit`. */
  sessionsBothWays(limit: number): readonly SessionBothWays[];
  /** Tasks that have calls: active, open, finished, each newest first; at most `limit` open and `limit` finished. `find` is a part of the title, '' for all. */
  taskHeads(find: string, limit: number): readonly TaskHead[];
  /** What one task used so far, dearest first; empty for no such task. */
  taskUsage(taskId: string): readonly TaskUsageRow[];
  /** What the newest finished calls tell of their requests, newest first. */
  newestRequests(limit: number): readonly NewestRequest[];
  /** By how much logs tell too little, of each agent of which enough sessions were seen both ways. */
  corrections(): readonly LogCorrection[];
  /** What sessions of these agents had by key and local day, from rollups; see `lowerBoundParts`. */
  sessionParts(query: SessionPartsQuery): readonly SessionPart[];
  /** Imports of runs, newest first. */
  imports(): readonly ImportSummary[];
  /** The runs of one import, or of all. */
  importedRuns(name: string | null): readonly Run[];
  /** A run for each finished task of the user's own work. */
  taskRuns(): TaskRuns;
  /** The list price of each model by its newest call; models without a price are missing. */
  latestPrices(): ReadonlyMap<string, RunListPrice>;
  /** All use by model, effort, agent and authorisation, from rollups. */
  modelUsage(): readonly ModelUsageRow[];
  /** Use by key and local day, newest day first, from rollups. */
  history(by: HistoryRowKey): readonly HistoryRow[];
  /** Titles of all tasks, by their id. */
  taskTitles(): ReadonlyMap<string, string>;
  close(): void;
}

export interface TaskHead {
  readonly id: string;
  readonly title: string;
  readonly state: TaskState;
  /** Calls of a workspace go to it. */
  readonly isActive: boolean;
}

/** Sums over a task's calls of one model, authorisation and role; null where a call of them has no count or no price. */
export interface TaskUsageRow {
  readonly model: string;
  readonly auth: AuthKind;
  readonly isSubAgent: boolean;
  readonly calls: number;
  readonly costNanoUsd: NanoUsd | null;
  readonly inputTokens: number | null;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number | null;
  readonly thinkingTokens: number | null;
}

/** What a finished call tells of its request. */
export interface NewestRequest {
  readonly id: string;
  readonly startedAtMs: number;
  readonly model: string;
  readonly agent: string;
  readonly effort: string | null;
  readonly session: string;
  readonly subAgent: string | null;
  /** All prompt tokens, cached or not. */
  readonly promptTokens: number | null;
  readonly thinkingTokens: number | null;
  /** Tools that its answer asked for. */
  readonly toolCalls: number;
  readonly isOk: boolean;
}

export interface ImportSummary {
  readonly name: string;
  /** The name of the file that it came from last. */
  readonly file: string;
  readonly importedAtMs: number;
  readonly runs: number;
}

/** Runs that are to be imported under one name; their origin names it as well. */
export interface ImportRequest {
  readonly name: string;
  readonly file: string;
  readonly atMs: number;
  readonly runs: readonly Run[];
}

export interface ImportResult {
  readonly added: number;
  /** Runs that the import had already. */
  readonly known: number;
}

export interface TaskRuns {
  readonly runs: readonly Run[];
  /** Finished tasks that several main models shared; they have no run. */
  readonly sharedTasks: number;
}

/** Writes about runs. Reject with a sentence where the disk refuses; what is written is committed whole or not at all. */
export interface RunBooks {
  /** Imports runs that another process of this user has staged as a file in the data folder; see `stagedRuns`. Importing the same again adds nothing. */
  importStaged(staged: string): Promise<ImportResult>;
  /** Returns how many runs went with it; null where there is no such import. */
  removeImport(name: string): Promise<number | null>;
}

export type LedgerHealth =
  | { readonly state: 'ok' }
  /** Set aside because it was damaged; a new one was begun. */
  | { readonly state: 'recovered'; readonly setAsidePath: string }
  /** Writes fail (disk full, read-only); rows wait in memory, `waiting` of them, at most `limit`. */
  | { readonly state: 'waiting'; readonly reason: string; readonly waiting: number; readonly dropped: number }
  /** Not on disk at all: the data folder cannot be written. */
  | { readonly state: 'memory'; readonly reason: string }
  /** Written by a newer Outlay: read, not written. */
  | { readonly state: 'newer-schema'; readonly reason: string };

/**
 * Writes; each resolves once the row is durable (committed), or waits in memory when the disk refuses. Never rejects for I/O,
 * except `deleteBefore`, which rejects with a sentence where nothing could be deleted.
 */
export interface LedgerWriter {
  /** Books a call that has begun, so that a crash leaves a trace of it. */
  begin(record: CallRecord): Promise<void>;
  /** Replaces a begun call's interim figures. */
  update(record: CallRecord): Promise<void>;
  /** Books a finished call and its rollups in one transaction. Idempotent by `id`. */
  finish(record: CallRecord): Promise<void>;
  saveCalibration(states: readonly CalibrationState[]): Promise<void>;
  loadCalibration(): Promise<readonly CalibrationState[]>;
  /** Deletes finished calls that started before the instant (all when null), with their rollups. Returns how many. Calls in flight stay. */
  deleteBefore(beforeMs: number | null): Promise<number>;
  health(): Promise<LedgerHealth>;
  close(): Promise<void>;
}

/** A call that asks to be admitted. */
export interface AdmitRequest {
  readonly callId: string;
  readonly atMs: number;
  readonly provider: string;
  readonly model: string;
  readonly auth: AuthKind;
  readonly taskId: string | null;
  readonly workspaceId: string;
  /** What the call reserves, in every dimension. `costNanoUsd` is charged as billed or as subscription use, by `auth`. */
  readonly hold: Amounts;
  readonly priceVersion: string | null;
  /** Limits of folder and machine that concern this call. Those of the task are read from the books, in the same transaction. */
  readonly limits: readonly ScopedLimits[];
  /** The accounts that the call is booked in, its task's left out: see `accountKeys` of src/budget. */
  readonly accountKeys: readonly string[];
}

export type AdmitAnswer = { readonly kind: 'admitted' } | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface TaskWithAccount {
  readonly task: Task;
  readonly account: AccountState;
  /** Agents and sessions of its calls, newest first, at most 20. */
  readonly sessions: readonly { readonly session: string; readonly agent: string; readonly lastCallAtMs: number }[];
}

export interface SessionBinding {
  readonly session: string;
  /** Null: the user took the session out of every task. */
  readonly taskId: string | null;
  /** The user moved it there, which counts above what a base URL names. */
  readonly isMoved: boolean;
}

/** What the meter keeps beside calls; all of it survives a crash. */
export interface TaskBooks {
  readonly tasks: readonly TaskWithAccount[];
  readonly bindings: readonly SessionBinding[];
  /** The active task of each workspace that has one. */
  readonly active: readonly { readonly workspaceId: string; readonly taskId: string }[];
}

/**
 * Tasks, budgets and holds. Everything rejects with a sentence where the disk refuses, since none of it may be forgotten. Spend
 * reaches accounts with `finish`, in the transaction that books the call: that is also what settles its hold, exactly once.
 */
export interface BudgetBooks {
  /** One transaction over all limits; the hold is committed when this resolves to `admitted`. A call id that has a hold keeps it. */
  admit(request: AdmitRequest): Promise<AdmitAnswer>;
  /** Raises a hold to new amounts where the limits allow it; a refused one stays as it was. A call without a hold is refused. */
  topUp(callId: string, hold: Amounts, limits: readonly ScopedLimits[]): Promise<AdmitAnswer>;
  /** Nothing was sent: the hold ends with no charge. Does nothing to a hold that is not open. */
  release(callId: string): Promise<void>;
  /** Bytes were sent and no record came: the whole hold is charged, marked estimated. Does nothing to a hold that is not open. */
  chargeWhole(callId: string): Promise<void>;
  loadTasks(): Promise<TaskBooks>;
  /** The state of one task, from the books. */
  task(taskId: string): Promise<TaskWithAccount | null>;
  /** Adds a task, or replaces its fields (not its account). */
  saveTask(task: Task): Promise<void>;
  /** Adds to one limit, in a transaction, so that two extensions at once both count; a dimension without a limit is left alone. */
  extendTask(taskId: string, dimension: Dimension, by: number): Promise<Task | null>;
  /** Its calls stay, without a task; its account and events go. Open holds go on in the other accounts. */
  deleteTask(taskId: string): Promise<void>;
  setActive(workspaceId: string, taskId: string | null): Promise<void>;
  /** Binds a session, and moves its calls with their charges and open holds from the task that they had. Resolves to the calls moved. */
  bindSession(session: string, taskId: string | null, moveCalls: boolean): Promise<number>;
  addEvent(event: TaskEvent): Promise<void>;
  /** Newest first. */
  events(taskId: string | null, limit: number): Promise<readonly TaskEvent[]>;
  accounts(keys: readonly string[]): Promise<readonly AccountState[]>;
  /** Output tokens of the newest finished calls, for the amounts that steady holds begin with. */
  recentOutputs(
    limit: number,
  ): Promise<readonly { readonly agent: string; readonly model: string; readonly outputTokens: number }[]>;
  /** A small JSON value that survives restarts (the user's limits). */
  savePolicy(value: unknown): Promise<void>;
  loadPolicy(): Promise<unknown>;
}

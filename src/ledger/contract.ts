import type { AuthKind } from '../domain/api.ts';
import type { CalibrationState } from '../domain/calibration.ts';
import type { CallRecord } from '../domain/call.ts';
import type { NanoUsd } from '../domain/money.ts';

export type ReportKey = 'model' | 'session' | 'day' | 'agent';

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
  readonly estimatedCalls: number;
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
  /** Cost of calls that ended at or after `sinceMs`, one figure for each kind of authorisation. */
  costSince(sinceMs: number): readonly { readonly auth: AuthKind; readonly costNanoUsd: NanoUsd }[];
  close(): void;
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

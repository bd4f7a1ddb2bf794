import type { ApiKind, AuthKind, ProviderId } from '../domain/api.ts';
import type { CallCost, UsageProvenance } from '../domain/call.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { Usage, UsagePart } from '../domain/usage.ts';

/** One call as a log told of it, ready for the books. */
export interface ImportedCall {
  /** The identity over all logs, 32 hex digits; see `identityOf`. */
  readonly id: string;
  readonly responseId: string | null;
  readonly requestId: string | null;
  readonly agent: string;
  readonly session: string;
  readonly subAgent: string | null;
  readonly workspaceId: string;
  readonly provider: ProviderId;
  readonly api: ApiKind;
  readonly auth: AuthKind;
  readonly model: string;
  readonly effort: string | null;
  readonly atMs: number;
  readonly durationMs: number | null;
  readonly usage: Usage;
  /** Only where shares of the usage have prices of their own (an advisor's); they add up to it. */
  readonly parts?: readonly UsagePart[];
  /**
   * What is told is the sum of several calls: it is none to count, and no rate that follows from a prompt's size applies. It is over what was
   * called from `atMs` for `durationMs`; calls of it that are in the books by themselves are taken out of it.
   */
  readonly isSum: boolean;
  /** A sum over all models of its session, of which `model` is one. */
  readonly isOfAllModels?: boolean;
  readonly provenance: UsageProvenance;
  readonly billedNanoUsd: NanoUsd | null;
  readonly serviceTier: string | null;
  readonly speed: string | null;
  readonly inferenceGeo: string | null;
}

/** What is kept of a log, so that only what is new in it is read. */
export interface ImportedLog {
  readonly path: string;
  readonly agent: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly inode: number;
  readonly offset: number;
  readonly lines: number;
  readonly fingerprint: string;
  /** JSON. */
  readonly state: string;
  /** The session of the log, for formats whose forks repeat others. */
  readonly sessionId: string | null;
  /** The session whose log may yet tell that some of this log's calls are its own; this log is read anew when that one changes. */
  readonly parentId: string | null;
}

/** Booked in one transaction: a log's place moves on exactly when its calls are in the books. */
export interface ImportBatch {
  readonly calls: readonly ImportedCall[];
  readonly logs: readonly ImportedLog[];
  /** Identities under which a log told of calls that have turned out to be another log's: their rows go, before `calls` are booked. */
  readonly retracted?: readonly string[];
}

export interface ImportCounts {
  /** Calls that were not in the books. Sums of several are none. */
  readonly added: number;
  /** Observations of calls that the books had. */
  readonly merged: number;
  /** Of a time that the user deleted. */
  readonly forgotten: number;
  /** Of the added ones, at API prices; what has no price is left out. */
  readonly addedNanoUsd: NanoUsd;
  /** When the first of the added ones was made; null for none. */
  readonly firstAtMs: number | null;
}

/** Prices one imported call. Pure; the ledger is given it, since prices are no business of its own. */
export type PriceImported = (query: {
  readonly provider: ProviderId;
  readonly model: string;
  readonly usage: Usage;
  readonly atMs: number;
  readonly serviceTier: string | null;
  readonly speed: string | null;
  readonly inferenceGeo: string | null;
  readonly billedNanoUsd: NanoUsd | null;
  /** See `ImportedCall`. */
  readonly isSum: boolean;
}) => CallCost;

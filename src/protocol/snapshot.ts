import type { ApiKind, AuthKind, ProviderId } from '../domain/api.ts';
import type { CallRecord } from '../domain/call.ts';
import type { Figure } from '../domain/figure.ts';
import type { CorrectedCost } from '../domain/logCorrection.ts';
import type { QuotaWindow } from '../domain/quota.ts';
import type { TasksSnapshot } from './tasks.ts';

/** Dollar figures are in nano-USD, as in the ledger; only `format.ts` turns them into text. */
export interface SpendFigures {
  readonly costNanoUsd: Figure;
  readonly inputNanoUsd: Figure;
  readonly cacheNanoUsd: Figure;
  readonly thinkingNanoUsd: Figure;
  readonly outputNanoUsd: Figure;
  readonly inputTokens: Figure;
  readonly cacheTokens: Figure;
  readonly thinkingTokens: Figure;
  readonly visibleTokens: Figure;
  readonly calls: number;
  readonly unpricedCalls: number;
  /** With counts that are estimates. */
  readonly estimatedCalls: number;
  /** With counts that are lower bounds. */
  readonly partialCalls: number;
  /** Of the calls, those that only agents' logs tell of. */
  readonly toldCalls: number;
  /** What the cost may come to where logs tell a lower bound of it, by what was learned; left out where there is nothing to say. */
  readonly corrected?: CorrectedCost;
}

/** One line of "per model" or "per session". Billed and subscription use are separate rows and are never added up. */
export interface SpendRow {
  readonly key: string;
  readonly auth: AuthKind;
  readonly agent: string;
  readonly model: string;
  readonly lastCallAtMs: number;
  readonly spend: SpendFigures;
}

export interface PeriodSpend {
  /** Calls with a key or with unknown authorisation: real money. Null when there was no such call. */
  readonly billed: SpendFigures | null;
  /** Subscription calls at API prices: no bill. Null when there was no such call. */
  readonly subscription: SpendFigures | null;
  readonly byModel: readonly SpendRow[];
  readonly bySession: readonly SpendRow[];
}

/** A call in flight, as counted so far. */
export interface LiveCall {
  readonly id: string;
  readonly startedAtMs: number;
  readonly workspaceId: string;
  /** Null for none (yet). */
  readonly taskId: string | null;
  readonly agent: string;
  readonly session: string;
  readonly model: string;
  readonly auth: AuthKind;
  readonly api: ApiKind;
  readonly phase: 'waiting' | 'thinking' | 'answering';
  readonly inputTokens: Figure;
  readonly thinkingTokens: Figure;
  readonly visibleTokens: Figure;
  readonly costNanoUsd: Figure;
  readonly ttftMs: number | null;
}

/** Subscription windows, as the newest responses of this meter's life told of them. */
export interface ProviderQuota {
  readonly provider: ProviderId;
  readonly auth: AuthKind;
  /** At least one; each has its own age. */
  readonly windows: readonly QuotaWindow[];
}

/** One clear sentence for the user. `id` is stable so that a surface can show it once. */
export interface Notice {
  readonly id: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly text: string;
}

export interface MeterFacts {
  readonly version: string;
  readonly pid: number;
  readonly port: number;
  readonly startedAtMs: number;
  readonly bookVersion: string;
  readonly demo: boolean;
  readonly draining: boolean;
  /** The capture switch of any client is on; off means bare pass-through for terminals that still hold the address. */
  readonly metering: boolean;
}

/** What comparisons say of a model in use. */
export interface ModelMark {
  /** As calls name it. */
  readonly model: string;
  /** In words, without a capital: "lists less than gpt-5.2 and costs more; not on the cost-success frontier". */
  readonly text: string;
}

/** The whole of what a surface shows. Always complete, never a difference; a higher revision replaces a lower one. */
export interface NowSnapshot {
  readonly revision: number;
  readonly generatedAtMs: number;
  readonly meter: MeterFacts;
  readonly today: PeriodSpend;
  readonly week: PeriodSpend;
  /** Billed dollars an hour over the last ten minutes, calls in flight included; subscription use is no bill. */
  readonly rateNanoUsdPerHour: Figure;
  /** Empty where no response has told of any since the meter started. */
  readonly quotas: readonly ProviderQuota[];
  readonly live: readonly LiveCall[];
  readonly tasks: TasksSnapshot;
  /** The newest finished calls, at most 50. */
  readonly recent: readonly CallRecord[];
  readonly notices: readonly Notice[];
  /** Of models that were compared; empty where there is nothing to say. */
  readonly marks: readonly ModelMark[];
}

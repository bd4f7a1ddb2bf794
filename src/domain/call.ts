import type { ApiKind, AuthKind, ProviderId } from './api.ts';
import type { NanoUsd } from './money.ts';
import type { Usage, UsagePart } from './usage.ts';

/** How a call ended. `lost` is a call whose meter died before the end was seen. */
export type CallStatus = 'ok' | 'error' | 'truncated' | 'aborted' | 'lost';

/** Where a usage comes from: the provider's own report, our estimate, or a stream that was cut. */
export type UsageProvenance = 'reported' | 'estimated' | 'partial';

/** Where a cost comes from: charged by the provider, usage x price book, or not known. */
export type CostProvenance = 'billed' | 'priced' | 'unpriced';

/** What saw the call. */
export type CallSource = 'gateway' | 'host' | 'transcript';

/** The rates that a cost was computed with, in nano-USD per million tokens (per 1,000 for searches), after all modifiers. */
export interface RatesUsed {
  readonly model: string;
  readonly inputNanoUsdPerMtok: number;
  readonly cacheReadNanoUsdPerMtok: number;
  readonly cacheWrite5mNanoUsdPerMtok: number;
  readonly cacheWrite1hNanoUsdPerMtok: number;
  readonly outputNanoUsdPerMtok: number;
  readonly webSearchNanoUsdPerThousand: number;
  /** Modifiers in words, for example "batch x0.5"; empty for plain list prices. */
  readonly modifiers: readonly string[];
}

/** A cost split by what it was paid for; the parts add up to the whole. */
export interface CostSplit {
  readonly inputNanoUsd: NanoUsd;
  readonly cacheNanoUsd: NanoUsd;
  readonly thinkingNanoUsd: NanoUsd;
  /** Output that is not known to be thinking, and searches. */
  readonly outputNanoUsd: NanoUsd;
}

/** The cost of a call and how it was found. An unknown model is `unpriced` and has no amount. */
export interface CallCost {
  readonly costNanoUsd: NanoUsd | null;
  readonly provenance: CostProvenance;
  readonly split: CostSplit | null;
  /** One entry a usage part that was priced. */
  readonly rates: readonly RatesUsed[];
  /** For example "genai-prices 0.1.8 (2026-11-20)"; null when nothing was priced. */
  readonly priceVersion: string | null;
}

/** One request to an LLM API and its response, as the ledger keeps it. Holds no prompt, no answer, no key, no header. */
export interface CallRecord {
  /** UUID version 7, made when the request arrived. */
  readonly id: string;
  readonly startedAtMs: number;
  readonly durationMs: number | null;
  /** Time from the request's arrival to the first response byte that carries content; null if none came. */
  readonly ttftMs: number | null;
  readonly workspaceId: string;
  /** The task that the call belongs to; null for none (yet). */
  readonly taskId: string | null;
  readonly agent: string;
  /** The agent's own session id verbatim, or a group made of workspace, agent and idle gap. */
  readonly session: string;
  /** A sub-agent's own id, where the agent sends one. */
  readonly subAgent: string | null;
  readonly provider: ProviderId;
  readonly api: ApiKind;
  readonly auth: AuthKind;
  readonly source: CallSource;
  /** The model that answered, or the requested one where the response named none. */
  readonly model: string;
  readonly requestedModel: string | null;
  readonly effort: string | null;
  readonly status: CallStatus;
  readonly httpStatus: number | null;
  /** The provider's short error type, never its message, which may quote the prompt. */
  readonly errorType: string | null;
  readonly requestId: string | null;
  readonly responseId: string | null;
  readonly usage: Usage;
  /** Only where the call has more than one part. */
  readonly parts: readonly UsagePart[];
  /** A lower bound of hidden thinking that was seen streaming, where the true count is unknown. */
  readonly thinkingAtLeastTokens: number | null;
  readonly provenance: UsageProvenance;
  readonly cost: CallCost;
  /** The cost of each entry of `parts`, in order; empty where `parts` is. */
  readonly partCosts: readonly CallCost[];
  /** What the decoder could not read, in short words. */
  readonly problems: readonly string[];
}

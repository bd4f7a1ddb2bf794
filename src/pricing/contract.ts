import type { ProviderId } from '../domain/api.ts';
import type { CallCost } from '../domain/call.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { Usage } from '../domain/usage.ts';

/** Everything besides the token counts that decides a price. */
export interface PriceQuery {
  readonly provider: ProviderId;
  readonly model: string;
  readonly usage: Usage;
  /** When the call started; prices are dated. */
  readonly atMs: number;
  readonly serviceTier: string | null;
  readonly speed: string | null;
  readonly inferenceGeo: string | null;
  /** What the provider says it charged; wins over the book, but not over a user override. */
  readonly billedNanoUsd: NanoUsd | null;
  /** The usage is the sum of several calls, so that no prompt's length is known and no rates of long ones apply. */
  readonly isSum?: boolean;
}

/** Decides the cost of a usage. Pure: the same query always gives the same answer from the same book and overrides. */
export interface Pricer {
  price(query: PriceQuery): CallCost;
  /** For example "genai-prices 0.1.8 (2026-11-20)". */
  readonly bookVersion: string;
}

/** A user's own price, as written in settings: USD per million tokens. Rates that are left out keep the book's. */
export interface PriceOverride {
  /** A glob on "provider/model" or on the model alone. */
  readonly match: string;
  readonly inputUsdPerMtok?: number;
  readonly outputUsdPerMtok?: number;
  readonly cacheReadUsdPerMtok?: number;
  readonly cacheWrite5mUsdPerMtok?: number;
  readonly cacheWrite1hUsdPerMtok?: number;
  readonly webSearchUsdPerThousand?: number;
  /** Multiplies every rate that results. */
  readonly multiplier?: number;
  /** ISO date from which the override holds. */
  readonly from?: string;
}

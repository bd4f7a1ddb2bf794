/** An amount in integers of 1e-9 USD. Safe in a double up to about nine million dollars, far above any ledger's total. */
export type NanoUsd = number;

export const NANO_USD_PER_USD = 1_000_000_000;

/** Dollars of an amount, for views and reports only; books and sums stay in nano-USD. */
export function usdOf(amountNanoUsd: NanoUsd): number {
  return amountNanoUsd / NANO_USD_PER_USD;
}

/** The nearest whole nano-USD of a dollar figure that somebody else reported. Returns null for anything that is no finite, non-negative number. */
export function nanoUsdOf(usd: number): NanoUsd | null {
  if (!Number.isFinite(usd) || usd < 0) return null;
  const amount = Math.round(usd * NANO_USD_PER_USD);
  return Number.isSafeInteger(amount) ? amount : null;
}

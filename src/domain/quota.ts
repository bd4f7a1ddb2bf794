/** One window of a subscription, as a response last told of it: so much of what the provider grants in this time is used. */
export interface QuotaWindow {
  /**
   * How long it is, as "5h", "7d" or "30d", with the provider's own name of what it is limited to after a "_" ("7d_opus");
   * "primary" or "secondary" where the provider did not say how long.
   */
  readonly id: string;
  /** From 0 to 1. */
  readonly usedShare: number;
  /** Wall clock; null where the provider did not say. */
  readonly resetsAtMs: number | null;
  /** When the response came that told of it. */
  readonly observedAtMs: number;
}

/** What goes a little beyond the grant is all of it; a figure beyond this is in another unit or nonsense. */
const MOST_SHARE = 1.5;
const MS_PER_DAY = 24 * 3_600_000;
/** A window that ended just now may still be told of, by a clock that differs from ours. */
const LONGEST_PAST_MS = MS_PER_DAY;
const LONGEST_AHEAD_MS = 400 * MS_PER_DAY;

/** A window of what was told of it; null where its use is missing or cannot be. A reset that cannot be is none. */
export function quotaWindow(told: {
  readonly id: string;
  readonly usedShare: number | null;
  readonly resetsAtMs: number | null;
  readonly observedAtMs: number;
}): QuotaWindow | null {
  const { id, usedShare, resetsAtMs, observedAtMs } = told;
  if (usedShare === null || !(usedShare >= 0 && usedShare <= MOST_SHARE)) return null;
  const aheadMs = resetsAtMs === null ? Number.NaN : resetsAtMs - observedAtMs;
  const isPossible = aheadMs >= -LONGEST_PAST_MS && aheadMs <= LONGEST_AHEAD_MS;
  // Adding 0 makes -0 a 0.
  return { id, usedShare: Math.min(1, usedShare) + 0, resetsAtMs: isPossible ? resetsAtMs : null, observedAtMs };
}

const unitsMs = { d: MS_PER_DAY, h: 3_600_000, min: 60_000 } as const;
export type WindowUnit = keyof typeof unitsMs;

export interface WindowLength {
  readonly count: number;
  readonly unit: WindowUnit;
  readonly lengthMs: number;
}

/** How long a window is by its id; null where the id does not say. */
export function windowLength(id: string): WindowLength | null {
  const match = /^([1-9]\d{0,6})(d|h|min)(?:_|$)/.exec(id);
  if (match === null) return null;
  const count = Number(match[1]);
  const unit = match[2] as WindowUnit;
  return { count, unit, lengthMs: count * unitsMs[unit] };
}

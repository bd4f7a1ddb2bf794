/** How near a limit spend has come. */
export type SoftMark = 'below' | 'soft75' | 'soft90' | 'at-line';

/**
 * The mark of a limit by what is spent alone: what is held may come back. 75 % and 90 % are reached at exactly that share, the line at
 * exactly the limit; a limit of 0 is at the line. Amounts in the unit of the limit.
 */
export function softMark(spent: number, limit: number): SoftMark {
  if (spent >= limit) return 'at-line';
  if (spent * 10 >= limit * 9) return 'soft90';
  return spent * 4 >= limit * 3 ? 'soft75' : 'below';
}

/** Spent and held of a limit in whole percent, rounded down, from 0 to 100; 100 only at the line. A limit of 0 is at 100. */
export function usedPercent(used: number, limit: number): number {
  if (used >= limit) return 100;
  // The division alone could round up to the line.
  return Math.min(99, Math.max(0, Math.floor((used / limit) * 100)));
}

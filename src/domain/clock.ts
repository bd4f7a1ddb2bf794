/** Time as a capability, so that tests own it. */
export interface Clock {
  /** Wall clock in milliseconds since 1970, UTC. */
  nowMs(): number;
  /** Monotonic milliseconds, for durations. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/**
 * Options of Node that the meter is started with. Left alone, V8 lets the young generation of each of its three threads grow to a
 * hundred megabytes under load, for a little less work of the collector; calls are short-lived, so that a few are enough.
 */
export const meterNodeFlags: readonly string[] = ['--max-semi-space-size=2'];

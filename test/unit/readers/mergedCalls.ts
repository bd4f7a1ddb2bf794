import { mergeUsage } from '../../../src/domain/mergeUsage.ts';
import type { Observation } from '../../../src/readers/contract.ts';

/** Observations of the same identity as one call, as the books merge them, in the order of their time and name. */
export function merged(observations: readonly Observation[]): readonly Observation[] {
  const calls = new Map<string, Observation>();
  for (const observation of observations) {
    const { responseId, requestId, ownId } = observation.keys;
    const key = responseId ?? requestId ?? ownId;
    const before = calls.get(key);
    calls.set(
      key,
      before === undefined ? observation : { ...observation, usage: mergeUsage(before.usage, observation.usage) },
    );
  }
  return [...calls.values()].sort((a, b) => a.atMs - b.atMs || a.keys.ownId.localeCompare(b.keys.ownId));
}

/** What an earlier reading told of, without what a later one takes back. */
export function withoutRetracted(
  observations: readonly Observation[],
  retracted: readonly string[],
): readonly Observation[] {
  const gone = new Set(retracted);
  return observations.filter(
    ({ keys }) => keys.responseId !== null || keys.requestId !== null || !gone.has(keys.ownId),
  );
}

import type { NowSnapshot } from '../../protocol/snapshot.ts';

/**
 * When each agent last called, as far as the snapshot knows: this week's sessions, the newest calls, and what is in flight. Calls that only
 * a log told of are `told`; a session of both kinds counts as seen, since its own time does not say of which kind its last call was.
 */
export function lastCalls(snapshot: NowSnapshot | null, kind: 'seen' | 'told'): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  const note = (agent: string, atMs: number, isTold: boolean): void => {
    if (isTold === (kind === 'told')) last.set(agent, Math.max(last.get(agent) ?? 0, atMs));
  };
  for (const { agent, lastCallAtMs, spend } of snapshot?.week.bySession ?? [])
    note(agent, lastCallAtMs, spend.calls > 0 && spend.toldCalls === spend.calls);
  for (const { agent, startedAtMs, source } of snapshot?.recent ?? [])
    note(agent, startedAtMs, source === 'transcript');
  for (const { agent, startedAtMs } of snapshot?.live ?? []) note(agent, startedAtMs, false);
  return last;
}

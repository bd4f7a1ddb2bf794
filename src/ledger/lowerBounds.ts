import { isLowerBound, type LogCorrection, type SessionPart } from '../domain/logCorrection.ts';
import type { LedgerReader, ReportRow, SessionPartsQuery } from './contract.ts';

export interface LowerBounds {
  /** What raises figures, by key and day; empty where there is nothing to say. */
  readonly parts: readonly SessionPart[];
  /** All sessions of the time, for a figure of all; empty where nothing was learned. */
  readonly sessions: readonly ReportRow[];
}

/**
 * The parts of sessions of which only logs tell, and of some of it less than the truth. That is decided of whole sessions, as corrections
 * are learned from: so the raises of all keys and days come to those of the sessions. Reads nothing where nothing was learned.
 */
export function lowerBounds(
  reader: Pick<LedgerReader, 'report' | 'sessionParts'>,
  corrections: readonly LogCorrection[],
  query: Omit<SessionPartsQuery, 'agents'>,
): LowerBounds {
  const agents = corrections.map(({ agent }) => agent);
  if (agents.length === 0) return { parts: [], sessions: [] };
  const since = query.sinceDay === undefined ? {} : { sinceDay: query.sinceDay };
  const sessions = reader.report({ by: 'session', ...since });
  const bounds = sessions.filter((row) => agents.includes(row.agent) && isLowerBound(row));
  const known = new Set(bounds.map(({ key, auth }) => `${auth} ${key}`));
  if (known.size === 0) return { parts: [], sessions };
  const parts = reader.sessionParts({ ...query, agents });
  const bySession = groupBy(parts, ({ session, auth }) => `${auth} ${session}`);
  return { parts: bySession.flatMap(([name, own]) => (known.has(name) ? boundParts(own) : [])), sessions };
}

/** What is missing of a session is missing where its log has less than the truth, and not in what it tells whole. */
function boundParts(parts: readonly SessionPart[]): readonly SessionPart[] {
  const output = (some: readonly SessionPart[]): number =>
    some.reduce((sum, { thinkingNanoUsd, outputNanoUsd }) => sum + thinkingNanoUsd + outputNanoUsd, 0);
  const bounds = parts.filter(({ partialCalls }) => partialCalls > 0);
  const told = output(bounds);
  if (told === 0) return parts;
  const share = output(parts) / told;
  return bounds.map((part) => ({
    ...part,
    thinkingNanoUsd: share * part.thinkingNanoUsd,
    outputNanoUsd: share * part.outputNanoUsd,
  }));
}

function groupBy(
  parts: readonly SessionPart[],
  nameOf: (part: SessionPart) => string,
): readonly (readonly [name: string, parts: readonly SessionPart[]])[] {
  const groups = new Map<string, SessionPart[]>();
  for (const part of parts) {
    const name = nameOf(part);
    const known = groups.get(name);
    if (known === undefined) groups.set(name, [part]);
    else known.push(part);
  }
  return [...groups];
}

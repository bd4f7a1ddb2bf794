import type { CallJsonRow } from '../../../src/cli/callsCommand.ts';
import { eventually, runCli } from '../../support/meterProcess.ts';
import type { AnsweredCall } from '../../support/scriptedUpstream.ts';

/** A row of `outlay calls --json` as far as a provider decides it. */
export type BookedCall = Pick<
  CallJsonRow,
  | 'api'
  | 'model'
  | 'status'
  | 'provenance'
  | 'inputTokens'
  | 'cacheReadTokens'
  | 'cacheWrite5mTokens'
  | 'cacheWrite1hTokens'
  | 'outputTokens'
  | 'thinkingTokens'
>;

/** Reads the books by the product's own command, oldest call first, once `count` calls are finished in them. */
export async function readBooks(dataDir: string, count: number): Promise<readonly CallJsonRow[]> {
  const rows = await eventually(
    () => readRows(dataDir),
    (found) => found.filter(({ durationMs }) => durationMs !== null).length >= count,
  );
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

async function readRows(dataDir: string): Promise<readonly CallJsonRow[]> {
  const { stdout, stderr } = await runCli(['calls', '--data-dir', dataDir, '--json']);
  if (stdout === '') throw new Error(`outlay calls printed nothing: ${stderr}`);
  return JSON.parse(stdout);
}

export function bookedCalls(rows: readonly CallJsonRow[]): readonly BookedCall[] {
  return sorted(
    rows.map((row) => ({
      api: row.api,
      model: row.model,
      status: row.status,
      provenance: row.provenance,
      inputTokens: row.inputTokens,
      cacheReadTokens: row.cacheReadTokens,
      cacheWrite5mTokens: row.cacheWrite5mTokens,
      cacheWrite1hTokens: row.cacheWrite1hTokens,
      outputTokens: row.outputTokens,
      thinkingTokens: row.thinkingTokens,
    })),
  );
}

const nothing = {
  inputTokens: 0,
  cacheReadTokens: 0,
  cacheWrite5mTokens: 0,
  cacheWrite1hTokens: 0,
  outputTokens: 0,
  thinkingTokens: 0,
};

/** The same, as the provider that answered the calls knows it. A stream that was not delivered reported no end and is left out. */
export function servedCalls(calls: readonly AnsweredCall[]): readonly BookedCall[] {
  return sorted(
    calls
      .filter(({ end }) => end === 'complete')
      .map(({ api, model, status, usage }) => {
        const { webSearches: _, ...reported } = usage ?? { ...nothing, webSearches: 0 };
        return { api, model, status: status < 400 ? 'ok' : 'error', provenance: 'reported', ...reported };
      }),
  );
}

/** Calls may overlap, so that books and provider need not agree on their order. */
function sorted(calls: readonly BookedCall[]): readonly BookedCall[] {
  return calls.toSorted((a, b) => (a.inputTokens ?? 0) - (b.inputTokens ?? 0) || (a.api < b.api ? -1 : 1));
}

export function distinct(values: readonly unknown[]): readonly unknown[] {
  return [...new Set(values)];
}

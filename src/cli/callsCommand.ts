import type { CallRecord } from '../domain/call.ts';
import { exactFigure, type Figure, figureOf, unknownFigure } from '../domain/figure.ts';
import { formatFigure, formatTokens, formatUsd, printDuration } from '../domain/format.ts';
import { usdOf } from '../domain/money.ts';
import type { LedgerReader } from '../ledger/contract.ts';
import { costFigure, thinkingFigure } from '../protocol/callView.ts';
import { type Column, textTable } from './textTable.ts';

/** A row of `calls --json`, newest first: a report's row of one call and what only a call has. Stable interface: exactly these keys. */
export interface CallJsonRow {
  /** The call's own id, as a report's row has what it is a row of. */
  readonly key: string;
  readonly calls: 1;
  readonly unpricedCalls: 0 | 1;
  readonly estimatedCalls: 0 | 1;
  readonly id: string;
  readonly startedAt: string;
  readonly agent: string;
  readonly session: string;
  readonly model: string;
  readonly requestedModel: string | null;
  readonly effort: string | null;
  readonly api: string;
  readonly auth: string;
  readonly status: string;
  readonly source: string;
  readonly ttftMs: number | null;
  readonly durationMs: number | null;
  readonly inputTokens: number | null;
  readonly cacheReadTokens: number;
  readonly cacheWrite5mTokens: number;
  readonly cacheWrite1hTokens: number;
  readonly outputTokens: number | null;
  readonly thinkingTokens: number | null;
  readonly webSearches: number;
  readonly costUsd: number | null;
  readonly provenance: string;
  readonly costProvenance: string;
  readonly priceVersion: string | null;
}

export interface CallsArgs {
  readonly json: boolean;
  readonly width: number;
}

/** The text of `outlay calls`. */
export function callsText(reader: LedgerReader, { json, width }: CallsArgs): string {
  const records = reader.calls({});
  if (json) return `${JSON.stringify(records.map(jsonRow), null, 2)}\n`;
  if (records.length === 0) return 'No calls yet.\n';
  return textTable(columns, records.map(line), { width, rule: null });
}

function jsonRow(record: CallRecord): CallJsonRow {
  const { usage, cost } = record;
  return {
    key: record.id,
    calls: 1,
    // A call of which one part has no price counts as unpriced, as in a report, although the rest of it has a cost.
    unpricedCalls: cost.provenance === 'unpriced' ? 1 : 0,
    estimatedCalls: record.provenance === 'reported' ? 0 : 1,
    id: record.id,
    startedAt: new Date(record.startedAtMs).toISOString(),
    agent: record.agent,
    session: record.session,
    model: record.model,
    requestedModel: record.requestedModel,
    effort: record.effort,
    api: record.api,
    auth: record.auth,
    status: record.status,
    source: record.source,
    ttftMs: record.ttftMs,
    durationMs: record.durationMs,
    inputTokens: usage.inputTokens,
    cacheReadTokens: usage.cacheReadTokens,
    cacheWrite5mTokens: usage.cacheWrite5mTokens,
    cacheWrite1hTokens: usage.cacheWrite1hTokens,
    outputTokens: usage.outputTokens,
    thinkingTokens: usage.thinkingTokens,
    webSearches: usage.webSearches,
    costUsd: cost.costNanoUsd === null ? null : usdOf(cost.costNanoUsd),
    provenance: record.provenance,
    costProvenance: cost.provenance,
    priceVersion: cost.priceVersion,
  };
}

const columns: readonly Column[] = [
  { title: 'Started', align: 'left', dropRank: 1 },
  { title: 'Agent', align: 'left', dropRank: 4, minWidth: 8 },
  { title: 'Model', align: 'left', minWidth: 12 },
  { title: 'Session', align: 'left', dropRank: 8, minWidth: 9 },
  { title: 'Status', align: 'left', dropRank: 3 },
  { title: 'Auth', align: 'left' },
  { title: 'Input', align: 'right', dropRank: 6 },
  { title: 'Cached', align: 'right', dropRank: 9 },
  { title: 'Output', align: 'right', dropRank: 2 },
  { title: 'Thinking', align: 'right', dropRank: 5 },
  { title: 'First', align: 'right', dropRank: 10 },
  { title: 'Took', align: 'right', dropRank: 7 },
  { title: 'Cost', align: 'right' },
  { title: 'Id', align: 'left', dropRank: 11 },
];

function line(record: CallRecord): readonly string[] {
  const { usage, cost } = record;
  const figure = (value: number | null): Figure => figureOf(value, record.provenance);
  const time = (value: number | null) =>
    formatFigure(value === null ? unknownFigure : exactFigure(value), printDuration);
  return [
    localTime(record.startedAtMs),
    record.agent,
    record.model,
    record.session,
    record.status,
    record.auth,
    formatTokens(figure(usage.inputTokens)),
    formatTokens(figure(usage.cacheReadTokens + usage.cacheWrite5mTokens + usage.cacheWrite1hTokens)),
    formatTokens(figure(usage.outputTokens)),
    formatTokens(thinkingFigure(record)),
    time(record.ttftMs),
    time(record.durationMs),
    formatUsd(costFigure(cost, record)),
    record.id,
  ];
}

function localTime(atMs: number): string {
  const date = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

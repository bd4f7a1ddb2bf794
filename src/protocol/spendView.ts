import type { AuthKind } from '../domain/api.ts';
import { estimatedFigure, exactFigure, type Figure, knownValue, unknownFigure } from '../domain/figure.ts';
import { describeFigure, formatFigure, printPercent, printUsd } from '../domain/format.ts';
import { nowStrings } from './nowStrings.ts';
import { type Shown, shortenId, showTokens, showUsd, type TimePrinter } from './shown.ts';
import type { ModelMark, PeriodSpend, SpendFigures, SpendRow } from './snapshot.ts';

export type SpendKind = 'input' | 'cache' | 'thinking' | 'output' | 'unsplit';

/** One piece of a bar; the fractions of a bar add up to 1. */
export interface BarSegment {
  readonly kind: SpendKind;
  readonly fraction: number;
}

export interface KindLine {
  readonly kind: SpendKind;
  readonly tokens: Shown;
  readonly cost: Shown;
  readonly share: string;
}

export interface SpendRowView {
  /** Stable over snapshots and unique in its list. */
  readonly key: string;
  readonly title: string;
  readonly fullTitle: string;
  readonly tag: string | null;
  readonly cost: Shown;
  /** Calls, and what is not sure about them, in words. */
  readonly notes: readonly string[];
  /** What comparisons say of the model, in sentences; empty for sessions. */
  readonly marks: readonly string[];
  /** Length of the bar against the dearest row of the list; null where the cost is unknown: no bar, not an empty one. */
  readonly length: number | null;
  readonly segments: readonly BarSegment[];
  readonly lines: readonly KindLine[];
  readonly lastCall: string;
}

export interface PeriodView {
  readonly byModel: readonly SpendRowView[];
  readonly bySession: readonly SpendRowView[];
}

export function periodView(
  period: PeriodSpend,
  times: TimePrinter,
  { nowMs, marks }: { readonly nowMs: number; readonly marks: readonly ModelMark[] },
): PeriodView {
  const rows = (list: readonly SpendRow[], name: (row: SpendRow) => RowName): readonly SpendRowView[] => {
    const dearest = Math.max(0, ...list.map((row) => knownValue(row.spend.costNanoUsd) ?? 0));
    return list.map((row) => ({
      ...rowView(row, name(row), dearest),
      lastCall: nowStrings.lastCall(times.print(row.lastCallAtMs, nowMs)),
    }));
  };
  return {
    byModel: rows([...period.byModel].sort(byCost), (row) => modelName(row, marks)),
    bySession: rows([...period.bySession].sort(byLastCall), sessionName),
  };
}

/** Words for what is not sure about a sum; empty where all is sure. */
export function doubts(
  spend: Pick<SpendFigures, 'unpricedCalls' | 'estimatedCalls' | 'partialCalls'>,
): readonly string[] {
  const notes: string[] = [];
  if (spend.unpricedCalls > 0) notes.push(nowStrings.unpriced(spend.unpricedCalls));
  if (spend.estimatedCalls > 0) notes.push(nowStrings.estimated(spend.estimatedCalls));
  if (spend.partialCalls > 0) notes.push(nowStrings.partlyCounted(spend.partialCalls));
  return notes;
}

/** What a lower bound may come to, in words; empty for nothing to say. */
export function correctionNotes(spend: Pick<SpendFigures, 'corrected'> | null): readonly string[] {
  const corrected = spend?.corrected;
  if (corrected === undefined) return [];
  return [nowStrings.corrected(describeFigure(estimatedFigure(corrected.costNanoUsd), printUsd), corrected.sessions)];
}

/** `isTold`: only logs tell of it. Then an unknown login makes no bill. */
export function authTag(auth: AuthKind, isTold = false): string | null {
  if (auth === 'subscription') return nowStrings.subscriptionTag;
  if (auth !== 'unknown') return null;
  return isTold ? nowStrings.apiPricesTag : nowStrings.unknownAuthTag;
}

/** How much of a sum only logs tell of, in words; empty for nothing. */
export function toldNotes({ calls, toldCalls }: Pick<SpendFigures, 'calls' | 'toldCalls'>): readonly string[] {
  if (toldCalls === 0) return [];
  return [toldCalls === calls ? nowStrings.fromLogs : nowStrings.partFromLogs(toldCalls)];
}

interface RowName {
  readonly title: string;
  readonly fullTitle: string;
  readonly notes: readonly string[];
  readonly marks: readonly string[];
  /** All of its calls are one agent's. */
  readonly isOneAgent: boolean;
}

function modelName(row: SpendRow, marks: readonly ModelMark[]): RowName {
  const own = marks.filter(({ model }) => model === row.model).map(({ text }) => text);
  const sentences = [...new Set(own)].map(asSentence);
  return { title: row.model, fullTitle: row.model, notes: [], marks: sentences, isOneAgent: false };
}

function sessionName(row: SpendRow): RowName {
  return {
    title: `${row.agent} ${shortenId(row.key)}`,
    fullTitle: `${row.agent}, ${nowStrings.session(row.key)}`,
    notes: row.model === '' ? [] : [row.model],
    marks: [],
    isOneAgent: true,
  };
}

function rowView(row: SpendRow, name: RowName, dearest: number): Omit<SpendRowView, 'lastCall'> {
  const cost = knownValue(row.spend.costNanoUsd);
  return {
    key: `${row.auth}|${row.agent}|${row.model}|${row.key}`,
    title: name.title,
    fullTitle: name.fullTitle,
    tag: authTag(row.auth, isTold(row.spend, name)),
    cost: showUsd(row.spend.costNanoUsd),
    notes: [nowStrings.calls(row.spend.calls), ...name.notes, ...provenanceNotes(row, name)],
    marks: name.marks,
    length: cost === null || dearest === 0 ? null : cost / dearest,
    segments: barSegments(row.spend),
    lines: kindLines(row.spend),
  };
}

function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** A session without a call is a sum that a log told; a model without one may have advised in calls of another. */
function isTold({ calls, toldCalls }: SpendFigures, { isOneAgent }: Pick<RowName, 'isOneAgent'>): boolean {
  return toldCalls === calls && (calls > 0 || isOneAgent);
}

/** Where a row comes from and what is not sure of it. A log that one agent wrote tells at least what it tells. */
function provenanceNotes({ spend }: SpendRow, name: RowName): readonly string[] {
  const isAllTold = isTold(spend, name);
  const isBound = name.isOneAgent && isAllTold && spend.partialCalls > 0 && spend.estimatedCalls === 0;
  if (isBound) return [nowStrings.fromLogsAtLeast, ...correctionNotes(spend), ...doubts({ ...spend, partialCalls: 0 })];
  return [...(isAllTold && spend.calls === 0 ? [nowStrings.fromLogs] : toldNotes(spend)), ...doubts(spend)];
}

/** What a cost was paid for, largest unit first in reading order; what no kind accounts for is a segment of its own. */
export function barSegments(spend: SpendFigures): readonly BarSegment[] {
  const parts = (
    [
      ['input', spend.inputNanoUsd],
      ['cache', spend.cacheNanoUsd],
      ['thinking', spend.thinkingNanoUsd],
      ['output', spend.outputNanoUsd],
    ] as const
  ).map(([kind, figure]) => ({ kind, amount: knownValue(figure) ?? 0 }));
  const known = parts.reduce((sum, part) => sum + part.amount, 0);
  const whole = Math.max(known, knownValue(spend.costNanoUsd) ?? 0);
  if (whole <= 0) return [];
  const segments: BarSegment[] = parts
    .filter((part) => part.amount > 0)
    .map((part) => ({ kind: part.kind, fraction: part.amount / whole }));
  if (whole > known) segments.push({ kind: 'unsplit', fraction: (whole - known) / whole });
  return segments;
}

function kindLines(spend: SpendFigures): readonly KindLine[] {
  const line = (kind: SpendKind, tokens: Figure, cost: Figure): KindLine => ({
    kind,
    tokens: showTokens(tokens),
    cost: showUsd(cost),
    share: formatFigure(shareOf(cost, spend.costNanoUsd), printPercent),
  });
  return [
    line('input', spend.inputTokens, spend.inputNanoUsd),
    line('cache', spend.cacheTokens, spend.cacheNanoUsd),
    line('thinking', spend.thinkingTokens, spend.thinkingNanoUsd),
    line('output', spend.visibleTokens, spend.outputNanoUsd),
  ];
}

/** A part's share of a whole; as unsure as the two are. A whole that is only a lower bound gives no sure share. */
export function shareOf(part: Figure, whole: Figure): Figure {
  if (part.kind === 'unknown' || whole.kind === 'unknown' || whole.value <= 0) return unknownFigure;
  const share = Math.min(1, part.value / whole.value);
  if (part.kind === 'exact' && whole.kind === 'exact') return exactFigure(share);
  return { kind: 'estimated', value: share };
}

function byCost(a: SpendRow, b: SpendRow): number {
  const difference = (knownValue(b.spend.costNanoUsd) ?? -1) - (knownValue(a.spend.costNanoUsd) ?? -1);
  return difference !== 0 ? difference : compareKeys(a, b);
}

function byLastCall(a: SpendRow, b: SpendRow): number {
  return b.lastCallAtMs - a.lastCallAtMs || compareKeys(a, b);
}

function compareKeys(a: SpendRow, b: SpendRow): number {
  const left = `${a.key}|${a.auth}`;
  const right = `${b.key}|${b.auth}`;
  return left < right ? -1 : left > right ? 1 : 0;
}

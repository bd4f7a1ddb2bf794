import type { CallCost, CallRecord, CallStatus, RatesUsed } from '../domain/call.ts';
import { atLeastFigure, exactFigure, type Figure, figureOf, unknownFigure } from '../domain/figure.ts';
import { printDuration, printPrice } from '../domain/format.ts';
import { totalInputTokens, type Usage, visibleOutputTokens } from '../domain/usage.ts';
import { nowStrings } from './nowStrings.ts';
import { type Shown, shortenId, showCount, showTokens, showUsd, showUsdFine, type TimePrinter } from './shown.ts';
import { authTag } from './spendView.ts';

export interface CallRowView {
  readonly id: string;
  readonly model: string;
  readonly agent: string;
  readonly session: string;
  readonly fullSession: string;
  readonly tag: string | null;
  /** Where it is known from, in words; null for a call that was seen as it passed. */
  readonly origin: string | null;
  readonly time: string;
  readonly cost: Shown;
  readonly input: Shown;
  readonly thinking: Shown;
  /** The visible output; all of the output where thinking cannot be told apart, so that a known count is never hidden. */
  readonly output: Shown;
  readonly outputUnit: string;
  readonly status: CallStatus;
  /** Null for a call that went well: only trouble takes up room. */
  readonly statusText: string | null;
}

/** A line of a token table. `cost` is null where the line above accounts for it too (see `costLines`). */
export interface TokenLine {
  readonly label: string;
  readonly tokens: Shown;
  readonly price: string;
  readonly cost: Shown | null;
  /** How many lines, this one included, the cost is for. */
  readonly costLines: number;
}

export interface TokenTable {
  readonly caption: string;
  readonly lines: readonly TokenLine[];
  readonly total: Shown;
}

export interface Fact {
  readonly label: string;
  readonly value: string;
}

export interface CallDetailsView {
  readonly tables: readonly TokenTable[];
  readonly facts: readonly Fact[];
  readonly problems: readonly string[];
}

/**
 * A charge that the provider reported is exact whatever we know of the tokens. Of a call with a part that has no price, the other
 * parts are what it cost at least.
 */
export function costFigure(cost: CallCost, record: Pick<CallRecord, 'provenance'>): Figure {
  if (cost.provenance === 'unpriced')
    return cost.costNanoUsd === null ? unknownFigure : atLeastFigure(cost.costNanoUsd);
  return figureOf(cost.costNanoUsd, cost.provenance === 'billed' ? 'reported' : record.provenance);
}

export function thinkingFigure(record: CallRecord): Figure {
  if (record.usage.thinkingTokens !== null) return figureOf(record.usage.thinkingTokens, record.provenance);
  return record.thinkingAtLeastTokens === null ? unknownFigure : atLeastFigure(record.thinkingAtLeastTokens);
}

export function callRowView(record: CallRecord, times: TimePrinter, nowMs: number): CallRowView {
  return {
    id: record.id,
    model: record.model,
    agent: record.agent,
    session: shortenId(record.session),
    fullSession: record.session,
    tag: authTag(record.auth, record.source === 'transcript'),
    origin: originOf(record),
    time: times.print(record.startedAtMs, nowMs),
    cost: showUsd(costFigure(record.cost, record)),
    input: showTokens(figureOf(totalInputTokens(record.usage), record.provenance)),
    thinking: showTokens(thinkingFigure(record)),
    ...shownOutput(record),
    status: record.status,
    statusText: record.status === 'ok' ? null : statusText(record),
  };
}

function originOf({ source, provenance }: CallRecord): string | null {
  if (source !== 'transcript') return null;
  return {
    reported: nowStrings.fromLogs,
    partial: nowStrings.fromLogsAtLeast,
    estimated: nowStrings.fromLogsEstimated,
  }[provenance];
}

function shownOutput({ usage, provenance }: CallRecord): Pick<CallRowView, 'output' | 'outputUnit'> {
  const visible = visibleOutputTokens(usage);
  if (visible === null && usage.outputTokens !== null) {
    return { output: showTokens(figureOf(usage.outputTokens, provenance)), outputUnit: nowStrings.tokensOut };
  }
  return { output: showTokens(figureOf(visible, provenance)), outputUnit: nowStrings.tokensVisible };
}

function statusText(record: CallRecord): string {
  const words = nowStrings.status[record.status];
  return record.errorType === null ? words : `${words}: ${record.errorType}`;
}

/** Everything the ledger knows about a call. */
export function callDetailsView(record: CallRecord, times: TimePrinter): CallDetailsView {
  return { tables: tokenTables(record), facts: callFacts(record, times), problems: record.problems };
}

function tokenTables(record: CallRecord): readonly TokenTable[] {
  if (record.parts.length < 2) {
    return [tokenTable(record, { caption: nowStrings.tokensAndPrices, usage: record.usage, cost: record.cost })];
  }
  return record.parts.map((part, index) =>
    tokenTable(record, {
      caption: nowStrings.part(index + 1, part.model ?? record.model),
      usage: part.usage,
      cost: record.partCosts[index] ?? unpriced,
    }),
  );
}

const unpriced: CallCost = {
  costNanoUsd: null,
  provenance: 'unpriced',
  split: null,
  rates: [],
  priceVersion: null,
};

interface PricedBy {
  readonly cost: CallCost;
  readonly record: Pick<CallRecord, 'provenance'>;
}

interface TokenSource {
  readonly caption: string;
  readonly usage: Usage;
  readonly cost: CallCost;
}

function tokenTable(record: CallRecord, source: TokenSource): TokenTable {
  const rates = source.cost.rates[0];
  return {
    caption: source.caption,
    lines: [
      ...inputLines(record, source, rates),
      ...(source.usage.thinkingTokens === null ? mixedOutputLines : splitOutputLines)(record, source, rates),
    ],
    total: showUsdFine(costFigure(source.cost, record)),
  };
}

function inputLines(record: CallRecord, source: TokenSource, rates: RatesUsed | undefined): readonly TokenLine[] {
  const { usage, cost } = source;
  const cached: [string, number, number | undefined][] = [
    [nowStrings.cacheRead, usage.cacheReadTokens, rates?.cacheReadNanoUsdPerMtok],
  ];
  if (usage.cacheWrite5mTokens > 0) {
    cached.push([nowStrings.cacheWrite5m, usage.cacheWrite5mTokens, rates?.cacheWrite5mNanoUsdPerMtok]);
  }
  if (usage.cacheWrite1hTokens > 0) {
    cached.push([nowStrings.cacheWrite1h, usage.cacheWrite1hTokens, rates?.cacheWrite1hNanoUsdPerMtok]);
  }
  return [
    {
      label: nowStrings.input,
      tokens: showCount(figureOf(usage.inputTokens, record.provenance)),
      price: price(rates?.inputNanoUsdPerMtok),
      cost: money(cost.split?.inputNanoUsd, usage.inputTokens !== null, { cost, record }),
      costLines: 1,
    },
    ...cached.map(([label, tokens, rate], index) => ({
      label,
      tokens: showCount(figureOf(tokens, record.provenance)),
      price: price(rate),
      cost: index === 0 ? money(cost.split?.cacheNanoUsd, true, { cost, record }) : null,
      costLines: index === 0 ? cached.length : 1,
    })),
  ];
}

function splitOutputLines(record: CallRecord, source: TokenSource, rates: RatesUsed | undefined): readonly TokenLine[] {
  const { usage, cost } = source;
  return [
    {
      label: nowStrings.thinking,
      tokens: showCount(figureOf(usage.thinkingTokens, record.provenance)),
      price: price(rates?.outputNanoUsdPerMtok),
      cost: money(cost.split?.thinkingNanoUsd, true, { cost, record }),
      costLines: 1,
    },
    {
      label: nowStrings.kinds.output,
      tokens: showCount(figureOf(visibleOutputTokens(usage), record.provenance)),
      price: price(rates?.outputNanoUsdPerMtok),
      cost: money(cost.split?.outputNanoUsd, usage.outputTokens !== null, { cost, record }),
      costLines: usage.webSearches > 0 ? 2 : 1,
    },
    ...searchLines(usage, rates),
  ];
}

/** Where thinking is not told apart, its cost is inside the output's: a line of its own would have to read $0.00. */
function mixedOutputLines(record: CallRecord, source: TokenSource, rates: RatesUsed | undefined): readonly TokenLine[] {
  const { usage, cost } = source;
  const whole = usage === record.usage;
  return [
    {
      label: nowStrings.thinking,
      tokens: showCount(whole ? thinkingFigure(record) : unknownFigure),
      price: price(rates?.outputNanoUsdPerMtok),
      cost: showUsdFine(unknownFigure),
      costLines: 1,
    },
    {
      label: nowStrings.outputAll,
      tokens: showCount(figureOf(usage.outputTokens, record.provenance)),
      price: price(rates?.outputNanoUsdPerMtok),
      cost: money(cost.split?.outputNanoUsd, usage.outputTokens !== null, { cost, record }),
      costLines: usage.webSearches > 0 ? 2 : 1,
    },
    ...searchLines(usage, rates),
  ];
}

function searchLines(usage: Usage, rates: RatesUsed | undefined): readonly TokenLine[] {
  if (usage.webSearches === 0) return [];
  const rate = rates?.webSearchNanoUsdPerThousand;
  return [
    {
      label: nowStrings.webSearches,
      tokens: showCount(exactFigure(usage.webSearches)),
      price: rate === undefined ? '-' : nowStrings.perThousand(printPrice(rate)),
      cost: null,
      costLines: 1,
    },
  ];
}

function price(nanoUsdPerMtok: number | undefined): string {
  return nanoUsdPerMtok === undefined ? '-' : printPrice(nanoUsdPerMtok);
}

// `known` is false where the tokens behind an amount are unknown: then an amount of 0 is no answer.
function money(amount: number | undefined, known: boolean, { cost, record }: PricedBy): Shown {
  const provenance = cost.provenance === 'billed' ? 'reported' : record.provenance;
  return showUsdFine(amount === undefined || (!known && amount === 0) ? unknownFigure : figureOf(amount, provenance));
}

function callFacts(record: CallRecord, times: TimePrinter): readonly Fact[] {
  const words = nowStrings.facts;
  const facts: [string, string | null][] = [
    [words.status, nowStrings.status[record.status]],
    [words.errorType, record.errorType],
    [words.httpStatus, record.httpStatus === null || record.httpStatus < 400 ? null : String(record.httpStatus)],
    [words.ttft, duration(record.ttftMs)],
    [words.duration, duration(record.durationMs)],
    [words.started, times.printFull(record.startedAtMs)],
    [
      words.usage,
      (record.source === 'transcript' ? nowStrings.toldProvenance : nowStrings.provenance)[record.provenance],
    ],
    [words.cost, costWords(record)],
    [words.book, record.cost.priceVersion ?? '-'],
    [words.modifiers, modifiers(record)],
    [words.toolCalls, record.usage.toolCalls === 0 ? null : String(record.usage.toolCalls)],
    [words.agent, record.agent],
    [words.session, record.session],
    [words.subAgent, record.subAgent],
    [words.effort, record.effort],
    [words.requested, record.requestedModel === record.model ? null : record.requestedModel],
    [words.auth, nowStrings.auth[record.auth]],
    [words.api, `${record.provider}, ${record.api}`],
    [words.source, nowStrings.source[record.source]],
    [words.requestId, record.requestId ?? '-'],
    [words.responseId, record.responseId],
  ];
  return facts.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
}

/** A charge in a log is what the agent wrote down, and tokens from a log at list prices are no bill. */
function costWords({ source, auth, cost }: CallRecord): string {
  if (source !== 'transcript') return nowStrings.costProvenance[cost.provenance];
  if (cost.provenance === 'billed') return nowStrings.toldCharge;
  const isNoBill = auth !== 'key' && cost.provenance === 'priced';
  return isNoBill ? nowStrings.atApiPrices : nowStrings.costProvenance[cost.provenance];
}

function duration(durationMs: number | null): string {
  return durationMs === null ? '-' : printDuration(durationMs);
}

function modifiers(record: CallRecord): string | null {
  if (record.cost.rates.length === 0) return null;
  const names = new Set(record.cost.rates.flatMap((rates) => rates.modifiers));
  return names.size === 0 ? nowStrings.facts.modifiersNone : [...names].join(', ');
}

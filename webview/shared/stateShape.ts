import { apiKinds } from '../../src/domain/api.ts';
import type { CallCost, CallRecord, CostSplit, RatesUsed } from '../../src/domain/call.ts';
import type { CorrectedCost } from '../../src/domain/logCorrection.ts';
import type { QuotaWindow } from '../../src/domain/quota.ts';
import type { Usage, UsagePart } from '../../src/domain/usage.ts';
import {
  type CoverageLine,
  type CoverageStep,
  coverageActions,
  coverageStops,
  coverageSubjects,
  coverageWays,
} from '../../src/protocol/coverage.ts';
import type { SidebarState } from '../../src/protocol/sidebar.ts';
import type {
  LiveCall,
  MeterFacts,
  ModelMark,
  Notice,
  NowSnapshot,
  PeriodSpend,
  ProviderQuota,
  SpendFigures,
  SpendRow,
} from '../../src/protocol/snapshot.ts';
import { figureShape } from './figureShape.ts';
import { flag, listOf, nullable, number, objectOf, oneOf, optional, type Shape, text } from './shape.ts';
import { tasksShape } from './tasksShape.ts';

// The types make this file complete: a member that a contract gains and this file lacks does not compile.

const auth = oneOf('key', 'subscription', 'unknown');
const api = oneOf(...apiKinds);

const spendFigures = objectOf<SpendFigures>({
  costNanoUsd: figureShape,
  inputNanoUsd: figureShape,
  cacheNanoUsd: figureShape,
  thinkingNanoUsd: figureShape,
  outputNanoUsd: figureShape,
  inputTokens: figureShape,
  cacheTokens: figureShape,
  thinkingTokens: figureShape,
  visibleTokens: figureShape,
  calls: number,
  unpricedCalls: number,
  estimatedCalls: number,
  partialCalls: number,
  toldCalls: number,
  corrected: optional(objectOf<CorrectedCost>({ costNanoUsd: number, sessions: number })),
});

const spendRow = objectOf<SpendRow>({
  key: text,
  auth,
  agent: text,
  model: text,
  lastCallAtMs: number,
  spend: spendFigures,
});

const periodSpend = objectOf<PeriodSpend>({
  billed: nullable(spendFigures),
  subscription: nullable(spendFigures),
  byModel: listOf(spendRow),
  bySession: listOf(spendRow),
});

const liveCall = objectOf<LiveCall>({
  id: text,
  startedAtMs: number,
  workspaceId: text,
  taskId: nullable(text),
  agent: text,
  session: text,
  model: text,
  auth,
  api,
  phase: oneOf('waiting', 'thinking', 'answering'),
  inputTokens: figureShape,
  thinkingTokens: figureShape,
  visibleTokens: figureShape,
  costNanoUsd: figureShape,
  ttftMs: nullable(number),
});

const usage = objectOf<Usage>({
  inputTokens: nullable(number),
  cacheReadTokens: number,
  cacheWrite5mTokens: number,
  cacheWrite1hTokens: number,
  outputTokens: nullable(number),
  thinkingTokens: nullable(number),
  webSearches: number,
  toolCalls: number,
});

const ratesUsed = objectOf<RatesUsed>({
  model: text,
  inputNanoUsdPerMtok: number,
  cacheReadNanoUsdPerMtok: number,
  cacheWrite5mNanoUsdPerMtok: number,
  cacheWrite1hNanoUsdPerMtok: number,
  outputNanoUsdPerMtok: number,
  webSearchNanoUsdPerThousand: number,
  modifiers: listOf(text),
});

const callCost = objectOf<CallCost>({
  costNanoUsd: nullable(number),
  provenance: oneOf('billed', 'priced', 'unpriced'),
  split: nullable(
    objectOf<CostSplit>({ inputNanoUsd: number, cacheNanoUsd: number, thinkingNanoUsd: number, outputNanoUsd: number }),
  ),
  rates: listOf(ratesUsed),
  priceVersion: nullable(text),
});

export const callRecord = objectOf<CallRecord>({
  id: text,
  startedAtMs: number,
  durationMs: nullable(number),
  ttftMs: nullable(number),
  workspaceId: text,
  taskId: nullable(text),
  agent: text,
  session: text,
  subAgent: nullable(text),
  provider: text,
  api,
  auth,
  source: oneOf('gateway', 'host', 'transcript'),
  model: text,
  requestedModel: nullable(text),
  effort: nullable(text),
  status: oneOf('ok', 'error', 'truncated', 'aborted', 'lost'),
  httpStatus: nullable(number),
  errorType: nullable(text),
  requestId: nullable(text),
  responseId: nullable(text),
  usage,
  parts: listOf(objectOf<UsagePart>({ model: nullable(text), usage })),
  thinkingAtLeastTokens: nullable(number),
  provenance: oneOf('reported', 'estimated', 'partial'),
  cost: callCost,
  partCosts: listOf(callCost),
  problems: listOf(text),
});

const providerQuota = objectOf<ProviderQuota>({
  provider: text,
  auth,
  windows: listOf(
    objectOf<QuotaWindow>({ id: text, usedShare: number, resetsAtMs: nullable(number), observedAtMs: number }),
  ),
});

const snapshot = objectOf<NowSnapshot>({
  revision: number,
  generatedAtMs: number,
  meter: objectOf<MeterFacts>({
    version: text,
    pid: number,
    port: number,
    startedAtMs: number,
    bookVersion: text,
    demo: flag,
    draining: flag,
    metering: flag,
  }),
  today: periodSpend,
  week: periodSpend,
  rateNanoUsdPerHour: figureShape,
  quotas: listOf(providerQuota),
  live: listOf(liveCall),
  tasks: tasksShape,
  recent: listOf(callRecord),
  notices: listOf(objectOf<Notice>({ id: text, severity: oneOf('info', 'warning', 'error'), text })),
  marks: listOf(objectOf<ModelMark>({ model: text, text })),
});

const coverageStep = objectOf<CoverageStep>({ id: oneOf(...coverageActions), text, changes: text });

const coverageLine = objectOf<CoverageLine>({
  id: text,
  label: text,
  about: oneOf(...coverageSubjects),
  way: oneOf(...coverageWays),
  stop: oneOf(...coverageStops),
  lastCallAtMs: nullable(number),
  detail: text,
  action: nullable(coverageStep),
});

export const sidebarState: Shape<SidebarState> = objectOf<SidebarState>({
  meter: oneOf('off', 'starting', 'running', 'failed'),
  meterText: text,
  snapshot: nullable(snapshot),
  unmeteredTerminals: listOf(objectOf<{ readonly id: number; readonly name: string }>({ id: number, name: text })),
  demo: flag,
  trusted: flag,
  workspaceId: text,
  coverage: listOf(coverageLine),
});

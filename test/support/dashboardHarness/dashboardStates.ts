import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { demoRuns, listPrice, manners, noise } from '../../../scripts/demo/demoRuns.ts';
import { callOutliers } from '../../../src/analysis/callOutliers.ts';
import { compareRuns } from '../../../src/analysis/compareRuns.ts';
import {
  type Comparison,
  defaultCompareOptions,
  type EffectivePricePage,
  type EffectivePriceRow,
  type FrontierAxis,
  frontierAxes,
} from '../../../src/analysis/contract.ts';
import type { RequestFacts } from '../../../src/analysis/requestKinds.ts';
import { modelNames } from '../../../src/analysis/runTable.ts';
import { whatIf } from '../../../src/analysis/whatIf.ts';
import { atLeastFigure, exactFigure } from '../../../src/domain/figure.ts';
import type { Run } from '../../../src/domain/run.ts';
import {
  type DashboardData,
  type DashboardState,
  defaultDashboardQuery,
  type HistoryEntry,
  type WhatIfResult,
} from '../../../src/protocol/dashboard.ts';
import { readRuns } from '../../../src/runs/readRuns.ts';

/** Made-up states of the dashboard, for screenshots and tests: the comparisons in them are the real functions' over made-up runs. */

const USD = 1_000_000_000;
const DAY_MS = 86_400_000;
export const NOW_MS = Date.UTC(2026, 10, 23, 12);

/** Two runs of nine tasks by five models. */
export const trialRuns = demoRuns(NOW_MS);

/** The table of the public study, as it is imported. */
export function studyRuns(): readonly Run[] {
  const path = fileURLToPath(new URL('../../fixtures/price-reversal-v1-cost-table.csv', import.meta.url));
  const read = readRuns(readFileSync(path), 'import:study');
  if (!('runs' in read)) throw new Error('The table of the study cannot be read.');
  return read.runs;
}

export function comparisonOf(runs: readonly Run[], axes: readonly FrontierAxis[] = frontierAxes): Comparison {
  return compareRuns(runs, { ...defaultCompareOptions, resamples: 500 }, { axes });
}

export function effectiveRow(fields: Partial<EffectivePriceRow> & Pick<EffectivePriceRow, 'model'>): EffectivePriceRow {
  return {
    isSubscription: false,
    agent: 'claude-code',
    effort: null,
    calls: 42,
    sessions: 3,
    inputNanoUsdPerMtok: 5 * USD,
    outputNanoUsdPerMtok: 25 * USD,
    costNanoUsd: 3.2 * USD,
    perThousandVisibleNanoUsd: 0.21 * USD,
    perCallNanoUsd: 0.076 * USD,
    perSessionNanoUsd: 1.07 * USD,
    thinkingShareOfOutput: 0.62,
    thinkingShareOfCost: 0.31,
    cacheShareOfInput: 0.9,
    unpricedCalls: 0,
    unknownThinkingCalls: 0,
    sentence: `${fields.model} lists $25.00 per million output tokens; 1,000 visible ones really cost $0.21, over 42 calls.`,
    ...fields,
  };
}

const study: EffectivePricePage['study'] = [
  {
    model: 'GPT-5.2',
    inputNanoUsdPerMtok: 1.75 * USD,
    outputNanoUsdPerMtok: 14 * USD,
    perThousandVisibleNanoUsd: 0.171 * USD,
  },
  {
    model: 'Gemini 3 Flash',
    inputNanoUsdPerMtok: 0.5 * USD,
    outputNanoUsdPerMtok: 3 * USD,
    perThousandVisibleNanoUsd: 0.129 * USD,
  },
  {
    model: 'Claude Haiku 4.5',
    inputNanoUsdPerMtok: 1 * USD,
    outputNanoUsdPerMtok: 5 * USD,
    perThousandVisibleNanoUsd: 0.0056 * USD,
  },
  {
    model: 'MiniMax-M2.5',
    inputNanoUsdPerMtok: 0.3 * USD,
    outputNanoUsdPerMtok: 1.2 * USD,
    perThousandVisibleNanoUsd: 0.026 * USD,
  },
];

const ownRows: readonly EffectivePriceRow[] = [
  effectiveRow({ model: 'claude-opus-5-5' }),
  effectiveRow({ model: 'claude-opus-5-5', isSubscription: true, perThousandVisibleNanoUsd: 0.34 * USD, calls: 17 }),
  effectiveRow({
    model: 'gpt-5.4',
    agent: 'codex',
    outputNanoUsdPerMtok: 15 * USD,
    inputNanoUsdPerMtok: 2.5 * USD,
    perThousandVisibleNanoUsd: 0.12 * USD,
  }),
  effectiveRow({
    model: 'gemini-3-flash-preview',
    agent: 'gemini-cli',
    outputNanoUsdPerMtok: 3 * USD,
    inputNanoUsdPerMtok: 0.5 * USD,
    perThousandVisibleNanoUsd: 0.19 * USD,
  }),
  effectiveRow({
    model: 'claude-from-the-future',
    outputNanoUsdPerMtok: null,
    inputNanoUsdPerMtok: null,
    costNanoUsd: null,
    perThousandVisibleNanoUsd: null,
    perCallNanoUsd: null,
    perSessionNanoUsd: null,
    sentence: 'claude-from-the-future has no price.',
  }),
];

export function historyOf(days: number): readonly HistoryEntry[] {
  return Array.from({ length: days }, (_, day) =>
    manners.slice(0, 4).map(({ model }, place): HistoryEntry => {
      const costNanoUsd = Math.round((0.3 + 2 * noise(day * 10 + place)) * USD);
      // The log of one of the models tells too little on every third day.
      const isBound = place === 1 && day % 3 === 0;
      return {
        period: new Date(NOW_MS - (days - 1 - day) * DAY_MS).toISOString().slice(0, 10),
        key: model,
        isSubscription: place === 0,
        calls: 3 + place,
        costNanoUsd,
        thinkingTokens: 12_000,
        outputTokens: 19_000,
        unpricedCalls: 0,
        estimatedCalls: 0,
        partialCalls: isBound ? 2 : 0,
        cost: isBound ? atLeastFigure(costNanoUsd) : exactFigure(costNanoUsd),
        corrected: isBound ? { costNanoUsd: Math.round(1.4 * costNanoUsd), sessions: 5 } : null,
      };
    }),
  ).flat();
}

function whatIfResults(isSoFar = false): readonly WhatIfResult[] {
  const usage = {
    inputTokens: 420_000,
    cacheReadTokens: 6_100_000,
    cacheWriteTokens: 510_000,
    outputTokens: 240_000,
    thinkingTokens: 150_000,
  };
  const measured = [
    { input: 0.9, thinking: 1.8, visible: 1.1 },
    { input: 1.2, thinking: 2.6, visible: 0.9 },
  ];
  return manners.map((manner, place) => ({
    ...whatIf({
      model: manner.model,
      isSoFar,
      price: listPrice(manner),
      groups: [
        {
          parts: [{ usage, tokenizerRatio: place === 4 ? null : 1 + place * 0.08 }],
          measured: place === 4 ? [] : measured,
        },
      ],
    }),
    standing: place < 2 ? 'in use' : place < 4 ? 'current' : 'other',
  }));
}

/** Two sessions of one agent, in which two calls thought far more than usual. */
const requests: readonly RequestFacts[] = Array.from({ length: 60 }, (_, place) => ({
  id: `call-${place}`,
  startedAtMs: NOW_MS - (60 - place) * 60_000,
  model: 'claude-opus-5-5',
  agent: 'claude-code',
  effort: place < 52 ? 'high' : 'low',
  session: `session-${place % 2}`,
  subAgent: null,
  promptTokens: 24_000 + 900 * place,
  thinkingTokens: place === 31 ? 61_000 : place === 56 ? 48_000 : Math.round(900 + 1400 * noise(place)),
  toolCalls: place % 7 === 0 ? 0 : 1,
  isOk: true,
}));

export function dataOf(runs: readonly Run[], fields: Partial<DashboardData> = {}): DashboardData {
  const comparison = comparisonOf(runs);
  const dates = runs.flatMap(({ startedAtMs }) => (startedAtMs === null ? [] : [startedAtMs]));
  const cuts = dates.length === 0 ? [] : [30, 20, 10, 0].map((days) => NOW_MS - days * DAY_MS);
  const moments = cuts.flatMap((untilMs) => {
    const until = runs.filter(({ startedAtMs }) => (startedAtMs ?? Number.POSITIVE_INFINITY) <= untilMs);
    const [frontier] = comparisonOf(until, ['cost']).frontiers;
    return frontier === undefined ? [] : [{ untilMs, frontier }];
  });
  return {
    generatedAtMs: NOW_MS,
    query: defaultDashboardQuery,
    origins: [
      {
        origin: 'trial',
        label: 'Trials',
        runs: comparison.runs,
        tasks: comparison.tasks,
        isChosen: true,
        removal: null,
      },
    ],
    effective: {
      rows: ownRows,
      study,
      smallestTrial: null,
      sentences: [
        'Of the models used here, gemini-3-flash-preview was paid 63 times its list price per visible token.',
      ],
    },
    history: historyOf(14),
    comparison,
    moments,
    whatIf: {
      subjects: [
        { id: 'task:task-1', title: 'Fix the login redirect (active, so far)', group: 'Active task' },
        { id: 'month:key:claude-opus-5-5', title: 'This month with claude-opus-5-5', group: 'This month' },
        { id: 'task:task-2', title: 'Upgrade the date library (passed)', group: 'Finished tasks' },
      ],
      subject: 'task:task-1',
      costNanoUsd: 14.2 * USD,
      isSoFar: true,
      results: whatIfResults(true),
      sentence: '“Fix the login redirect” with claude-opus-5-5 is not finished: so far it came to $14.20.',
      notes: [
        'Every figure here is of what the task has used so far; a call that still streams is not in it.',
        'Listed first: 2 in use here and 2 that one would code with today. Search for any of the 5 models of the price book.',
      ],
    },
    modelNames: modelNames(runs, []),
    callOutliers: callOutliers(requests),
    taskTitles: {},
    call: null,
    ...fields,
  };
}

export function stateWith(data: DashboardData | null, fields: Partial<DashboardState> = {}): DashboardState {
  return { meter: 'running', problem: null, data, progress: null, isStale: false, demo: false, ...fields };
}

/** A week of trials. */
export const fullState = (): DashboardState => stateWith(dataOf(trialRuns));

/** The study imported: no outcomes, no dates. */
export const studyState = (): DashboardState =>
  stateWith(
    dataOf(studyRuns(), {
      origins: [
        {
          ...{ origin: 'import:study', label: 'Import study', runs: 72, tasks: 9, isChosen: true },
          removal: { name: 'study', sentence: 'Remove the import “study” with its 72 runs from Outlay’s books?' },
        },
      ],
    }),
  );

/** The first day: one model, four calls, no task. */
export const firstDayState = (): DashboardState =>
  stateWith(
    dataOf([], {
      origins: [],
      effective: {
        rows: [effectiveRow({ model: 'claude-opus-5-5', calls: 4, sessions: 1 })],
        study,
        smallestTrial: null,
        sentences: [],
      },
      history: historyOf(1).slice(1, 2),
      whatIf: {
        subjects: [{ id: 'm', title: 'This month with claude-opus-5-5', group: 'This month' }],
        subject: 'm',
        costNanoUsd: 0.31 * USD,
        isSoFar: false,
        results: whatIfResults().map((result) => ({
          ...result,
          measuredNanoUsd: null,
          measuredRange: null,
          measuredTasks: 0,
        })),
        sentence: 'What claude-opus-5-5 did this month came to $0.31.',
        notes: ['Listed first: 2 in use here. Search for any of the 5 models of the price book.'],
      },
      callOutliers: callOutliers(requests.slice(0, 4)),
    }),
  );

/** Nothing was ever metered. */
export const emptyState = (): DashboardState =>
  stateWith(
    dataOf([], {
      origins: [],
      effective: { rows: [], study, smallestTrial: null, sentences: [] },
      history: [],
      whatIf: {
        ...{ subjects: [], subject: null, costNanoUsd: null, results: [], isSoFar: false },
        sentence: 'There is no usage to reprice yet.',
        notes: ['As soon as a call has been metered, this page says what it would have cost with any other model.'],
      },
      callOutliers: callOutliers([]),
    }),
  );

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compareRuns } from '../../../src/analysis/compareRuns.ts';
import {
  type Comparison,
  defaultCompareOptions,
  type EffectivePricePage,
  type EffectivePriceRow,
  type FrontierAxis,
  frontierAxes,
  type HistoryCell,
} from '../../../src/analysis/contract.ts';
import { whatIf } from '../../../src/analysis/whatIf.ts';
import type { Run, RunListPrice } from '../../../src/domain/run.ts';
import { type DashboardData, type DashboardState, defaultDashboardQuery } from '../../../src/protocol/dashboard.ts';
import { readRuns } from '../../../src/runs/readRuns.ts';

/** Made-up states of the dashboard, for screenshots and tests: the comparisons in them are the real functions' over made-up runs. */

const USD = 1_000_000_000;
const DAY_MS = 86_400_000;
export const NOW_MS = Date.UTC(2026, 10, 23, 12);

interface Manner {
  readonly model: string;
  readonly inputUsd: number;
  readonly outputUsd: number;
  /** Thinking tokens of a middling task. */
  readonly thinking: number;
  readonly visible: number;
  readonly calls: number;
  /** Tasks of ten that it solves. */
  readonly solves: number;
  readonly seconds: number;
}

const manners: readonly Manner[] = [
  {
    model: 'claude-opus-5-5',
    inputUsd: 5,
    outputUsd: 25,
    thinking: 9_000,
    visible: 5_200,
    calls: 14,
    solves: 9,
    seconds: 400,
  },
  {
    model: 'claude-haiku-4-5',
    inputUsd: 1,
    outputUsd: 5,
    thinking: 300,
    visible: 4_800,
    calls: 17,
    solves: 6,
    seconds: 160,
  },
  {
    model: 'gpt-5.4',
    inputUsd: 2.5,
    outputUsd: 15,
    thinking: 7_000,
    visible: 3_900,
    calls: 11,
    solves: 8,
    seconds: 310,
  },
  {
    model: 'gemini-3-flash-preview',
    inputUsd: 0.5,
    outputUsd: 3,
    thinking: 92_000,
    visible: 6_100,
    calls: 22,
    solves: 7,
    seconds: 520,
  },
  {
    model: 'local-experiment-32b',
    inputUsd: 0.1,
    outputUsd: 0.4,
    thinking: 15_000,
    visible: 7_000,
    calls: 30,
    solves: 0,
    seconds: 900,
  },
];

const taskTitles = [
  'Fix the login redirect',
  'Split the store into modules',
  'Write the import of bank statements, with tests',
  'Make the parser accept CRLF',
  'Rename the public API',
  'Find the leak in the watcher',
  'Add keyset paging to the list of orders',
  'Port the build to the new bundler',
  'Cache the rendered pages',
] as const;

/** Numbers that look like chance and are the same every time. */
function noise(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
}

const listPrice = ({ inputUsd, outputUsd }: Manner): RunListPrice => ({
  inputNanoUsdPerMtok: inputUsd * USD,
  outputNanoUsdPerMtok: outputUsd * USD,
  cacheReadNanoUsdPerMtok: inputUsd * 0.1 * USD,
  cacheWriteNanoUsdPerMtok: inputUsd * 1.25 * USD,
});

function runOf(manner: Manner, task: number, attempt: number): Run {
  const seed = manners.indexOf(manner) * 100 + task * 7 + attempt * 3 + 1;
  const size = 0.4 + 2.2 * noise(task + 0.5);
  const luck = 0.6 + 0.9 * noise(seed);
  const calls = Math.round(manner.calls * size * luck);
  const outlier = manner.model === 'gemini-3-flash-preview' && task === 5 && attempt === 1 ? 9 : 1;
  const thinking = Math.round(manner.thinking * size * luck * outlier);
  const visible = Math.round(manner.visible * size * (0.8 + 0.4 * noise(seed + 50)));
  const tokens = { input: 2_000 * calls, read: 30_000 * calls, write: 3_000 * calls };
  const price = listPrice(manner);
  const cost =
    tokens.input * manner.inputUsd * 1e3 +
    tokens.read * manner.inputUsd * 100 +
    tokens.write * manner.inputUsd * 1_250 +
    (thinking + visible) * manner.outputUsd * 1e3;
  return {
    id: `run-${manner.model}-${task}-${attempt}`,
    origin: 'trial',
    task: `task-${task}`,
    taskTitle: taskTitles[task] ?? `Task ${task}`,
    model: manner.model,
    effort: null,
    agent: null,
    run: String(attempt),
    passed: noise(seed + 9) * 10 < manner.solves,
    isCensored: false,
    costNanoUsd: Math.round(cost),
    costWithoutThinkingNanoUsd: null,
    inputTokens: tokens.input,
    cacheReadTokens: tokens.read,
    cacheWriteTokens: tokens.write,
    outputTokens: thinking + visible,
    thinkingTokens: thinking,
    calls,
    seconds: Math.round(manner.seconds * size * luck),
    startedAtMs: NOW_MS - (45 - task * 5 - attempt) * DAY_MS,
    listPrice: price,
  };
}

/** Two runs of nine tasks by five models. */
export const trialRuns: readonly Run[] = manners.flatMap((manner) =>
  taskTitles.flatMap((_, task) => [0, 1].map((attempt) => runOf(manner, task, attempt))),
);

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

export function historyOf(days: number): readonly HistoryCell[] {
  return Array.from({ length: days }, (_, day) =>
    manners.slice(0, 4).map(
      ({ model }, place): HistoryCell => ({
        period: new Date(NOW_MS - (days - 1 - day) * DAY_MS).toISOString().slice(0, 10),
        key: model,
        isSubscription: place === 0,
        calls: 3 + place,
        costNanoUsd: Math.round((0.3 + 2 * noise(day * 10 + place)) * USD),
        thinkingTokens: 12_000,
        outputTokens: 19_000,
        unpricedCalls: 0,
      }),
    ),
  ).flat();
}

function whatIfResults() {
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
  return manners.map((manner, place) =>
    whatIf({
      model: manner.model,
      label: manner.model,
      usage,
      price: listPrice(manner),
      tokenizerRatio: place === 4 ? null : 1 + place * 0.08,
      measured: place === 4 ? [] : measured,
    }),
  );
}

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
    origins: [{ origin: 'trial', label: 'Trials', runs: comparison.runs, tasks: comparison.tasks, isChosen: true }],
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
        { id: 'month:claude-opus-5-5', title: 'This month with claude-opus-5-5' },
        { id: 'task-1:gpt-5.4', title: 'Fix the login redirect with gpt-5.4' },
      ],
      subject: 'month:claude-opus-5-5',
      costNanoUsd: 14.2 * USD,
      results: whatIfResults(),
      sentence: 'This month’s work with claude-opus-5-5 came to $14.20.',
    },
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
      origins: [{ origin: 'import:study', label: 'Import study', runs: 72, tasks: 9, isChosen: true }],
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
        subjects: [{ id: 'm', title: 'This month with claude-opus-5-5' }],
        subject: 'm',
        costNanoUsd: 0.31 * USD,
        results: whatIfResults().map((result) => ({
          ...result,
          measuredNanoUsd: null,
          measuredRange: null,
          measuredTasks: 0,
        })),
        sentence: 'This month’s work with claude-opus-5-5 came to $0.31.',
      },
    }),
  );

/** Nothing was ever metered. */
export const emptyState = (): DashboardState =>
  stateWith(
    dataOf([], {
      origins: [],
      effective: { rows: [], study, smallestTrial: null, sentences: [] },
      history: [],
      whatIf: { subjects: [], subject: null, costNanoUsd: null, results: [], sentence: '' },
    }),
  );

import type { Run, RunListPrice } from '../../src/domain/run.ts';

const USD = 1_000_000_000;
const DAY_MS = 86_400_000;

/** How a model of the demo's trials works: what it lists, and what it uses on a middling task. */
export interface Manner {
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

export const manners: readonly Manner[] = [
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

export const taskTitles = [
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
export function noise(seed: number): number {
  const x = Math.sin(seed * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
}

export const listPrice = ({ inputUsd, outputUsd }: Manner): RunListPrice => ({
  inputNanoUsdPerMtok: inputUsd * USD,
  outputNanoUsdPerMtok: outputUsd * USD,
  cacheReadNanoUsdPerMtok: inputUsd * 0.1 * USD,
  cacheWriteNanoUsdPerMtok: inputUsd * 1.25 * USD,
});

function runOf(manner: Manner, { task, attempt, nowMs }: { task: number; attempt: number; nowMs: number }): Run {
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
    startedAtMs: nowMs - (45 - task * 5 - attempt) * DAY_MS,
    listPrice: price,
  };
}

/** Two runs of nine tasks by five models, as trials leave them, over the last weeks. The same every time. */
export function demoRuns(nowMs: number): readonly Run[] {
  return manners.flatMap((manner) =>
    taskTitles.flatMap((_, task) => [0, 1].map((attempt) => runOf(manner, { task, attempt, nowMs }))),
  );
}

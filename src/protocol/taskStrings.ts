import type { BudgetMode, Dimension } from '../domain/budget.ts';
import type { Outcome, TaskState } from '../domain/task.ts';

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const dimensionNames: Record<Dimension, string> = {
  costNanoUsd: 'Dollars',
  thinkingTokens: 'Thinking tokens',
  outputTokens: 'Output tokens',
  toolCalls: 'Tool calls',
  calls: 'Calls',
};

/** After an amount; dollars say it with their sign. */
const dimensionUnits: Record<Dimension, string> = {
  costNanoUsd: '',
  thinkingTokens: ' thinking tokens',
  outputTokens: ' output tokens',
  toolCalls: ' tool calls',
  calls: ' calls',
};

const stateWords: Record<TaskState, string> = {
  open: 'open',
  passed: 'passed',
  failed: 'failed',
  abandoned: 'abandoned',
};

const outcomeVerbs: Record<Outcome, string> = { passed: 'passed', failed: 'failed', abandoned: 'abandoned' };

const modeWords: Record<BudgetMode, string> = {
  steady: 'steady: reserves what such calls usually come to',
  strict: 'strict: reserves the worst case of each call',
  warn: 'warn only: stops nothing',
};

/** Every text about tasks and budgets that does not come from the meter. */
export const taskStrings = {
  dimension: dimensionNames,
  unit: dimensionUnits,
  state: stateWords,
  mode: modeWords,

  noBudget: 'no budget',
  ofLimit: (percent: string, limit: string) => `${percent} of ${limit}`,
  usedUp: 'used up',
  allReserved: 'all spent or reserved',
  mark75: 'above 75%',
  mark90: 'above 90%',
  warnOnly: 'warn only',
  lineDetail: (spent: string, held: string, free: string) => `${spent} spent, ${held} reserved, ${free} free`,
  noneReserved: 'nothing',

  spend: (text: string) => `${text} spent`,
  subscription: (text: string) => `${text} at API prices (subscription, no bill)`,
  active: 'active',
  atWork: (agents: string) => `at work: ${agents}`,
  nobodyAtWork: 'no agent at work',
  rate: (text: string) => `${text} an hour`,
  thinkingShare: (text: string) => `${text} of the output is thinking`,
  thinking: 'Thinking',
  visible: 'Visible',
  tokens: (thinking: string, visible: string) => `${thinking} thinking, ${visible} visible output tokens`,
  calls: (count: number) => plural(count, 'call', 'calls'),
  toolCalls: (count: number) => plural(count, 'tool call', 'tool calls'),
  unpriced: (count: number) => `${plural(count, 'call', 'calls')} unpriced`,
  outcome: (outcome: string, by: string) => `${outcome} (${by})`,
  branch: (name: string) => `branch ${name}`,
  check: (command: string) => `check: ${command}`,
  kept: (mode: string) => `kept ${mode}`,
  countsSubscription: 'the dollar limit counts subscription use at API prices as well',
  createdAt: (time: string) => `created ${time}`,
  endedAt: (time: string) => `ended ${time}`,

  done: 'Done',
  doneCount: (count: number) => plural(count, 'task', 'tasks'),
  unassigned: 'Sessions of no task',
  session: (agent: string, id: string) => `${agent}, session ${id}`,
  lastCall: (time: string) => `last call ${time}`,
  confirm: (outcome: Outcome) => `Confirm: ${outcomeVerbs[outcome]}`,

  heading: 'Active task',
  noTask: 'No active task',
  noTaskText: 'Sessions that start now belong to no task.',
  newTask: 'New task',
  extend: 'Extend...',
  setBudget: 'Set budget...',
  openTerminal: 'Open its terminal',
  free: 'free',
  scopes: 'Limits of your settings',
  scope: {
    folder: { day: 'This folder today', month: 'This folder this month' },
    machine: { day: 'This machine today', month: 'This machine this month' },
  },
  alarm: 'Alarm',
  spokenTask: (title: string, parts: string) => `Task ${title}: ${parts}`,
} as const;

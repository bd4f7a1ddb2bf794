import { type BudgetScope, budgetModes, dimensions, type Limits } from '../../src/domain/budget.ts';
import { type OutcomeProposal, outcomes, type Task } from '../../src/domain/task.ts';
import type {
  BudgetNews,
  LimitLine,
  ScopeView,
  SimilarTasks,
  TasksSnapshot,
  TaskView,
} from '../../src/protocol/tasks.ts';
import { figureShape } from './figureShape.ts';
import { flag, listOf, mapOf, nullable, number, objectOf, oneOf, type Shape, text } from './shape.ts';

const mode = oneOf(...budgetModes);
const dimension = oneOf(...dimensions);
const period = oneOf('day', 'month');
const limit = nullable(number);

const limits = objectOf<Limits>({
  costNanoUsd: limit,
  thinkingTokens: limit,
  outputTokens: limit,
  toolCalls: limit,
  calls: limit,
});

const task = objectOf<Task>({
  id: text,
  title: text,
  workspaceId: nullable(text),
  folder: nullable(text),
  branch: nullable(text),
  checkCommand: nullable(text),
  state: oneOf('open', ...outcomes),
  createdAtMs: number,
  endedAtMs: nullable(number),
  limits,
  mode,
  countsSubscription: flag,
  outcomeBy: nullable(text),
  proposal: nullable(objectOf<OutcomeProposal>({ outcome: oneOf(...outcomes), because: text, atMs: number })),
});

const limitLine = objectOf<LimitLine>({
  dimension,
  limit: number,
  spent: figureShape,
  held: number,
  free: number,
  percent: number,
  mark: oneOf('below', 'soft75', 'soft90', 'at-line'),
});

const session = objectOf<TaskView['sessions'][number]>({ session: text, agent: text, lastCallAtMs: number });

const taskView = objectOf<TaskView>({
  task,
  spentNanoUsd: figureShape,
  subscriptionNanoUsd: figureShape,
  thinkingTokens: figureShape,
  outputTokens: figureShape,
  visibleTokens: figureShape,
  toolCalls: number,
  calls: number,
  unpricedCalls: number,
  heldNanoUsd: number,
  limits: listOf(limitLine),
  agentsAtWork: listOf(text),
  sessions: listOf(session),
  rateNanoUsdPerHour: figureShape,
});

type ScopeOf<Kind extends BudgetScope['kind']> = Extract<BudgetScope, { readonly kind: Kind }>;
const taskScope = objectOf<ScopeOf<'task'>>({ kind: oneOf('task'), taskId: text, title: text });
const folderScope = objectOf<ScopeOf<'folder'>>({ kind: oneOf('folder'), workspaceId: text, period });
const machineScope = objectOf<ScopeOf<'machine'>>({ kind: oneOf('machine'), period });
const scope: Shape<BudgetScope> = (value): value is BudgetScope =>
  taskScope(value) || folderScope(value) || machineScope(value);

const news = objectOf<BudgetNews>({
  id: text,
  kind: oneOf('refused', 'stopped', 'soft75', 'soft90', 'at-line', 'alarm'),
  atMs: number,
  taskId: nullable(text),
  workspaceId: text,
  text,
  extend: nullable(objectOf<NonNullable<BudgetNews['extend']>>({ taskId: text, dimension, quarter: number })),
});

export const tasksShape = objectOf<TasksSnapshot>({
  tasks: listOf(taskView),
  active: mapOf(text),
  unassigned: listOf(session),
  scopes: listOf(objectOf<ScopeView>({ scope, mode, limits: listOf(limitLine) })),
  news: listOf(news),
  similar: nullable(objectOf<SimilarTasks>({ tasks: number, medianNanoUsd: number, p90NanoUsd: number })),
});

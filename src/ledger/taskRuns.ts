import type { Run, RunListPrice } from '../domain/run.ts';
import { listPriceOf } from './bookedPrices.ts';
import type { TaskRuns } from './contract.ts';
import { packedRows } from './packedRows.ts';
import { type Statements, textOf } from './sqlite.ts';

/** Sums over the calls of one task, session, agent, model and effort at one set of rates on one day, in the order of `columns`. */
type Group = readonly number[];

const unpriced = 1;
const unknownTokens = 2;
const unknownThinking = 4;
const subAgent = 8;

/** As few as can be, and whether there is any in place of how many: each costs a millisecond in books of 20,000 tasks. */
const columns = {
  task: 'task',
  session: 'session',
  agent: 'agent',
  model: 'model',
  effort: 'effort',
  rates: 'rates',
  marks: `(unpriced_calls > 0) * ${unpriced} + (unknown_token_calls > 0) * ${unknownTokens}
    + (unknown_thinking_calls > 0) * ${unknownThinking} + sub_agent * ${subAgent}`,
  calls: 'calls',
  costNanoUsd: 'cost_nano_usd',
  thinkingNanoUsd: 'thinking_nano_usd',
  inputTokens: 'input_tokens',
  cacheReadTokens: 'cache_read_tokens',
  cacheWriteTokens: 'cache_write_tokens',
  outputTokens: 'output_tokens',
  thinkingTokens: 'thinking_tokens',
  durationMs: 'duration_ms',
  firstAtMs: 'first_at_ms',
  lastAtMs: 'last_at_ms',
} as const;

type Column = keyof typeof columns;

const places = Object.fromEntries(Object.keys(columns).map((name, index) => [name, index])) as Readonly<
  Record<Column, number>
>;

interface FinishedTask {
  readonly id: string;
  readonly title: string;
  readonly hasPassed: boolean;
  readonly isStopped: boolean;
}

/** Tasks of trials are compared as trials, from what the trial itself wrote down. */
const TRIAL_OUTCOME_BY = 'a trial';

/** Tasks that their budget stopped after it was last extended. */
const stoppedSql = `SELECT task FROM task_events WHERE kind IN ('refused', 'stopped', 'extended', 'limits') GROUP BY task
  HAVING max(iif(kind IN ('refused', 'stopped'), seq, 0)) > max(iif(kind IN ('extended', 'limits'), seq, 0))`;

/**
 * One run for each finished task of the user's own work, with all of its spend: auxiliary models and sub-agents too. A session that mixes models is one
 * of its agent, its main model (the one that cost most, of calls that are not a sub-agent's) and that model's effort. Tasks whose sessions
 * have different ones have no run and are counted.
 *
 * A task that its budget stopped after it was last extended, and that did not pass, is censored. A cost is unknown where a call has no price; tokens and
 * thinking where a call has no count. Time is that of calls that are not a sub-agent's, added up. O(tasks): no call is read.
 */
export function taskRuns(statements: Statements): TaskRuns {
  const stopped = new Set(statements.all(stoppedSql).map((row) => row['task']));
  const names = new BookedNames(statements);
  const byTask = groupsByTask(statements);
  const tasks = packedRows(statements, {
    columns: ['seq', 'id', 'title', `state = 'passed'`],
    from: `FROM (SELECT * FROM tasks WHERE state <> 'open' AND outcome_by IS NOT '${TRIAL_OUTCOME_BY}' ORDER BY seq)`,
  });
  let sharedTasks = 0;
  const runs: Run[] = [];
  for (const [seq, id, title, passed] of tasks) {
    const groups = byTask.get(Number(seq));
    if (groups === undefined) continue;
    const main = mainOfTask(groups, names);
    const task = { id: String(id), title: String(title), hasPassed: passed === 1, isStopped: stopped.has(seq ?? null) };
    if (main === null) sharedTasks += 1;
    else runs.push(runOf(task, groups, { main, names }));
  }
  return { runs, sharedTasks };
}

function groupsByTask(statements: Statements): ReadonlyMap<number, readonly Group[]> {
  const byTask = new Map<number, Group[]>();
  // Every column is declared as a number that is there.
  const groups = packedRows(statements, { columns: Object.values(columns), from: 'FROM task_rollups' });
  for (const group of groups as readonly Group[]) {
    const task = group[0] ?? 0;
    const known = byTask.get(task);
    if (known) known.push(group);
    else byTask.set(task, [group]);
  }
  return byTask;
}

function figure(group: Group, column: Column): number {
  return group[places[column]] ?? 0;
}

function isMarked(group: Group, mark: number): boolean {
  return (figure(group, 'marks') & mark) !== 0;
}

function sumOf(groups: readonly Group[], column: Column): number {
  const place = places[column];
  let sum = 0;
  for (const group of groups) sum += group[place] ?? 0;
  return sum;
}

/** The one agent, model and effort that was the main one of all of a task's sessions; null where there were several. */
function mainOfTask(groups: readonly Group[], names: BookedNames): Group | null {
  const [first] = groups;
  if (groups.length === 1 && first !== undefined) return first;
  const sessions = new Map<number, Group[]>();
  for (const group of groups) {
    const session = figure(group, 'session');
    const known = sessions.get(session);
    if (known) known.push(group);
    else sessions.set(session, [group]);
  }
  const mains = [...sessions.values()].flatMap((own) => {
    const notSub = own.filter((group) => !isMarked(group, subAgent));
    const found = mainOf(notSub.length > 0 ? notSub : own, names);
    return found === null ? [] : [found];
  });
  const [main] = mains;
  return main === undefined || mains.some((other) => !isSameModel(main, other)) ? null : main;
}

/** The model and effort with the largest cost; by output tokens where costs are equal or unknown, then by name. Rates do not tell models apart. */
function mainOf(groups: readonly Group[], names: BookedNames): Group | null {
  const sums = new Map<string, { readonly group: Group; cost: number; output: number }>();
  for (const group of groups) {
    const key = JSON.stringify([names.text(figure(group, 'model')), names.text(figure(group, 'effort'))]);
    const sum = sums.get(key) ?? { group, cost: 0, output: 0 };
    sum.cost += figure(group, 'costNanoUsd');
    sum.output += figure(group, 'outputTokens');
    sums.set(key, sum);
  }
  const [first] = [...sums].toSorted(
    ([keyA, a], [keyB, b]) => b.cost - a.cost || b.output - a.output || (keyA < keyB ? -1 : 1),
  );
  return first?.[1].group ?? null;
}

function isSameModel(a: Group, b: Group): boolean {
  const isSame = (column: Column): boolean => figure(a, column) === figure(b, column);
  return isSame('agent') && isSame('model') && isSame('effort');
}

function runOf(
  { id, title, hasPassed, isStopped }: FinishedTask,
  groups: readonly Group[],
  { main, names }: { readonly main: Group; readonly names: BookedNames },
): Run {
  let marks = 0;
  let durationMs = 0;
  let startedAtMs = Number.POSITIVE_INFINITY;
  for (const group of groups) {
    marks |= figure(group, 'marks');
    if (!isMarked(group, subAgent)) durationMs += figure(group, 'durationMs');
    startedAtMs = Math.min(startedAtMs, figure(group, 'firstAtMs'));
  }
  const isCensored = !hasPassed && isStopped;
  const hasTokens = (marks & unknownTokens) === 0;
  const hasThinking = (marks & unknownThinking) === 0;
  const costNanoUsd = (marks & unpriced) === 0 ? sumOf(groups, 'costNanoUsd') : null;
  return {
    id,
    origin: 'task',
    task: id,
    taskTitle: title,
    model: names.text(figure(main, 'model')) ?? '',
    effort: names.text(figure(main, 'effort')),
    agent: names.text(figure(main, 'agent')),
    run: null,
    passed: isCensored ? null : hasPassed,
    isCensored,
    costNanoUsd,
    costWithoutThinkingNanoUsd:
      costNanoUsd === null || !hasThinking ? null : costNanoUsd - sumOf(groups, 'thinkingNanoUsd'),
    inputTokens: hasTokens ? sumOf(groups, 'inputTokens') : null,
    cacheReadTokens: sumOf(groups, 'cacheReadTokens'),
    cacheWriteTokens: sumOf(groups, 'cacheWriteTokens'),
    outputTokens: hasTokens ? sumOf(groups, 'outputTokens') : null,
    thinkingTokens: hasThinking ? sumOf(groups, 'thinkingTokens') : null,
    calls: sumOf(groups, 'calls'),
    seconds: durationMs / 1000,
    startedAtMs,
    listPrice: names.listPrice(groups.length === 1 ? groups : groups.filter((group) => isSameModel(group, main)), main),
  };
}

/** Names by number, and the list prices that rates come to: few, and asked for again and again. */
class BookedNames {
  readonly #statements: Statements;
  readonly #texts = new Map<number, string | null>();
  readonly #prices = new Map<string, RunListPrice | null>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** Null for 0, which is no name. */
  text(id: number): string | null {
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    const row = this.#statements.get('SELECT name FROM names WHERE id = ?', id);
    const text = row === undefined ? null : textOf(row, 'name');
    this.#texts.set(id, text);
    return text;
  }

  /** The list price of a run of a model, from the sums over its own calls. */
  listPrice(own: readonly Group[], main: Group): RunListPrice | null {
    const [only] = own;
    const model = figure(main, 'model');
    if (own.length > 1 || only === undefined) return this.#listPrice(own, model);
    const key = `${figure(only, 'rates')} ${model}`;
    const known = this.#prices.get(key);
    if (known !== undefined) return known;
    const price = this.#listPrice(own, model);
    this.#prices.set(key, price);
    return price;
  }

  #listPrice(own: readonly Group[], model: number): RunListPrice | null {
    const rates = own.map((group) => ({
      rates: this.text(figure(group, 'rates')) ?? '',
      startedAtMs: figure(group, 'lastAtMs'),
    }));
    return listPriceOf(rates, this.text(model) ?? '');
  }
}

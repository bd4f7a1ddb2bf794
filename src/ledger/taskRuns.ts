import type { Run, RunListPrice } from '../domain/run.ts';
import { listPriceOf } from './bookedPrices.ts';
import type { TaskRuns } from './contract.ts';
import { packedRows } from './packedRows.ts';
import { integerOf, type Statements, textOf } from './sqlite.ts';

/** Sums over the calls of one task, session, agent, model and effort at one set of rates on one day, in the order of these columns. */
type Group = readonly number[];

const columns = [
  ...['task', 'session', 'agent', 'model', 'effort', 'sub_agent', 'rates', 'calls', 'cost_nano_usd', 'unpriced_calls'],
  ...['thinking_nano_usd', 'input_tokens', 'cache_read_tokens', 'cache_write_tokens', 'output_tokens'],
  ...['unknown_token_calls', 'thinking_tokens', 'unknown_thinking_calls', 'duration_ms', 'first_at_ms', 'last_at_ms'],
] as const;

type Column = (typeof columns)[number];

const places = Object.fromEntries(columns.map((name, index) => [name, index])) as Readonly<Record<Column, number>>;

interface FinishedTask {
  readonly id: string;
  readonly title: string;
  readonly hasPassed: boolean;
  readonly groups: Group[];
}

/** Tasks of trials are compared as trials, from what the trial itself wrote down. */
const TRIAL_OUTCOME_BY = 'a trial';

const isOwnWork = `state <> 'open' AND outcome_by IS NOT '${TRIAL_OUTCOME_BY}'`;

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
  const stopped = new Set(statements.all(stoppedSql).map((row) => integerOf(row, 'task')));
  const names = new BookedNames(statements);
  let sharedTasks = 0;
  const runs: Run[] = [];
  for (const [seq, task] of finishedTasks(statements)) {
    if (task.groups.length === 0) continue;
    const main = mainOfTask(task.groups, names);
    if (main === null) sharedTasks += 1;
    else runs.push(runOf(task, main, { names, isStopped: stopped.has(seq) }));
  }
  return { runs, sharedTasks };
}

/** By their number, oldest first. */
function finishedTasks(statements: Statements): ReadonlyMap<number, FinishedTask> {
  const tasks = new Map<number, FinishedTask>();
  const found = packedRows(statements, {
    columns: ['seq', 'id', 'title', `state = 'passed'`],
    from: `FROM (SELECT * FROM tasks WHERE ${isOwnWork} ORDER BY seq)`,
  });
  for (const [seq, id, title, passed] of found) {
    tasks.set(Number(seq), { id: String(id), title: String(title), hasPassed: passed === 1, groups: [] });
  }
  // Every column is declared as a number that is there.
  const groups = packedRows(statements, { columns, from: 'FROM task_rollups' }) as readonly Group[];
  for (const group of groups) tasks.get(group[0] ?? 0)?.groups.push(group);
  return tasks;
}

function figure(group: Group, column: Column): number {
  return group[places[column]] ?? 0;
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
    const notSub = own.filter((group) => figure(group, 'sub_agent') === 0);
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
    sum.cost += figure(group, 'cost_nano_usd');
    sum.output += figure(group, 'output_tokens');
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
  { id, title, hasPassed, groups }: FinishedTask,
  main: Group,
  { names, isStopped }: { readonly names: BookedNames; readonly isStopped: boolean },
): Run {
  const isCensored = !hasPassed && isStopped;
  const hasTokens = sumOf(groups, 'unknown_token_calls') === 0;
  const hasThinking = sumOf(groups, 'unknown_thinking_calls') === 0;
  const costNanoUsd = sumOf(groups, 'unpriced_calls') === 0 ? sumOf(groups, 'cost_nano_usd') : null;
  let durationMs = 0;
  let startedAtMs = Number.POSITIVE_INFINITY;
  for (const group of groups) {
    if (figure(group, 'sub_agent') === 0) durationMs += figure(group, 'duration_ms');
    startedAtMs = Math.min(startedAtMs, figure(group, 'first_at_ms'));
  }
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
      costNanoUsd === null || !hasThinking ? null : costNanoUsd - sumOf(groups, 'thinking_nano_usd'),
    inputTokens: hasTokens ? sumOf(groups, 'input_tokens') : null,
    cacheReadTokens: sumOf(groups, 'cache_read_tokens'),
    cacheWriteTokens: sumOf(groups, 'cache_write_tokens'),
    outputTokens: hasTokens ? sumOf(groups, 'output_tokens') : null,
    thinkingTokens: hasThinking ? sumOf(groups, 'thinking_tokens') : null,
    calls: sumOf(groups, 'calls'),
    seconds: durationMs / 1000,
    startedAtMs,
    listPrice: names.listPrice(
      groups.filter((group) => isSameModel(group, main)),
      main,
    ),
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
      startedAtMs: figure(group, 'last_at_ms'),
    }));
    return listPriceOf(rates, this.text(model) ?? '');
  }
}

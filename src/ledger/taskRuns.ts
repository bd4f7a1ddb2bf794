import type { Run, RunListPrice } from '../domain/run.ts';
import type { TaskRuns } from './contract.ts';
import { startOfNewest } from './rollups.ts';
import { integerOf, integerOrNull, type SqlRow, type Statements, textOf } from './sqlite.ts';
import { countsOf, isCallOf } from './toldRecord.ts';

/** Sums over the calls of one task, session, model and effort at one set of rates. */
interface Group {
  readonly task: number;
  readonly session: number;
  readonly agent: string;
  readonly model: string;
  readonly effort: string | null;
  readonly isSubAgent: boolean;
  readonly rates: string;
  readonly calls: number;
  readonly costNanoUsd: number;
  readonly unpricedCalls: number;
  readonly thinkingNanoUsd: number;
  readonly inputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly unknownTokenCalls: number;
  readonly thinkingTokens: number;
  readonly unknownThinkingCalls: number;
  readonly durationMs: number;
  readonly startedAtMs: number;
}

/** Tasks of trials are compared as trials, from what the trial itself wrote down. */
const TRIAL_OUTCOME_BY = 'a trial';

/** A call that failed before it used anything has no price and needs none. */
const isFree = `(status = 'error' AND output_tokens IS 0 AND ifnull(input_tokens, 0) = 0)`;

const groupSql = `SELECT c.task AS task, c.session AS session,
  (SELECT name FROM names WHERE id = c.agent) AS agent, (SELECT name FROM names WHERE id = c.model) AS model,
  (SELECT name FROM names WHERE id = c.effort) AS effort, c.sub_agent IS NOT NULL AS sub_agent,
  (SELECT name FROM names WHERE id = c.rates) AS rates, sum(${isCallOf('c')}) AS calls, sum(ifnull(c.cost_nano_usd, 0)) AS cost,
  sum(c.cost_nano_usd IS NULL AND NOT ${isFree}) AS unpriced, sum(ifnull(c.thinking_nano_usd, 0)) AS thinking_cost,
  sum(ifnull(c.input_tokens, 0)) AS input, sum(c.cache_read_tokens) AS cache_read,
  sum(c.cache_write_5m_tokens + c.cache_write_1h_tokens) AS cache_write, sum(ifnull(c.output_tokens, 0)) AS output,
  sum((c.input_tokens IS NULL OR c.output_tokens IS NULL) AND c.status <> 'error') AS unknown_tokens,
  sum(ifnull(c.thinking_tokens, 0)) AS thinking,
  sum(c.thinking_tokens IS NULL AND NOT (c.status = 'error' AND ifnull(c.output_tokens, 0) = 0)) AS unknown_thinking,
  sum(iif(${isCallOf('c')}, ifnull(c.duration_ms, 0), 0)) AS duration, min(c.started_at_ms) AS started
  FROM calls c JOIN tasks t ON t.seq = c.task
  WHERE t.state <> 'open' AND t.outcome_by IS NOT '${TRIAL_OUTCOME_BY}' AND c.owner_pid IS NULL AND ${countsOf('c')}
  GROUP BY c.task, c.session, c.agent, c.model, c.effort, sub_agent, c.rates`;

const taskSql = `SELECT seq, id, title, state, EXISTS (
    SELECT 1 FROM task_events e WHERE e.task = tasks.seq AND e.kind IN ('refused', 'stopped') AND e.seq > ifnull(
      (SELECT max(x.seq) FROM task_events x WHERE x.task = tasks.seq AND x.kind IN ('extended', 'limits')), 0)
  ) AS stopped FROM tasks WHERE state <> 'open' AND outcome_by IS NOT '${TRIAL_OUTCOME_BY}' ORDER BY seq`;

/**
 * One run for each finished task of the user's own work, with all of its spend: auxiliary models and sub-agents too. A session that mixes models is one
 * of its agent, its main model (the one that cost most, of calls that are not a sub-agent's) and that model's effort. Tasks whose sessions
 * have different ones have no run and are counted.
 *
 * A task that its budget stopped after it was last extended, and that did not pass, is censored. A cost is unknown where a call has no price; tokens and
 * thinking where a call has no count. Time is that of calls that are not a sub-agent's, added up.
 */
export function taskRuns(statements: Statements): TaskRuns {
  const byTask = new Map<number, Group[]>();
  for (const row of statements.all(groupSql)) {
    const group = groupOf(row);
    const known = byTask.get(group.task);
    if (known) known.push(group);
    else byTask.set(group.task, [group]);
  }
  let sharedTasks = 0;
  const runs = statements.all(taskSql).flatMap((row): readonly Run[] => {
    const groups = byTask.get(integerOf(row, 'seq'));
    if (groups === undefined) return [];
    const mains = mainGroups(groups);
    const main = mains[0];
    if (main === undefined || mains.some((other) => !isSameModel(main, other))) {
      sharedTasks += 1;
      return [];
    }
    return [runOf(row, groups, main)];
  });
  return { runs, sharedTasks };
}

function groupOf(row: SqlRow): Group {
  return {
    task: integerOf(row, 'task'),
    session: integerOf(row, 'session'),
    agent: textOf(row, 'agent'),
    model: textOf(row, 'model'),
    effort: row['effort'] === null ? null : textOf(row, 'effort'),
    isSubAgent: row['sub_agent'] === 1,
    rates: textOf(row, 'rates'),
    calls: integerOf(row, 'calls'),
    costNanoUsd: integerOf(row, 'cost'),
    unpricedCalls: integerOf(row, 'unpriced'),
    thinkingNanoUsd: integerOf(row, 'thinking_cost'),
    inputTokens: integerOf(row, 'input'),
    cacheReadTokens: integerOf(row, 'cache_read'),
    cacheWriteTokens: integerOf(row, 'cache_write'),
    outputTokens: integerOf(row, 'output'),
    unknownTokenCalls: integerOf(row, 'unknown_tokens'),
    thinkingTokens: integerOf(row, 'thinking'),
    unknownThinkingCalls: integerOf(row, 'unknown_thinking'),
    durationMs: integerOrNull(row, 'duration') ?? 0,
    startedAtMs: integerOf(row, 'started'),
  };
}

/** The main group of each session. */
function mainGroups(groups: readonly Group[]): readonly Group[] {
  const sessions = new Map<number, Group[]>();
  for (const group of groups) {
    const known = sessions.get(group.session);
    if (known) known.push(group);
    else sessions.set(group.session, [group]);
  }
  return [...sessions.values()].flatMap((own) => {
    const mains = own.filter(({ isSubAgent }) => !isSubAgent);
    return mainOf(mains.length > 0 ? mains : own) ?? [];
  });
}

/** The model and effort with the largest cost; by output tokens where costs are equal or unknown, then by name. Rates do not tell models apart. */
function mainOf(groups: readonly Group[]): Group | null {
  const sums = new Map<string, { readonly group: Group; cost: number; output: number }>();
  for (const group of groups) {
    const key = JSON.stringify([group.model, group.effort]);
    const sum = sums.get(key) ?? { group, cost: 0, output: 0 };
    sum.cost += group.costNanoUsd;
    sum.output += group.outputTokens;
    sums.set(key, sum);
  }
  const [first] = [...sums].toSorted(
    ([keyA, a], [keyB, b]) => b.cost - a.cost || b.output - a.output || (keyA < keyB ? -1 : 1),
  );
  return first?.[1].group ?? null;
}

function isSameModel(a: Group, b: Group): boolean {
  return a.agent === b.agent && a.model === b.model && a.effort === b.effort;
}

function runOf(row: SqlRow, groups: readonly Group[], main: Group): Run {
  const sum = (figure: (group: Group) => number): number => groups.reduce((total, group) => total + figure(group), 0);
  const id = textOf(row, 'id');
  const state = textOf(row, 'state');
  const isCensored = state !== 'passed' && row['stopped'] === 1;
  const isPriced = sum(({ unpricedCalls }) => unpricedCalls) === 0;
  const hasTokens = sum(({ unknownTokenCalls }) => unknownTokenCalls) === 0;
  const hasThinking = sum(({ unknownThinkingCalls }) => unknownThinkingCalls) === 0;
  const costNanoUsd = isPriced ? sum((group) => group.costNanoUsd) : null;
  return {
    id,
    origin: 'task',
    task: id,
    taskTitle: textOf(row, 'title'),
    model: main.model,
    effort: main.effort,
    agent: main.agent,
    run: null,
    passed: isCensored ? null : state === 'passed',
    isCensored,
    costNanoUsd,
    costWithoutThinkingNanoUsd:
      costNanoUsd === null || !hasThinking ? null : costNanoUsd - sum(({ thinkingNanoUsd }) => thinkingNanoUsd),
    inputTokens: hasTokens ? sum(({ inputTokens }) => inputTokens) : null,
    cacheReadTokens: sum(({ cacheReadTokens }) => cacheReadTokens),
    cacheWriteTokens: sum(({ cacheWriteTokens }) => cacheWriteTokens),
    outputTokens: hasTokens ? sum(({ outputTokens }) => outputTokens) : null,
    thinkingTokens: hasThinking ? sum(({ thinkingTokens }) => thinkingTokens) : null,
    calls: sum(({ calls }) => calls),
    seconds: groups.reduce((total, group) => total + (group.isSubAgent ? 0 : group.durationMs), 0) / 1000,
    startedAtMs: groups.reduce((first, { startedAtMs }) => Math.min(first, startedAtMs), Number.POSITIVE_INFINITY),
    listPrice: listPriceOf(
      groups.filter((group) => isSameModel(group, main)),
      main.model,
    ),
  };
}

interface RatesAt {
  readonly rates: string;
  readonly startedAtMs: number;
}

/** The rates of the newest of a model's calls that had no modifier, else of the newest. */
function listPriceOf(calls: readonly RatesAt[], model: string): RunListPrice | null {
  const priced = calls.flatMap(({ rates, startedAtMs }) => {
    const rate = ratesIn(rates, model);
    return rate === null ? [] : [{ ...rate, startedAtMs }];
  });
  const [best] = priced.toSorted(
    (a, b) => Number(a.isModified) - Number(b.isModified) || b.startedAtMs - a.startedAtMs,
  );
  return best?.price ?? null;
}

/** The list price of each model by its newest call, found through the rollups; models without a price are missing. O(models * log calls) after the rollups. */
export function latestPrices(statements: Statements): ReadonlyMap<string, RunListPrice> {
  const prices = new Map<string, RunListPrice>();
  const newest = statements.all(
    `SELECT (SELECT name FROM names WHERE id = r.model) AS model, max(r.newest) AS newest
     FROM rollups r WHERE r.priced > 0 GROUP BY r.model`,
  );
  for (const row of newest) {
    const model = textOf(row, 'model');
    const calls = statements.all(
      `SELECT (SELECT name FROM names WHERE id = rates) AS rates, started_at_ms AS started
       FROM calls WHERE started_at_ms = ? AND owner_pid IS NULL LIMIT 100`,
      startOfNewest(integerOf(row, 'newest')),
    );
    const named = calls.map((call) => ({ rates: textOf(call, 'rates'), startedAtMs: integerOf(call, 'started') }));
    const own = named.filter(({ rates }) => rates.includes(JSON.stringify(model)));
    const price = listPriceOf(own.length > 0 ? own : named, model);
    if (price !== null) prices.set(model, price);
  }
  return prices;
}

/** The rates of a model in the JSON that calls keep, by its name or, as providers name models with a date, the only one there is. */
export function ratesIn(
  json: string,
  model: string,
): { readonly price: RunListPrice; readonly isModified: boolean } | null {
  let entries: unknown;
  try {
    entries = JSON.parse(json);
  } catch {
    return null;
  }
  if (!Array.isArray(entries)) return null;
  const objects = entries.filter((entry): entry is object => typeof entry === 'object' && entry !== null);
  const entry = objects.find((candidate) => Reflect.get(candidate, 'model') === model) ?? objects[0];
  if (entry === undefined) return null;
  const rate = (name: string): number | null => {
    const value: unknown = Reflect.get(entry, name);
    return typeof value === 'number' ? value : null;
  };
  const input = rate('inputNanoUsdPerMtok');
  const output = rate('outputNanoUsdPerMtok');
  if (input === null || output === null) return null;
  const modifiers: unknown = Reflect.get(entry, 'modifiers');
  return {
    price: {
      inputNanoUsdPerMtok: input,
      outputNanoUsdPerMtok: output,
      cacheReadNanoUsdPerMtok: rate('cacheReadNanoUsdPerMtok'),
      cacheWriteNanoUsdPerMtok: rate('cacheWrite5mNanoUsdPerMtok'),
    },
    isModified: Array.isArray(modifiers) && modifiers.length > 0,
  };
}

import { printAmount } from '../budget/printAmount.ts';
import { type BudgetMode, type Dimension, dimensions, type Limits, noLimits } from '../domain/budget.ts';
import { formatTokens, formatUsd, printWhole } from '../domain/format.ts';
import { parseAmount } from '../domain/parseAmount.ts';
import { isTaskId, type Outcome, outcomes } from '../domain/task.ts';
import type { TaskDetails } from '../protocol/tasks.ts';
import { CliError } from './cliError.ts';
import type { CliIo } from './cliIo.ts';
import { requestTask, type TaskPlace } from './taskBackend.ts';
import { taskJson } from './taskJson.ts';
import { type Column, textTable } from './textTable.ts';

/** Options of `outlay task`, as `parseArgs` gives them. */
export interface TaskValues {
  readonly usd?: string | undefined;
  readonly thinking?: string | undefined;
  readonly output?: string | undefined;
  readonly 'tool-calls'?: string | undefined;
  readonly calls?: string | undefined;
  readonly 'warn-only'?: boolean | undefined;
  readonly steady?: boolean | undefined;
  readonly strict?: boolean | undefined;
  readonly 'count-subscription'?: boolean | undefined;
  readonly outcome?: string | undefined;
  readonly session?: string | undefined;
  readonly json?: boolean | undefined;
}

export interface TaskCall {
  readonly dataDir: string;
  readonly words: readonly string[];
  readonly values: TaskValues;
  readonly io: CliIo;
}

const BY = 'outlay command';

const optionNames: Readonly<Record<Dimension, 'usd' | 'thinking' | 'output' | 'tool-calls' | 'calls'>> = {
  costNanoUsd: 'usd',
  thinkingTokens: 'thinking',
  outputTokens: 'output',
  toolCalls: 'tool-calls',
  calls: 'calls',
};

/** Runs `outlay task <verb> ...`. Throws a sentence where the arguments make no sense or nothing was done. */
export async function runTask(call: TaskCall): Promise<void> {
  const [verb, ...words] = call.words;
  switch (verb) {
    case 'new':
      return newTask(call, words);
    case 'list':
      return listTasks(call, words);
    case 'show':
      return showTask(call, oneId(words, 'show'));
    case 'extend':
      return extendTask(call, oneId(words, 'extend'));
    case 'close':
      return closeTask(call, oneId(words, 'close'));
    case 'assign':
      return assignSession(call, words);
    default:
      throw new CliError('Say what to do with tasks: new, list, show, extend, close or assign.', 2);
  }
}

async function newTask({ dataDir, values, io }: TaskCall, words: readonly string[]): Promise<void> {
  const [title, ...rest] = words;
  if (title === undefined || title.trim() === '')
    throw new CliError('A task needs a title: outlay task new "Fix login".', 2);
  if (rest.length > 0) throw new CliError(`"${rest[0]}" is too much; put the title in quotes.`, 2);
  const { result, isOffline } = await requestTask({ dataDir, io }, 'newTask', {
    title: title.trim(),
    workspaceId: null,
    folder: null,
    branch: null,
    checkCommand: null,
    limits: limitsOf(values),
    mode: modeOf(values),
    countsSubscription: values['count-subscription'] ?? false,
    activate: false,
    by: BY,
  });
  const baseUrls = isOffline ? null : result.baseUrls;
  const { id } = result.view.task;
  if (isOffline) {
    io.stderr(
      `No meter is running, so the task has no addresses yet. ${io.meterHint(dataDir)} Then "outlay task show ${id}" prints them.\n`,
    );
  }
  if (values.json) return io.stdout(`${JSON.stringify({ id, baseUrls })}\n`);
  const lines = baseUrls === null ? [] : Object.entries(baseUrls).map(([route, url]) => `  ${route.padEnd(12)} ${url}`);
  io.stdout([`${id}`, ...lines, ''].join('\n'));
}

async function listTasks({ dataDir, values, io }: TaskCall, words: readonly string[]): Promise<void> {
  if (words.length > 0) throw new CliError('list takes options only.', 2);
  const { tasks } = (await requestTask({ dataDir, io }, 'allTasks', {})).result;
  if (values.json) return io.stdout(`${JSON.stringify(tasks.map(taskJson), null, 2)}\n`);
  if (tasks.length === 0) return io.stdout('No tasks yet; "outlay task new" makes one.\n');
  const columns: readonly Column[] = [
    { title: 'Task', align: 'left', minWidth: 13 },
    { title: 'State', align: 'left' },
    { title: 'Calls', align: 'right', dropRank: 2 },
    { title: 'Thinking', align: 'right', dropRank: 3 },
    { title: 'Spent', align: 'right' },
    { title: 'Budget', align: 'right', dropRank: 1 },
    { title: 'Id', align: 'left' },
  ];
  const rows = tasks.map(({ view }) => [
    view.task.title,
    view.task.state,
    printWhole(view.calls),
    formatTokens(view.thinkingTokens),
    formatUsd(view.spentNanoUsd),
    view.limits.map(({ dimension, limit, percent }) => `${percent}% of ${printAmount(dimension, limit)}`).join(', '),
    view.task.id,
  ]);
  io.stdout(textTable(columns, rows, { width: io.width, rule: null }));
}

async function showTask({ dataDir, values, io }: TaskCall, id: string): Promise<void> {
  const { result } = await requestTask({ dataDir, io }, 'showTask', { id });
  print(result, values, io);
}

async function extendTask({ dataDir, values, io }: TaskCall, id: string): Promise<void> {
  const limits = limitsOf(values);
  const named = dimensions.filter((dimension) => limits[dimension] !== null);
  if (named.length === 0)
    throw new CliError('extend needs what to add, for example --usd 2.50 or --thinking 50000.', 2);
  const zero = named.find((dimension) => limits[dimension] === 0);
  if (zero !== undefined) throw new CliError(`--${optionNames[zero]} must be above 0.`, 2);
  let last: TaskDetails | null = null;
  for (const dimension of await unlimitedFirst({ dataDir, io }, id, named)) {
    const amount = limits[dimension] ?? 0;
    last = (await requestTask({ dataDir, io }, 'extendTask', { id, dimension, amount, by: BY })).result;
  }
  if (last) print(last, values, io);
}

/**
 * Dimensions without a limit come first: such a one is refused before any other is extended, since whoever reads of a refusal asks for
 * all of it once more.
 */
async function unlimitedFirst(
  place: TaskPlace,
  id: string,
  named: readonly Dimension[],
): Promise<readonly Dimension[]> {
  if (named.length < 2) return named;
  const { limits } = (await requestTask(place, 'showTask', { id })).result.view.task;
  return named.toSorted((a, b) => Number(limits[a] !== null) - Number(limits[b] !== null));
}

async function closeTask({ dataDir, values, io }: TaskCall, id: string): Promise<void> {
  const outcome = outcomes.find((known): known is Outcome => known === values.outcome);
  if (outcome === undefined) throw new CliError(`close needs --outcome ${outcomes.join('|')}.`, 2);
  const { result } = await requestTask({ dataDir, io }, 'closeTask', { id, outcome, because: '', by: BY });
  print(result, values, io);
}

async function assignSession({ dataDir, values, io }: TaskCall, words: readonly string[]): Promise<void> {
  const { session } = values;
  if (session === undefined || session === '') throw new CliError('assign needs --session SESSION.', 2);
  const id = words[0] === 'none' && words.length === 1 ? null : oneId(words, 'assign');
  const { result } = await requestTask({ dataDir, io }, 'assignSession', { session, id, by: BY });
  const { moved } = result;
  if (values.json) return io.stdout(`${JSON.stringify({ moved })}\n`);
  io.stdout(`Moved ${printWhole(moved)} ${moved === 1 ? 'call' : 'calls'}.\n`);
}

function print(details: TaskDetails, values: TaskValues, io: CliIo): void {
  io.stdout(values.json ? `${JSON.stringify(taskJson(details), null, 2)}\n` : taskText(details));
}

/** A task in words, for people. */
export function taskText({ view, events, baseUrls }: TaskDetails): string {
  const { task, limits, sessions } = view;
  const by = task.outcomeBy === null ? '' : ` (${task.outcomeBy})`;
  const lines = [
    `${task.title}  ${task.id}`,
    `  ${task.state}${by}, ${printWhole(view.calls)} ${view.calls === 1 ? 'call' : 'calls'}, ${formatUsd(view.spentNanoUsd)} spent, ${formatTokens(view.thinkingTokens)} thinking tokens, ${formatTokens(view.outputTokens)} output tokens`,
    ...limits.map(
      ({ dimension, limit, held, free, percent }) =>
        `  ${percent}% of ${printAmount(dimension, limit)}: ${printAmount(dimension, held)} held, ${printAmount(dimension, free)} free`,
    ),
    ...sessions.map(({ session, agent }) => `  session ${session} (${agent})`),
    ...Object.entries(baseUrls).map(([route, url]) => `  ${route.padEnd(12)} ${url}`),
    ...events.slice(0, 5).map(({ atMs, text, by: who }) => `  ${new Date(atMs).toISOString()} ${text} (${who})`),
  ];
  return `${lines.join('\n')}\n`;
}

function limitsOf(values: TaskValues): Limits {
  const read = dimensions.map((dimension): readonly [Dimension, number | null] => {
    const name = optionNames[dimension];
    const text = values[name];
    if (text === undefined) return [dimension, null];
    const parsed = parseAmount(dimension, text);
    if (!parsed.ok) throw new CliError(`--${name}: ${parsed.problem}`, 2);
    return [dimension, parsed.value];
  });
  return { ...noLimits, ...Object.fromEntries(read) };
}

function modeOf(values: TaskValues): BudgetMode {
  const named: BudgetMode[] = [];
  if (values['warn-only']) named.push('warn');
  if (values.steady) named.push('steady');
  if (values.strict) named.push('strict');
  if (named.length > 1) throw new CliError('Say one of --warn-only, --steady and --strict.', 2);
  return named[0] ?? 'steady';
}

function oneId(words: readonly string[], verb: string): string {
  const [id, ...rest] = words;
  if (id === undefined || rest.length > 0) throw new CliError(`${verb} needs the id of one task.`, 2);
  if (!isTaskId(id)) throw new CliError(`"${id}" is no id of a task; "outlay task list" shows them.`, 2);
  return id;
}

import { groupBy } from '../../analysis/groupBy.ts';
import { measuredRatios } from '../../analysis/measuredRatios.ts';
import { type RepricedGroup, type RepricedUsage, whatIf } from '../../analysis/whatIf.ts';
import { printWhole } from '../../domain/format.ts';
import type { Run } from '../../domain/run.ts';
import type { LedgerReader, ReportRow } from '../../ledger/contract.ts';
import type { DashboardQuery, WhatIfPage, WhatIfResult } from '../../protocol/dashboard.ts';
import { familyRatio } from '../../tokens/familyRatio.ts';
import { type ListedModel, listedFinder } from './bookPrices.ts';
import { monthSubjects, type RepricedSubject, repricedMonth, repricedTask, taskSubject } from './whatIfSubjects.ts';

/** Open and finished tasks that are listed; the others are found by a part of their title. */
const MOST_TASKS = 100;
/** Current models that are listed beside those in use. */
const MOST_CURRENT = 12;

export interface WhatIfSources {
  readonly reader: Pick<LedgerReader, 'taskHeads' | 'taskUsage'>;
  /** Use by model since the first of the month; billed and subscription use are rows of their own. */
  readonly month: readonly ReportRow[];
  /** Runs of the user's own tasks, and of trials: what thinking was measured on. */
  readonly runs: readonly Run[];
  readonly listed: readonly ListedModel[];
}

const threeSteps =
  'Three steps, each more honest than the one before: the same tokens at its prices; the same text in its own tokens; and with as much thinking and as many turns as it took on tasks that both did here.';

/** One usage at the prices of every model of the book: of the task or the month that the query names, else of the active task, else of this month. */
export function whatIfPage(sources: WhatIfSources, query: Pick<DashboardQuery, 'subject' | 'findTask'>): WhatIfPage {
  const { reader, month, runs, listed } = sources;
  const heads = reader.taskHeads(query.findTask, MOST_TASKS);
  const subjects = [
    ...heads.filter(({ state }) => state === 'open').map(taskSubject),
    ...monthSubjects(month),
    ...heads.filter(({ state }) => state !== 'open').map(taskSubject),
  ];
  const subject = chosenSubject(sources, { heads, subjects, query });
  if (subject === null) {
    return {
      ...{ subjects, subject: null, costNanoUsd: null, results: [], isSoFar: false },
      sentence: 'There is no usage to reprice yet.',
      notes: [
        'As soon as a call has been metered, this page says what the same tokens would have cost with any other model of the price book.',
      ],
    };
  }
  const results = resultsOf(subject, { runs, listed, used: month.map(({ key }) => key) });
  return {
    subjects,
    subject: subject.id,
    costNanoUsd: subject.costNanoUsd,
    isSoFar: subject.isSoFar,
    results,
    sentence: subject.sentence,
    notes: [
      ...(subject.isSoFar
        ? ['Every figure here is of what the task has used so far; a call that still streams is not in it.']
        : []),
      threeSteps,
      listSentence(results),
    ],
  };
}

function chosenSubject(
  { reader, month }: WhatIfSources,
  of: {
    readonly heads: ReturnType<LedgerReader['taskHeads']>;
    readonly subjects: WhatIfPage['subjects'];
    readonly query: Pick<DashboardQuery, 'subject' | 'findTask'>;
  },
): RepricedSubject | null {
  const active = of.heads.find(({ state, isActive }) => state === 'open' && isActive);
  const months = of.subjects.filter(({ group }) => group === 'This month');
  // Whoever looks for a task wants to see the first that is found.
  const found = of.query.findTask === '' ? undefined : of.heads[0];
  const tasks = [found, active].map((task) => task && `task:${task.id}`);
  const ids = [of.query.subject, ...tasks, ...months.map(({ id }) => id), of.subjects[0]?.id];
  for (const id of ids) {
    const head = of.heads.find((task) => `task:${task.id}` === id);
    const subject = head === undefined ? repricedMonth(month, id ?? '') : repricedTask(head, reader.taskUsage(head.id));
    if (subject !== null) return subject;
  }
  return null;
}

interface Listing {
  readonly runs: readonly Run[];
  readonly listed: readonly ListedModel[];
  /** Models of this month. */
  readonly used: readonly string[];
}

/** Those in use first, then current ones of the same sellers, then all others; each nearest in list price first. O(models * (models used + tasks)). */
function resultsOf(subject: RepricedSubject, { runs, listed, used }: Listing): readonly WhatIfResult[] {
  const find = listedFinder(listed);
  const runsOfModel = groupBy(runs, ({ model }) => model);
  const models = [...new Set([...used, ...subject.used.map(({ model }) => model), ...runsOfModel.keys()])];
  // Names are read by many patterns: once for each model, not once for each run and result.
  const names = new Map(models.map((model) => [model, find(model)?.name ?? model]));
  const nameOf = (model: string): string => names.get(model) ?? model;
  const runsOf = new Map(
    [...groupBy(runsOfModel, ([model]) => nameOf(model))].map(([name, own]) => [name, own.flatMap(([, all]) => all)]),
  );
  const own = subject.used.map(({ model }) => find(model)).filter((entry) => entry !== null);
  const inUse = new Set(names.values());
  const away = distanceTo(find(subject.mainModel ?? subject.used[0]?.model ?? ''));
  const near = listed
    .map((entry) => ({ entry, far: away(entry) }))
    .toSorted((a, b) => a.far - b.far || (a.entry.name < b.entry.name ? -1 : 1))
    .map(({ entry }) => entry);
  const current = new Set(nearestCurrent(near, own, inUse));
  const standing = ({ name }: ListedModel): WhatIfResult['standing'] =>
    inUse.has(name) ? 'in use' : current.has(name) ? 'current' : 'other';
  const places = ['in use', 'current', 'other'] as const;
  const parts = subject.used.map(({ model, usage }) => ({ name: nameOf(model), usage, tokens: familyRatio(model) }));
  const mainName = subject.mainModel === null ? null : nameOf(subject.mainModel);
  return places.flatMap((wanted) =>
    near
      .filter((entry) => standing(entry) === wanted)
      .map(({ name, ids: [id = name], price }) => ({
        ...whatIf({
          ...{ model: name, price, isSoFar: subject.isSoFar },
          groups: groupsOf(parts, mainName, { name, tokens: familyRatio(id), runsOf }),
        }),
        standing: wanted,
      })),
  );
}

/** Current models of whoever sells the subject's; of everybody where the book knows none of these. */
function nearestCurrent(
  near: readonly ListedModel[],
  own: readonly ListedModel[],
  inUse: ReadonlySet<string>,
): readonly string[] {
  const sellers = new Set(own.map(({ seller }) => seller));
  return near
    .filter(
      ({ name, seller, isCurrent }) => isCurrent && !inUse.has(name) && (sellers.size === 0 || sellers.has(seller)),
    )
    .slice(0, MOST_CURRENT)
    .map(({ name }) => name);
}

/** What one model used, with the tokens that its tokenizer makes of a text. */
interface Part {
  readonly name: string;
  readonly usage: RepricedUsage;
  readonly tokens: number;
}

function groupsOf(
  parts: readonly Part[],
  mainName: string | null,
  other: { readonly name: string; readonly tokens: number; readonly runsOf: ReadonlyMap<string, readonly Run[]> },
): readonly RepricedGroup[] {
  const theirs = other.runsOf.get(other.name);
  const measuredAgainst = (own: string): RepricedGroup['measured'] => {
    if (own === other.name) return 'itself';
    return theirs === undefined ? [] : measuredRatios(theirs, other.runsOf.get(own) ?? []);
  };
  const repriced = parts.map(({ name, usage, tokens }) => ({
    name,
    part: { usage, tokenizerRatio: other.tokens / tokens },
  }));
  if (mainName === null) return repriced.map(({ name, part }) => ({ parts: [part], measured: measuredAgainst(name) }));
  return [{ parts: repriced.map(({ part }) => part), measured: measuredAgainst(mainName) }];
}

/** How far list prices lie apart, as a ratio; 0 where the model of the subject is in no book. */
function distanceTo(from: ListedModel | null): (listed: ListedModel) => number {
  if (from === null) return () => 0;
  const sum = ({ price }: ListedModel): number => price.inputNanoUsdPerMtok + price.outputNanoUsdPerMtok;
  return (listed) => Math.abs(Math.log(sum(listed) / sum(from)));
}

function listSentence(results: readonly WhatIfResult[]): string {
  const of = (wanted: WhatIfResult['standing']) => results.filter(({ standing }) => standing === wanted).length;
  const [inUse, current] = [of('in use'), of('current')];
  const listed = [
    ...(inUse > 0 ? [`${printWhole(inUse)} in use here`] : []),
    ...(current > 0
      ? [
          `${printWhole(current)} that one would code with today from the same sellers (the newest of each line that coding tools offer)`,
        ]
      : []),
  ];
  const all = `Search for any of the ${printWhole(results.length)} models of the price book, and keep those that you want to see.`;
  return listed.length === 0 ? all : `Listed first: ${listed.join(' and ')}. ${all}`;
}

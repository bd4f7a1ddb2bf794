import type { Decomposition, PairResult } from '../../../src/analysis/contract.ts';
import { printUsd } from '../../../src/domain/format.ts';
import { factorSentence, factorWords, wholeSentence, whySentences } from '../../../src/protocol/comparisonWords.ts';
import type { Bar, ChartSpec } from '../../shared/chartSpec.ts';
import { h, type VNode } from '../../shared/vnode.ts';
import { chartCard } from '../chartCard.ts';
import type { PageContext } from '../pageContext.ts';
import { tableCard } from '../pieces.ts';
import { count, foreign, intervalCell, printAxisTimes, times, words } from '../print.ts';
import type { DataTable } from '../tableModel.ts';
import { chosenPair, pairKey } from './pairMatrix.ts';

/** So many tasks of a pair come at most. */
const MOST_NAMED = 20;

/** The chosen pair: why its costs differ, where the cheaper list price was dearer, and the list of all pairs. */
export function pairCards(context: PageContext): readonly VNode[] {
  const pair = chosenPair(context);
  if (pair === null) return [];
  return [
    whyCard(pair, context),
    ...(pair.reversedTasks.length === 0
      ? []
      : [
          tableCard(
            'reversed-tasks',
            pair.reversedTasks.length < MOST_NAMED
              ? 'Tasks where it happened'
              : `The ${MOST_NAMED} tasks where it happened most`,
            tasksTable(pair),
            context,
          ),
        ]),
    tableCard('pairs', 'Pairs as a list', pairsTable(pair, context), context),
  ];
}

function whyCard(pair: PairResult, context: PageContext): VNode {
  const { why } = pair;
  const [a, b] = [context.label(pair.a), context.label(pair.b)];
  return chartCard(
    {
      id: 'why',
      title: `Why: ${a} against ${b}`,
      sentences: [pair.sentence, ...whySentences(pair)],
      chart: why === null ? null : waterfall(why, a, b),
      legend: why === null ? [] : [dearer, cheaper].map((entry) => ({ ...entry, mark: 'bar' as const })),
      empty: [h('p', { text: pair.whyMissing ?? 'No split is known for this pair.' })],
      table: why === null ? null : factorTable(why),
      heightPx: 70 + ((why?.factors.length ?? 0) + 1) * 36,
    },
    context,
  );
}

const dearer = { name: 'Makes it dearer', look: { place: 4 } };
const cheaper = { name: 'Makes it cheaper', look: { place: 1 } };

/** Each factor begins where the one before it ended; the last bar is the whole. */
function waterfall(why: Decomposition, a: string, b: string): ChartSpec {
  let at = 1;
  const steps = why.factors.map((share) => {
    const from = at;
    at *= share.ratio;
    const bar: Bar = { value: [from, at], text: factorSentence(share, { a, b }) };
    return { bar, isDearer: share.ratio > 1 };
  });
  const whole: Bar = { value: [1, at], text: wholeSentence(why, { a, b }) };
  const edges = steps.flatMap(({ bar: { value } }) => (typeof value === 'number' ? [value] : [...value]));
  const [low, high] = [Math.min(...edges, 1), Math.max(...edges, 1)];
  const of = (isWanted: boolean) => steps.map(({ bar, isDearer }) => (isDearer === isWanted ? bar : null));
  return {
    kind: 'bars',
    direction: 'across',
    categories: [...why.factors.map(({ factor }) => factorWords[factor]), 'In all'],
    value: {
      title: `Cost of ${a} over ${b}`,
      scale: 'log',
      print: printAxisTimes,
      min: low / 1.25,
      max: high * 1.25,
    },
    isStacked: true,
    series: [
      { ...dearer, bars: [...of(true), null] },
      { ...cheaper, bars: [...of(false), null] },
      { name: 'In all', look: { place: -1 }, bars: [...steps.map(() => null), whole] },
    ],
  };
}

function factorTable(why: Decomposition): DataTable {
  return {
    caption: 'What makes the difference in cost',
    columns: [{ title: 'Factor' }, { title: 'Multiplies the cost by', isNumber: true }],
    rows: [
      ...why.factors.map(({ factor, ratio }) => ({ key: factor, cells: [words(factorWords[factor]), times(ratio)] })),
      { key: 'all', cells: [words('In all'), times(Math.exp(why.logCostRatio))] },
    ],
  };
}

/** The split as it is computed, for the fold. */
export function splitTable(why: Decomposition): DataTable {
  return {
    caption: `The split of the log cost ratio (${why.method})`,
    columns: [{ title: `Factor (${why.method})` }, { title: 'Part of ln(cost ratio)', isNumber: true }],
    rows: [
      ...why.factors.map(({ factor, logRatio }) => ({
        key: factor,
        cells: [words(factorWords[factor]), { text: logRatio.toFixed(3), raw: logRatio }],
      })),
      { key: 'all', cells: [words('In all'), { text: why.logCostRatio.toFixed(3), raw: why.logCostRatio }] },
    ],
  };
}

function tasksTable(pair: PairResult): DataTable {
  return {
    caption: 'Tasks where the cheaper-listed model cost more',
    columns: [{ title: 'Task' }, { title: 'Cost as a multiple', isNumber: true }],
    rows: pair.reversedTasks.map(({ task, taskTitle, ratio }) => ({
      key: task,
      cells: [foreign(taskTitle), times(ratio)],
    })),
  };
}

function pairsTable(chosen: PairResult, context: PageContext): DataTable {
  return {
    caption: 'All pairs',
    columns: [
      { title: 'Cheaper list price / dearer' },
      { title: 'State' },
      { title: 'List price', isNumber: true },
      { title: 'Cost', isNumber: true },
      { title: 'Typical task, 95%', isNumber: true },
      { title: 'Verdict' },
      { title: 'Common tasks', isNumber: true },
      { title: 'Paid', isNumber: true },
    ],
    rows: context.data.comparison.pairs.map((pair) => ({
      key: JSON.stringify([pair.a, pair.b, pair.task]),
      cells: pairCells(pair, context),
      press: {
        label: `Why: ${context.label(pair.a)} against ${context.label(pair.b)}`,
        isPressed: pair === chosen,
        run: () => context.actions.setUi({ pair: pairKey(pair) }),
      },
    })),
  };
}

/** A row of the list of pairs. */
function pairCells(pair: PairResult, { label }: PageContext) {
  return [
    foreign(`${label(pair.a)} / ${label(pair.b)}`),
    words(pair.state),
    times(pair.listRatio),
    times(pair.costRatio),
    intervalCell(pair.interval),
    words(pair.verdict),
    count(pair.commonTasks),
    foreign(
      pair.costANanoUsd === null || pair.costBNanoUsd === null
        ? ''
        : `${printUsd(pair.costANanoUsd)} / ${printUsd(pair.costBNanoUsd)}`,
    ),
  ];
}

import type { ThinkingOutlier, ThinkingRow } from '../../../src/analysis/thinkingContract.ts';
import { printCompact } from '../../../src/domain/format.ts';
import { thinkingShareText } from '../../../src/protocol/comparisonWords.ts';
import type { Bar, ChartSpec } from '../../shared/chartSpec.ts';
import { h, type VNode } from '../../shared/vnode.ts';
import { chartCard } from '../chartCard.ts';
import { tableNode } from '../dataTable.ts';
import type { PageContext } from '../pageContext.ts';
import { says } from '../pieces.ts';
import { count, foreign, share, times, tokens, words } from '../print.ts';
import type { Cell, DataTable } from '../tableModel.ts';
import { callCard } from './callCard.ts';
import { leftOutCard, nothingToCompare } from './emptyStates.ts';

const outputLook = { place: 2 };
const costLook = { place: 3 };

/** How much models think, what it costs, where it got out of hand, and how noisy a verdict is. */
export function thinkingPage(context: PageContext): readonly VNode[] {
  const { comparison } = context.data;
  const calls = [outlierCard(context), ...callCard(context)];
  if (comparison.thinking.length === 0) return [nothingToCompare('thinking', context), ...calls];
  return [thinkingCard(context), ...calls, noiseCard(context), ...leftOutCard(context)];
}

function thinkingCard(context: PageContext): VNode {
  const rows = context.data.comparison.thinking;
  return chartCard(
    {
      id: 'thinking',
      title: 'Thinking, as a share',
      sentences:
        rows.length <= 4
          ? rows.map(({ sentence }) => sentence)
          : ['How much of what each model wrote, and of what it cost, was thinking.'],
      chart: thinkingChart(rows, context),
      empty: [h('p', { text: 'No run tells how much of its output was thinking.' })],
      legend: [
        { name: 'Of output tokens', look: outputLook, mark: 'bar' },
        { name: 'Of cost', look: costLook, mark: 'bar' },
      ],
      table: thinkingTable(rows, context),
      heightPx: 90 + rows.length * 46,
    },
    context,
  );
}

function thinkingChart(rows: readonly ThinkingRow[], context: PageContext): ChartSpec | null {
  const known = rows.filter(({ shareOfOutput, shareOfCost }) => shareOfOutput !== null || shareOfCost !== null);
  if (known.length === 0) return null;
  const bar = (value: number | null, of: 'output' | 'cost', row: ThinkingRow): Bar | null =>
    value === null ? null : { value, text: `${thinkingShareText(value, of)} ${row.sentence}` };
  return {
    kind: 'bars',
    direction: 'across',
    categories: known.map(({ model }) => context.label(model)),
    value: { title: '', scale: 'linear', print: (value) => `${Math.round(value * 100)}%`, min: 0, max: 1 },
    isStacked: false,
    series: [
      {
        name: 'Of output tokens',
        look: outputLook,
        bars: known.map((row) => bar(row.shareOfOutput, 'output', row)),
      },
      { name: 'Of cost', look: costLook, bars: known.map((row) => bar(row.shareOfCost, 'cost', row)) },
    ],
  };
}

function thinkingTable(rows: readonly ThinkingRow[], { label }: PageContext): DataTable {
  return {
    caption: 'Thinking of each model',
    columns: [
      { title: 'Model' },
      { title: 'Of output', isNumber: true },
      { title: 'Of cost', isNumber: true },
      { title: 'Tokens per passed task', isNumber: true },
      { title: 'Tokens per failed task', isNumber: true },
      { title: 'Runs', isNumber: true },
      { title: 'Runs of unknown thinking', isNumber: true },
    ],
    rows: rows.map((row) => ({
      key: row.model,
      cells: [
        foreign(label(row.model)),
        share(row.shareOfOutput),
        share(row.shareOfCost),
        tokens(row.tokensPerPassedTask),
        tokens(row.tokensPerFailedTask),
        count(row.knownRuns),
        count(row.unknownRuns),
      ],
    })),
  };
}

function outlierCard(context: PageContext): VNode {
  const { callOutliers, comparison, query } = context.data;
  const press = (outlier: ThinkingOutlier) => ({
    label: `${outlier.model}: show the call that thought ${printCompact(outlier.thinkingTokens)} tokens`,
    isPressed: query.call === outlier.id,
    run: () => context.actions.ask({ call: query.call === outlier.id ? null : outlier.id }),
  });
  const calls = callOutliers.found.map((outlier) => ({
    key: outlier.id,
    cells: outlierCells(outlier, outlier.model),
    press: press(outlier),
  }));
  const runs = comparison.thinkingOutliers.map((outlier) => ({
    key: outlier.id,
    cells: outlierCells(outlier, context.label(outlier.model)),
  }));
  return h(
    'section.card',
    { key: 'outliers', attributes: { 'aria-labelledby': 'outliers-title', 'data-card': 'outliers' } },
    [
      h('h2', {
        key: 'title',
        text: 'Thought far more than usual',
        attributes: { id: 'outliers-title', tabindex: '-1' },
      }),
      ...callOutliers.sentences.map(says),
      calls.length > 0 &&
        tableNode(
          'outliers',
          { caption: 'Calls that thought far more than usual', columns: outlierColumns('Call'), rows: calls },
          context,
        ),
      runs.length > 0 &&
        tableNode(
          'run-outliers',
          { caption: 'Runs that thought far more than usual', columns: outlierColumns('Run'), rows: runs },
          context,
        ),
    ],
  );
}

function outlierColumns(what: string) {
  return [
    { title: `${what} of` },
    { title: 'Thought', isNumber: true },
    { title: 'Usually', isNumber: true },
    { title: 'Stands out above', isNumber: true },
    { title: 'Compared with its kind' },
    { title: `${what}s of it`, isNumber: true },
    { title: 'Id' },
  ];
}

function outlierCells(outlier: ThinkingOutlier, model: string): readonly Cell[] {
  const { thinkingTokens, medianTokens, boundTokens, kind, samples, id } = outlier;
  return [
    foreign(model),
    ...[tokens(thinkingTokens), tokens(medianTokens), tokens(boundTokens)],
    ...[{ ...foreign(kind), tone: 'prose' }, count(samples), foreign(id)],
  ];
}

/** The spread between runs of the same task, and what it means for verdicts. */
function noiseCard(context: PageContext): VNode {
  const { thinking, needed } = context.data.comparison;
  const repeated = thinking.filter(({ spread }) => spread !== null && spread.tasks > 0);
  return h('section.card', { key: 'noise', attributes: { 'aria-labelledby': 'noise-title', 'data-card': 'noise' } }, [
    h('h2', {
      key: 'title',
      text: 'How far runs of one task lie apart',
      attributes: { id: 'noise-title', tabindex: '-1' },
    }),
    repeated.length === 0
      ? says(
          'No task was run twice by the same model at a known cost, so that nobody knows how much of a difference is chance.',
        )
      : tableNode(
          'noise',
          {
            caption: 'Spread between runs of one task',
            columns: [
              { title: 'Model' },
              { title: 'Dearest over cheapest run, median task', isNumber: true },
              { title: 'Widest task', isNumber: true },
              { title: 'Typical deviation from the mean', isNumber: true },
              { title: 'Tasks that vary by over 30%', isNumber: true },
              { title: 'Thinking: most over least', isNumber: true },
              { title: 'Tasks run twice', isNumber: true },
            ],
            rows: repeated.map(({ model, spread }) => ({
              key: model,
              cells: [
                foreign(context.label(model)),
                times(spread?.medianMaxOverMin ?? null),
                times(spread?.largestMaxOverMin ?? null),
                share(spread?.meanCoefficientOfVariation ?? null),
                share(spread?.shareAbove30Percent ?? null),
                times(spread?.thinkingMedianMaxOverMin ?? null),
                count(spread?.tasks ?? null),
              ],
            })),
          },
          context,
        ),
    needed.length > 0 &&
      tableNode(
        'needed',
        {
          caption: 'How many tasks a verdict needs',
          columns: [
            { title: 'What a verdict needs' },
            { title: 'Tasks needed', isNumber: true },
            { title: 'So far', isNumber: true },
          ],
          rows: needed.map(({ a, b, tasksNeeded, commonTasks, sentence }) => ({
            key: JSON.stringify([a, b]),
            cells: [
              foreign(sentence),
              tasksNeeded === null ? words('no number') : count(tasksNeeded),
              count(commonTasks),
            ],
          })),
        },
        context,
      ),
  ]);
}

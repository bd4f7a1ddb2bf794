import type { Frontier, FrontierAxis, FrontierPoint } from '../../../src/analysis/contract.ts';
import { printCompact, printDuration, printMultiple, printPercent, printUsd } from '../../../src/domain/format.ts';
import type { ChartPoint, ChartSpec, PointSeries } from '../../shared/chartSpec.ts';
import { type Child, h, type VNode } from '../../shared/vnode.ts';
import { chartCard } from '../chartCard.ts';
import { tableNode } from '../dataTable.ts';
import type { PageContext } from '../pageContext.ts';
import { type Choice, checkbox, choices, fold } from '../pieces.ts';
import { count, decimals, duration, foreign, printAxisUsd, printDay, share, tokens, usd, words } from '../print.ts';
import type { Cell, DataTable } from '../tableModel.ts';
import { leftOutCard, nothingToCompare } from './emptyStates.ts';

const axes: readonly Choice<FrontierAxis>[] = [
  { value: 'cost', text: 'Cost per task' },
  { value: 'costOfPass', text: 'Cost per solved task' },
  { value: 'thinkingTokens', text: 'Thinking tokens' },
  { value: 'seconds', text: 'Time' },
];

interface AxisWords {
  readonly title: string;
  readonly printTick: (value: number) => string;
  readonly print: (value: number) => string;
  readonly cell: (value: number) => Cell;
}

const axisWords: Readonly<Record<FrontierAxis, AxisWords>> = {
  cost: { title: 'Cost per task', printTick: printAxisUsd, print: printUsd, cell: usd },
  costOfPass: { title: 'Cost per solved task', printTick: printAxisUsd, print: printUsd, cell: usd },
  thinkingTokens: { title: 'Thinking tokens per task', printTick: printCompact, print: printCompact, cell: tokens },
  seconds: {
    title: 'Time per task',
    printTick: (value) => printDuration(value * 1000),
    print: (value) => printDuration(value * 1000),
    cell: duration,
  },
};

/** Cost against success: who solves the most for the least. */
export function frontierPage(context: PageContext): readonly VNode[] {
  const { comparison, query } = context.data;
  const isJudged = comparison.models.some(({ passRate }) => passRate !== null);
  if (!isJudged) return [nothingToCompare('frontier', context)];
  const now = comparison.frontiers.find(({ axis }) => axis === query.axis) ?? null;
  const shown = shownFrontier(now, context);
  return [
    frontierCard(shown, context),
    ...(shown === null ? [] : [fold('frontier', () => [statistics(shown, context)], context)]),
    ...(shown === null || shown.leftOut.length === 0 ? [] : [notOnChart(shown, context)]),
    ...leftOutCard(context),
  ];
}

function shownFrontier(now: Frontier | null, { data, ui }: PageContext): Frontier | null {
  const moment = ui.moment === null ? undefined : data.moments[ui.moment];
  return moment?.frontier.axis === now?.axis ? (moment?.frontier ?? now) : now;
}

function frontierCard(frontier: Frontier | null, context: PageContext): VNode {
  const { data, actions, ui } = context;
  const tools: readonly Child[] = [
    choices({ id: 'axis', label: 'Across', chosen: data.query.axis, of: axes }, (axis) => actions.ask({ axis })),
    checkbox({ id: 'hull', text: 'Show what is reachable by mixing two models', isChecked: ui.hasHull }, (hasHull) =>
      actions.setUi({ hasHull }),
    ),
    slider(context),
  ];
  const { title } = axisWords[data.query.axis];
  return chartCard(
    {
      id: 'frontier',
      title: `${title} against success`,
      sentences: frontier === null ? [] : [frontier.sentence],
      tools,
      chart: frontier === null ? null : frontierChart(frontier, context),
      empty: [h('p', { text: `No run has both an outcome and a known ${title.toLowerCase()} yet.` })],
      table: frontier === null ? null : frontierTable(frontier, context),
      heightPx: 400,
      legend: [
        ...(frontier?.points ?? []).map(({ model }) => ({
          name: context.label(model),
          look: context.look(context.label(model)),
          mark: 'point' as const,
        })),
        { name: 'Nobody solves more for less', look: { place: -1 }, mark: 'line' },
        ...(ui.hasHull
          ? [{ name: 'Reachable by mixing', look: { place: -1, isDashed: true }, mark: 'line' as const }]
          : []),
      ],
    },
    context,
  );
}

/** Moves the frontier through time; at its end it is now. */
function slider({ data, ui, actions }: PageContext): VNode | null {
  const { moments } = data;
  if (moments.length < 2) return null;
  const last = moments.length - 1;
  const at = Math.min(ui.moment ?? last, last);
  const moment = moments[at];
  const shown = at === last || moment === undefined ? 'now' : printDay(moment.untilMs);
  return h('label.slider', { key: 'slider' }, [
    h('span.quiet', { key: 'label', text: 'As it stood' }),
    h('input', {
      key: 'range',
      attributes: {
        type: 'range',
        min: '0',
        max: String(last),
        step: '1',
        value: String(at),
        'aria-valuetext': shown,
        'data-action': 'moment',
      },
      on: {
        input: ({ target }) => {
          if (!(target instanceof HTMLInputElement)) return;
          const place = Number(target.value);
          actions.setUi({ moment: place >= last ? null : place });
        },
      },
    }),
    h('output', { key: 'when', text: shown }),
  ]);
}

function frontierChart(frontier: Frontier, context: PageContext): ChartSpec | null {
  const { axis, points } = frontier;
  const shown = points.filter(({ x }) => x > 0);
  if (shown.length === 0) return null;
  const [low, high] = [Math.min(...shown.map(({ x }) => x)) / 2, Math.max(...shown.map(({ x }) => x)) * 2.5];
  const spot = (key: string): FrontierPoint | undefined => shown.find(({ model }) => model === key);
  const path = (keys: readonly string[]): readonly ChartPoint[] =>
    keys.map(spot).flatMap((point) => (point === undefined ? [] : [{ x: point.x, y: point.passRate, text: '' }]));
  const steps = path(frontier.staircase);
  const end = steps.at(-1);
  const lines: readonly PointSeries[] = [
    {
      name: 'Frontier',
      look: { place: -1 },
      points: end === undefined ? steps : [...steps, { ...end, x: high }],
      line: 'steps',
      hasMarks: false,
    },
    ...(context.ui.hasHull
      ? [
          {
            name: 'Reachable by mixing',
            look: { place: -1, isDashed: true },
            points: path(frontier.hull),
            line: 'straight' as const,
            hasMarks: false,
          },
        ]
      : []),
  ];
  const models = shown.map((point): PointSeries => {
    const label = context.label(point.model);
    const place = { x: point.x, y: point.passRate, text: point.sentence, label };
    return { name: label, look: context.look(label), points: [place], line: 'none', hasMarks: true };
  });
  const { title, printTick } = axisWords[axis];
  return {
    kind: 'points',
    x: { title, scale: 'log', print: printTick, min: low, max: high },
    y: {
      title: 'Share of tasks passed',
      scale: 'linear',
      print: (value) => `${Math.round(value * 100)}%`,
      min: 0,
      max: 1,
    },
    series: [...models, ...lines],
  };
}

function frontierTable(frontier: Frontier, context: PageContext): DataTable {
  const { label } = context;
  const { title, cell } = axisWords[frontier.axis];
  return {
    caption: `${title} against success`,
    columns: [
      { title: 'Model' },
      { title, isNumber: true },
      { title: 'Passed', isNumber: true },
      { title: 'On the frontier' },
      { title: 'Chance of being on it', isNumber: true },
      { title: 'As good for less' },
      { title: 'Better for no more' },
      { title: 'Tasks', isNumber: true },
      { title: 'Runs', isNumber: true },
    ],
    rows: frontier.points.map((point) => ({
      key: point.model,
      cells: [
        foreign(label(point.model)),
        cell(point.x),
        share(point.passRate),
        words(point.isOnFrontier ? 'yes' : 'no'),
        share(point.probabilityOnFrontier),
        foreign(cheaper(point, label)),
        foreign(
          point.sameCostGives === null
            ? ''
            : `${label(point.sameCostGives.model)}, ${printPercent(point.sameCostGives.morePassRate)} more passed`,
        ),
        count(point.tasks),
        count(point.runs),
      ],
    })),
  };
}

function cheaper({ sameQualityFor }: FrontierPoint, label: (key: string) => string): string {
  if (sameQualityFor === null) return '';
  const { model, factor } = sameQualityFor;
  return factor === null ? `${label(model)}, for nothing` : `${label(model)}, ${printMultiple(factor)} less`;
}

function statistics(frontier: Frontier, context: PageContext): VNode {
  const { value } = frontier.hypervolume;
  return h('div', { key: 'statistics' }, [
    h('p.says', {
      key: 'volume',
      text:
        value === null
          ? 'The hypervolume is not defined without a point that counts.'
          : `Hypervolume ${value.toFixed(3)} (decades of ${axisWords[frontier.axis].title.toLowerCase()} times pass rate, up to ${axisWords[frontier.axis].print(frontier.hypervolume.referenceX ?? 0)}).`,
    }),
    tableNode(
      'frontier-statistics',
      {
        caption: 'Distance to the frontier and share of the hypervolume',
        columns: [
          { title: 'Model' },
          { title: 'Distance to the frontier', isNumber: true },
          { title: 'Hypervolume that only it covers', isNumber: true },
          { title: 'On the hull' },
        ],
        rows: frontier.points.map((point) => ({
          key: point.model,
          cells: [
            foreign(context.label(point.model)),
            decimals(point.distance),
            share(point.hypervolumeShare),
            words(point.isOnHull ? 'yes' : 'no'),
          ],
        })),
      },
      context,
    ),
  ]);
}

function notOnChart(frontier: Frontier, { label }: PageContext): VNode {
  return h('section.card', { key: 'not-on-chart', attributes: { 'aria-labelledby': 'not-on-chart-title' } }, [
    h('h2', { key: 'title', text: 'Not on this chart', attributes: { id: 'not-on-chart-title', tabindex: '-1' } }),
    h(
      'ul.plain-list',
      { key: 'list' },
      frontier.leftOut.map(({ model, because }) =>
        h('li', { key: model, text: `${label(model)}: ${because}`, attributes: { dir: 'auto' } }),
      ),
    ),
  ]);
}

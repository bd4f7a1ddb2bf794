import type { Forecast, WhatIf } from '../../../src/analysis/contract.ts';
import { printUsd } from '../../../src/domain/format.ts';
import type { WhatIfResult } from '../../../src/protocol/dashboard.ts';
import type { Bar, ChartSpec } from '../../shared/chartSpec.ts';
import { h, type VNode } from '../../shared/vnode.ts';
import { chartCard } from '../chartCard.ts';
import { tableNode } from '../dataTable.ts';
import type { PageContext } from '../pageContext.ts';
import { says } from '../pieces.ts';
import { count, foreign, printAxisUsd, times, usd, words } from '../print.ts';
import type { DataTable } from '../tableModel.ts';
import { filterField, findTaskField, subjectSelect } from './whatIfTools.ts';

const MOST_BARS = 10;

const steps = [
  { name: 'The same tokens', look: { place: 0 } },
  { name: 'In its own tokens', look: { place: 1 } },
  { name: 'As it was measured here', look: { place: 3 } },
] as const;

/** What work would have cost with another model, and what the next task will. */
export function whatIfPage(context: PageContext): readonly VNode[] {
  const { whatIf, comparison } = context.data;
  return [
    whatIf.subject === null ? noUsage(context) : repricedCard(context),
    forecastCard(comparison.forecasts, context),
  ];
}

function noUsage({ data }: PageContext): VNode {
  return h(
    'section.card',
    { key: 'no-usage', attributes: { 'aria-labelledby': 'no-usage-title', 'data-card': 'what-if' } },
    [
      h('h2', {
        key: 'title',
        text: 'The same work with another model',
        attributes: { id: 'no-usage-title', tabindex: '-1' },
      }),
      ...[data.whatIf.sentence, ...data.whatIf.notes].map(says),
    ],
  );
}

/** Kept models first; then what matches the search, or without one those that are in use or current. */
function shownResults({ data, ui }: PageContext): readonly WhatIfResult[] {
  const filter = ui.filter.trim().toLowerCase();
  const { results } = data.whatIf;
  const isKept = ({ model }: WhatIfResult): boolean => ui.kept.includes(model);
  const isListed = ({ model, standing }: WhatIfResult): boolean =>
    filter === '' ? standing !== 'other' : model.toLowerCase().includes(filter);
  const kept = filter === '' ? results.filter(isKept) : results.filter((result) => isKept(result) && isListed(result));
  return [...kept, ...results.filter((result) => !isKept(result) && isListed(result))];
}

function repricedCard(context: PageContext): VNode {
  const { whatIf } = context.data;
  const shown = shownResults(context);
  const charted = shown.filter(({ sameTokensNanoUsd }) => sameTokensNanoUsd !== null).slice(0, MOST_BARS);
  const chart = whatIfChart(charted, whatIf.costNanoUsd);
  return chartCard(
    {
      id: 'what-if',
      title: whatIf.isSoFar ? 'The same work with another model, so far' : 'The same work with another model',
      sentences: [whatIf.sentence, ...whatIf.notes],
      tools: [subjectSelect(context), findTaskField(context), filterField(context)],
      chart,
      empty: [h('p', { text: 'No model of that name has a price.' })],
      legend: steps
        .filter((_, step) => chart?.kind === 'bars' && (chart.series[step]?.bars.some((bar) => bar !== null) ?? false))
        .map(({ name, look }) => ({ name, look, mark: 'bar' as const })),
      table: whatIfTable(shown, context),
      heightPx: 110 + charted.length * 52,
    },
    context,
  );
}

function whatIfChart(results: readonly WhatIf[], paidNanoUsd: number | null): ChartSpec | null {
  if (results.length === 0) return null;
  const bars = (of: (result: WhatIf) => number | null, range: (result: WhatIf) => WhatIf['measuredRange']) =>
    results.map((result): Bar | null => {
      const value = of(result);
      if (value === null) return null;
      const whisker = range(result);
      return { value, text: result.sentence, ...(whisker === null ? {} : { whisker }) };
    });
  const [same, own, measured] = steps;
  return {
    kind: 'bars',
    direction: 'across',
    categories: results.map(({ model }) => model),
    value: {
      title: paidNanoUsd === null ? 'Would have cost' : `In place of ${printUsd(paidNanoUsd)}`,
      scale: 'linear',
      print: printAxisUsd,
      min: 0,
    },
    isStacked: false,
    series: [
      {
        ...same,
        bars: bars(
          ({ sameTokensNanoUsd }) => sameTokensNanoUsd,
          () => null,
        ),
      },
      {
        ...own,
        bars: bars(
          ({ tokenizerAdjustedNanoUsd }) => tokenizerAdjustedNanoUsd,
          () => null,
        ),
      },
      {
        ...measured,
        bars: bars(
          ({ measuredNanoUsd }) => measuredNanoUsd,
          ({ measuredRange }) => measuredRange,
        ),
      },
    ],
  };
}

const standings: Readonly<Record<WhatIfResult['standing'], string>> = {
  'in use': 'in use here',
  current: 'current',
  other: 'in the book',
};

function whatIfTable(results: readonly WhatIfResult[], { ui, actions }: PageContext): DataTable {
  return {
    caption: 'The same work with another model',
    columns: [
      { title: 'Model' },
      { title: 'The same tokens', isNumber: true },
      { title: 'In its own tokens', isNumber: true },
      { title: 'Tokens, against these', isNumber: true },
      { title: 'As measured here', isNumber: true },
      { title: 'Range', isNumber: true },
      { title: 'Common tasks', isNumber: true },
      { title: 'Listed as' },
    ],
    rows: results.map((result) => {
      const isKept = ui.kept.includes(result.model);
      return {
        key: result.model,
        cells: [
          foreign(result.model),
          usd(result.sameTokensNanoUsd),
          usd(result.tokenizerAdjustedNanoUsd),
          times(result.tokenizerRatio),
          usd(result.measuredNanoUsd),
          result.measuredRange === null
            ? { text: '-', raw: null }
            : words(`${printUsd(result.measuredRange[0])} to ${printUsd(result.measuredRange[1])}`),
          count(result.measuredTasks),
          words(isKept ? 'kept' : standings[result.standing]),
        ],
        press: {
          label: isKept ? 'Kept at the top; let go.' : 'Keep at the top.',
          isPressed: isKept,
          run: () => actions.toggle('kept', result.model),
        },
      };
    }),
  };
}
function forecastCard(forecasts: readonly Forecast[], context: PageContext): VNode {
  if (forecasts.length === 0) {
    return h(
      'section.card',
      { key: 'forecast', attributes: { 'aria-labelledby': 'forecast-title', 'data-card': 'forecast' } },
      [
        h('h2', { key: 'title', text: 'The next task', attributes: { id: 'forecast-title', tabindex: '-1' } }),
        says(
          'No task is done yet. From the first one on this says what a task costs, and from nine on what nine in ten stay below.',
        ),
      ],
    );
  }
  const known = forecasts.filter(({ medianNanoUsd }) => medianNanoUsd !== null);
  if (known.length === 0) return tableNode('forecast', forecastTable(forecasts, context), context);
  return chartCard(
    {
      id: 'forecast',
      title: 'The next task',
      sentences: [
        'What a task came to so far. The line ends where nine in ten stay below; below nine runs there is no such bound.',
      ],
      chart: {
        kind: 'bars',
        direction: 'across',
        categories: known.map(({ model }) => context.label(model)),
        value: { title: 'Median cost of a task', scale: 'linear', print: printAxisUsd, min: 0 },
        isStacked: false,
        series: [
          {
            name: 'Median',
            look: { place: 0 },
            bars: known.map(({ medianNanoUsd, upperBoundNanoUsd, sentence }): Bar => {
              const median = medianNanoUsd ?? 0;
              return {
                value: median,
                text: sentence,
                ...(upperBoundNanoUsd === null ? {} : { whisker: [median, upperBoundNanoUsd] as const }),
              };
            }),
          },
        ],
      },
      table: forecastTable(forecasts, context),
      heightPx: 80 + known.length * 40,
    },
    context,
  );
}

function forecastTable(forecasts: readonly Forecast[], { label }: PageContext): DataTable {
  return {
    caption: 'What the next task costs',
    columns: [
      { title: 'Model' },
      { title: 'About', isNumber: true },
      { title: 'Nine in ten stay below', isNumber: true },
      { title: 'Runs', isNumber: true },
    ],
    rows: forecasts.map(({ model, medianNanoUsd, upperBoundNanoUsd, runs }) => ({
      key: model,
      cells: [
        foreign(label(model)),
        usd(medianNanoUsd),
        upperBoundNanoUsd === null ? { text: 'not enough runs', raw: null } : usd(upperBoundNanoUsd),
        count(runs),
      ],
    })),
  };
}

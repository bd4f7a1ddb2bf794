import type { PairResult, PairState } from '../../../src/analysis/contract.ts';
import { h, type VNode } from '../../shared/vnode.ts';
import type { PageContext } from '../pageContext.ts';

/** A state on screen: a word, and a pattern in the stylesheet by the class. */
const states: Readonly<Record<PairState, readonly [className: string, word: string]>> = {
  reversed: ['reversed', 'Reversed'],
  possibly: ['possibly', 'Possibly'],
  'not reversed': ['as-listed', 'As listed'],
  'tie in list': ['tie', 'Same list'],
  'tie in cost': ['tie', 'Same cost'],
  'not comparable': ['unknown', 'No basis'],
};

export const pairKey = (pair: Pick<PairResult, 'a' | 'b'>): readonly string[] => [pair.a, pair.b];

export function chosenPair({ data, ui }: PageContext): PairResult | null {
  const { pairs } = data.comparison;
  const [a, b] = ui.pair;
  const order: readonly PairState[] = [
    'reversed',
    'possibly',
    'not reversed',
    'tie in list',
    'tie in cost',
    'not comparable',
  ];
  const first = pairs.toSorted(
    (one, other) =>
      order.indexOf(one.state) - order.indexOf(other.state) || (other.costRatio ?? 0) - (one.costRatio ?? 0),
  )[0];
  return pairs.find((pair) => pair.a === a && pair.b === b) ?? first ?? null;
}

/** All pairs at once, each a button that explains it. Rows list less than columns. */
export function matrixCard(context: PageContext): VNode {
  const { models, pairs } = context.data.comparison;
  const byModels = new Map(pairs.flatMap((pair) => [[JSON.stringify([pair.a, pair.b]), pair] as const]));
  const chosen = chosenPair(context);
  const find = (a: string, b: string): PairResult | null =>
    byModels.get(JSON.stringify([a, b])) ?? byModels.get(JSON.stringify([b, a])) ?? null;
  const isRow = (index: number): boolean => index < models.length - 1;
  return h(
    'section.card',
    { key: 'matrix', attributes: { 'aria-labelledby': 'matrix-title', 'data-card': 'matrix' } },
    [
      h('h2', { key: 'title', text: 'Every pair', attributes: { id: 'matrix-title', tabindex: '-1' } }),
      h('p.says', {
        key: 'says',
        text: 'Each row lists no more than the column that it is compared with. Choose a pair to see why.',
      }),
      h(
        'div.table-box',
        { key: 'box', attributes: { role: 'region', tabindex: '0', 'aria-label': 'Table: every pair' } },
        [
          h('table.matrix', {}, [
            h('caption.spoken', { text: 'Whether the cheaper-listed model of each pair cost more' }),
            h('thead', {}, [
              h('tr', {}, [
                h('td', { key: 'corner' }),
                ...models
                  .slice(1)
                  .map(({ key, label }) =>
                    h('th', { key, text: label, attributes: { scope: 'col', dir: 'auto', title: label } }),
                  ),
              ]),
            ]),
            h(
              'tbody',
              {},
              models
                .filter((_, index) => isRow(index))
                .map(({ key, label }, row) =>
                  h('tr', { key }, [
                    h('th', { key: 'name', text: label, attributes: { scope: 'row', dir: 'auto', title: label } }),
                    ...models
                      .slice(1)
                      .map((other, column) =>
                        column < row
                          ? h('td', { key: other.key })
                          : pairCell(find(key, other.key), { key: other.key, chosen, context }),
                      ),
                  ]),
                ),
            ),
          ]),
        ],
      ),
      h(
        'ul.legend',
        { key: 'legend' },
        (
          [
            ['reversed', 'Reversed: lists less, costs more, established'],
            ['possibly', 'Possibly: costs more so far, not established'],
            ['as-listed', 'As listed'],
          ] as const
        ).map(([className, text]) =>
          h('li', { key: className }, [
            h(`span.pair-swatch.${className}`, { attributes: { 'aria-hidden': 'true' } }),
            h('span', { key: 'text', text }),
          ]),
        ),
      ),
    ],
  );
}

function pairCell(
  pair: PairResult | null,
  { key, chosen, context }: { readonly key: string; readonly chosen: PairResult | null; readonly context: PageContext },
): VNode {
  if (pair === null) return h('td', { key, text: '-' });
  const [className, word] = states[pair.state];
  const ratio = pair.costRatio === null || pair.state === 'not comparable' ? '' : ` ${pair.costRatio.toPrecision(3)}×`;
  return h('td', { key }, [
    h(
      `button.pair.${className}`,
      {
        attributes: {
          type: 'button',
          'aria-pressed': String(pair === chosen),
          'data-action': `pair-${context.label(pair.a)}-${context.label(pair.b)}`,
        },
        on: { click: () => context.actions.setUi({ pair: pairKey(pair) }) },
      },
      [
        h('span.pair-word', { text: word }),
        h('span.pair-ratio', { key: 'ratio', text: ratio }),
        h('span.spoken', { key: 'spoken', text: ` ${context.label(pair.a)} against ${context.label(pair.b)}` }),
      ],
    ),
  ]);
}

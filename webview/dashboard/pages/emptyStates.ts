import { h, type VNode } from '../../shared/vnode.ts';
import type { PageContext } from '../pageContext.ts';
import { actionButton, says } from '../pieces.ts';

const wants: Readonly<
  Record<'reversal' | 'frontier' | 'costOfPass' | 'thinking', readonly [title: string, what: string]>
> = {
  reversal: [
    'No two models to compare yet',
    'This page shows which model lists less and still costs more on the same tasks.',
  ],
  frontier: [
    'No task has an outcome yet',
    'This page shows which models solve the most for the least: cost per task against the share of tasks that passed.',
  ],
  costOfPass: [
    'No task has an outcome yet',
    'This page shows what a solved task costs with each model, failed and abandoned work included.',
  ],
  thinking: [
    'No run has been compared yet',
    'This page shows how much each model thinks, what that costs, and how far two runs of one task lie apart.',
  ],
};

/** What a page would show, what it waits for, and what that costs. */
export function nothingToCompare(page: keyof typeof wants, context: PageContext): VNode {
  const [title, what] = wants[page];
  const { comparison, effective } = context.data;
  const trial = comparison.smallestTrial ?? effective.smallestTrial;
  return h(
    'section.card',
    { key: `none-${page}`, attributes: { 'aria-labelledby': 'none-title', 'data-card': 'none' } },
    [
      h('h2', { key: 'title', text: title, attributes: { id: 'none-title', tabindex: '-1' } }),
      says(what),
      says(
        'It is drawn from tasks: begin one, work on it with an agent, and mark it passed, failed or abandoned at its end. Runs of others can be brought in with: outlay runs import FILE.',
      ),
      trial !== null && says(trial.sentence),
      h('div.tools', { key: 'tools' }, [
        actionButton('newTrial', 'Compare models on a task...', context.actions.newTrial),
        actionButton('newTask', 'New task', context.actions.newTask),
      ]),
    ],
  );
}

/** What stands in no figure of the page, in sentences; nothing where nothing was left out. */
export function leftOutCard({ data }: PageContext): readonly VNode[] {
  const { reversals, frontiers, sentences } = data.comparison;
  const said = new Set([reversals.sentence, ...frontiers.map(({ sentence }) => sentence)]);
  const others = sentences.filter((sentence) => !said.has(sentence));
  if (others.length === 0) return [];
  return [
    h('section.card', { key: 'left-out', attributes: { 'aria-labelledby': 'left-out-title' } }, [
      h('h2', {
        key: 'title',
        text: 'Left out of these figures',
        attributes: { id: 'left-out-title', tabindex: '-1' },
      }),
      ...others.map(says),
    ]),
  ];
}

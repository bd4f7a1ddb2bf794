import { printDuration, printUsdFine, printWhole } from '../../../src/domain/format.ts';
import { TimePrinter } from '../../../src/protocol/shown.ts';
import { h, type VNode } from '../../shared/vnode.ts';
import type { PageContext } from '../pageContext.ts';
import { UNKNOWN } from '../print.ts';

const times = new TimePrinter();

/** The call that was asked for, in full; nothing where none was. */
export function callCard({ data }: PageContext): readonly VNode[] {
  const { call, query } = data;
  if (query.call === null) return [];
  const outlier = data.callOutliers.found.find(({ id }) => id === query.call);
  return [
    h(
      'section.card',
      { key: 'call', attributes: { 'aria-labelledby': 'call-title', 'data-card': 'call', 'aria-live': 'polite' } },
      [
        h('h2', { key: 'title', text: 'The call', attributes: { id: 'call-title', tabindex: '-1' } }),
        outlier !== undefined && h('p.says', { key: 'why', text: outlier.sentence, attributes: { dir: 'auto' } }),
        call === null
          ? h('p.says', {
              key: 'gone',
              text: 'It is not among the calls of this machine: an imported run has no calls, and deleted ones are gone.',
            })
          : h('dl.facts', { key: 'facts' }, factsOf(call)),
      ],
    ),
  ];
}

function factsOf(call: NonNullable<PageContext['data']['call']>): readonly VNode[] {
  const { usage } = call;
  const number = (count: number | null): string => (count === null ? UNKNOWN : printWhole(count));
  const facts: readonly (readonly [string, string])[] = [
    ['Model', call.model],
    ['Effort', call.effort ?? UNKNOWN],
    ['Began', times.printFull(call.startedAtMs)],
    ['Took', call.durationMs === null ? UNKNOWN : printDuration(call.durationMs)],
    ['Agent', call.agent],
    ['Session', call.session],
    ['Cost', call.cost.costNanoUsd === null ? UNKNOWN : printUsdFine(call.cost.costNanoUsd)],
    ['Input, not cached', number(usage.inputTokens)],
    ['Read from the cache', number(usage.cacheReadTokens)],
    ['Thinking', number(usage.thinkingTokens)],
    ['Output, thinking included', number(usage.outputTokens)],
    ['Call id', call.id],
  ];
  return facts.flatMap(([name, value]) => [
    h('dt', { key: `name-${name}`, text: name }),
    h('dd', { key: `value-${name}`, text: value === '' ? UNKNOWN : value, attributes: { dir: 'auto' } }),
  ]);
}

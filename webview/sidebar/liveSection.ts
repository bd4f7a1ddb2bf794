import type { LiveCallView } from '../../src/protocol/liveView.ts';
import { nowStrings } from '../../src/protocol/nowStrings.ts';
import { h, type VNode } from '../shared/vnode.ts';
import { figure, foreign, heading, percent, tag } from './pieces.ts';

/** The calls in flight, oldest first, so that a card never changes its place while it runs. */
export function liveSection(calls: readonly LiveCallView[]): VNode {
  return h('section.live', { key: 'live', attributes: { 'aria-labelledby': 'live-heading' } }, [
    h('div.section-head', {}, [
      heading('live-heading', nowStrings.live),
      calls.length > 0 && h('span.count', { text: String(calls.length), attributes: { 'data-figure': 'live.count' } }),
    ]),
    calls.length === 0
      ? h('p.quiet', { key: 'none', text: nowStrings.noLive })
      : h('ul.cards', { key: 'cards' }, calls.map(card)),
  ]);
}

function card(call: LiveCallView): VNode {
  const name = (part: string): string => `live.${call.id}.${part}`;
  return h(`li.card.phase-${call.phase}`, { key: call.id, attributes: { 'data-call': call.id } }, [
    h('div.line', {}, [foreign('span.name', call.model), h('span.amount', {}, [figure(call.cost, name('cost'))])]),
    h('div.line.quiet', {}, [
      h('span.facts', {}, [
        h('span.phase', {}, [
          h('span.dot', { attributes: { 'aria-hidden': 'true' } }),
          h('span', { text: call.phaseWord, attributes: { 'data-figure': name('phase') } }),
        ]),
        foreign('span.next.shrink', call.agent, `${call.agent}, ${nowStrings.session(call.fullSession)}`),
        tag(call.tag),
      ]),
      h('span.amount', {
        text: call.elapsed,
        attributes: {
          title: `${nowStrings.elapsed(call.elapsed)}, ${call.firstToken}`,
          'data-figure': name('elapsed'),
          role: 'timer',
          'aria-label': nowStrings.elapsed(call.elapsed),
        },
      }),
    ]),
    h('dl.counts', {}, [
      count(nowStrings.thinking, figure(call.thinking, name('thinking')), 'thinking'),
      count(nowStrings.visible, figure(call.visible, name('visible')), 'output'),
      count(nowStrings.input, figure(call.input, name('input')), 'input'),
    ]),
    h('span.bar.share', { attributes: { 'aria-hidden': 'true' } }, [
      h('span.segment.kind-thinking', { style: { width: percent(call.shareFraction ?? 0) } }),
      h('span.segment.kind-output', {
        key: 'output',
        style: { width: percent(call.shareFraction === null ? 0 : 1 - call.shareFraction) },
      }),
    ]),
    h('p.quiet.small', { text: call.share, attributes: { 'data-figure': name('share') } }),
  ]);
}

function count(label: string, value: VNode, kind: string): VNode {
  return h('div', { key: kind }, [
    h('dt', {}, [
      kind !== 'input' && h(`span.swatch.kind-${kind}`, { attributes: { 'aria-hidden': 'true' } }),
      h('span', { key: 'label', text: label }),
    ]),
    h('dd', {}, [value]),
  ]);
}

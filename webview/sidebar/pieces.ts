import type { CoverageActionId } from '../../src/protocol/coverage.ts';
import { nowStrings } from '../../src/protocol/nowStrings.ts';
import type { Shown } from '../../src/protocol/shown.ts';
import type { BarSegment } from '../../src/protocol/spendView.ts';
import { h, type VNode } from '../shared/vnode.ts';

/** What the sections may do. */
export interface Actions {
  readonly openTerminal: () => void;
  readonly showAgents: () => void;
  readonly relaunchTerminal: (id: number) => void;
  readonly meter: (action: 'retry' | 'turnOn' | 'showLog') => void;
  readonly newTask: () => void;
  readonly onTask: (action: 'extendTask' | 'setTaskBudget' | 'openTaskTerminal', id: string) => void;
  readonly onCoverage: (action: CoverageActionId) => void;
  readonly setPeriod: (period: 'today' | 'week') => void;
  readonly toggleRow: (key: string) => void;
  readonly toggleFull: (key: string) => void;
}

/**
 * A figure. Marks such as "≈" are read aloud badly or not at all, so a marked figure carries its words beside it. `name` is the
 * hook by which tests find the figure; it is on the element that holds exactly what is seen.
 */
export function figure(shown: Shown, name: string): VNode {
  const isPlain = /^[\d<>$]/.test(shown.text);
  const properties = { text: shown.text, attributes: { 'data-figure': name } };
  if (isPlain) return h('span.figure', { attributes: { title: shown.spoken } }, [h('span', properties)]);
  return h('span.figure', { attributes: { title: shown.spoken } }, [
    h('span', { ...properties, attributes: { ...properties.attributes, 'aria-hidden': 'true' } }),
    h('span.spoken', { text: shown.spoken }),
  ]);
}

/** Text that somebody else wrote: cut where there is no room, whole in its tooltip, and never mixing its direction with ours. */
export function foreign(selector: string, text: string, title = text): VNode {
  return h(selector, { text: text === '' ? '-' : text, attributes: { title, dir: 'auto' } });
}

export function tag(text: string | null): VNode | null {
  return text === null ? null : h('span.tag', { text });
}

/** A heading that can take the focus when the row that had it is gone. */
export function heading(id: string, text: string, level: 'h2' | 'h3' = 'h2'): VNode {
  return h(level, { text, attributes: { id, tabindex: '-1' } });
}

/** Short texts in a line, with a comma for ears where eyes see a dot. */
export function joined(texts: readonly string[]): readonly VNode[] {
  return texts.map((text, index) => h(index === 0 ? 'span' : 'span.next', { text }));
}

/** A stacked bar; the figures stand in text elsewhere. Its length is a share of the room. */
export function stackedBar(segments: readonly BarSegment[], length: number): VNode {
  return h('span.bar', { attributes: { 'aria-hidden': 'true' } }, [
    h(
      'span.bar-fill',
      { style: { width: percent(length) } },
      segments.map((segment) =>
        h(`span.segment.kind-${segment.kind}`, {
          key: segment.kind,
          style: { 'flex-grow': segment.fraction.toFixed(4) },
        }),
      ),
    ),
  ]);
}

export function legend(kinds: readonly BarSegment['kind'][]): VNode {
  return h(
    'ul.legend',
    {},
    kinds.map((kind) =>
      h('li', { key: kind }, [
        h(`span.swatch.kind-${kind}`, { attributes: { 'aria-hidden': 'true' } }),
        h('span', { text: kind === 'output' ? nowStrings.visible : nowStrings.kinds[kind] }),
      ]),
    ),
  );
}

export function percent(fraction: number): string {
  return `${(Math.min(1, Math.max(0, fraction)) * 100).toFixed(2)}%`;
}

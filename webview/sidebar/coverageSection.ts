import type { CoverageStep } from '../../src/protocol/coverage.ts';
import { type CoverageRowView, coverageStrings } from '../../src/protocol/coverageView.ts';
import { button } from '../shared/controls.ts';
import { icon } from '../shared/icons.ts';
import { h, type VNode } from '../shared/vnode.ts';
import { expandable, walkRows } from './expandable.ts';
import { type Actions, foreign, heading, joined } from './pieces.ts';
import { elementId } from './spendSection.ts';
import type { UiState } from './uiState.ts';

/** Every agent that is installed or calls: how it is seen, what a budget can do, and the one click that improves it. */
export function coverageSection(rows: readonly CoverageRowView[], ui: UiState, actions: Actions): VNode {
  return h('section.coverage', { key: 'coverage', attributes: { 'aria-labelledby': 'coverage-heading' } }, [
    h('div.section-head', {}, [heading('coverage-heading', coverageStrings.title)]),
    rows.length === 0
      ? h('p.quiet', { key: 'none', text: coverageStrings.none })
      : h(
          'ul.rows',
          { key: 'rows', attributes: { 'aria-labelledby': 'coverage-heading' }, on: { keydown: walkRows } },
          rows.map((row) => coverageRow(row, ui, actions)),
        ),
    // Where calls are observed these are lines of their own.
    !rows.some(({ about }) => about === 'kind') && h('p.quiet.small', { key: 'unseen', text: coverageStrings.unseen }),
  ]);
}

function coverageRow(row: CoverageRowView, ui: UiState, actions: Actions): VNode {
  const key = `coverage:${row.id}`;
  const { action } = row;
  return expandable({
    key,
    id: elementId(key),
    open: ui.expanded.includes(key),
    onToggle: () => actions.toggleRow(key),
    className: 'coverage-row',
    head: [
      h('span.line', {}, [
        foreign('span.name', row.label),
        // The words below say the same: the mark is for eyes that run down the list.
        h('span.mark', { attributes: { 'aria-hidden': 'true' } }, [icon(row.isSeen ? 'check' : 'dash')]),
      ]),
      h('span.facts.quiet', { key: 'facts' }, joined(row.facts)),
    ],
    body: () =>
      h('div', {}, [
        h('p', { key: 'detail', text: row.detail }),
        action !== null && h('p.quiet', { key: 'changes', text: changesOf(action) }),
        action !== null &&
          button({
            key: `act-${row.id}`,
            text: action.text,
            label: `${action.text}: ${row.label}`,
            onPress: () => actions.onCoverage(action.id),
          }),
      ]),
  });
}

/** Begins with the button's words: by itself it would read as what holds now. */
function changesOf({ text, changes }: CoverageStep): string {
  return `${text}: ${changes.charAt(0).toLowerCase()}${changes.slice(1)}`;
}

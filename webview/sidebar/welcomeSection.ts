import { nowStrings } from '../../src/protocol/nowStrings.ts';
import type { NowView } from '../../src/protocol/nowView.ts';
import { button } from '../shared/controls.ts';
import { icon } from '../shared/icons.ts';
import { h, type VNode } from '../shared/vnode.ts';
import { type Actions, foreign, heading } from './pieces.ts';

/** What to do where there is nothing to show yet. */
export function welcomeSection(actions: Actions): VNode {
  return h('section.welcome', { key: 'welcome', attributes: { 'aria-labelledby': 'welcome-heading' } }, [
    heading('welcome-heading', nowStrings.emptyTitle),
    h('p', { text: nowStrings.emptyText }),
    button({
      key: 'openTerminal',
      text: nowStrings.openTerminal,
      primary: true,
      onPress: actions.openTerminal,
    }),
    h('p.quiet', { key: 'agents' }, [
      h('span', { text: `${nowStrings.recognised}: ` }),
      h('span', { text: `${nowStrings.agents.join(', ')}.` }),
    ]),
    button({ key: 'showAgents', text: nowStrings.showAgents, onPress: actions.showAgents }),
  ]);
}

/** Terminals whose agents cannot be seen, each with the one thing that helps. */
export function unmeteredSection(terminals: NowView['unmeteredTerminals'], actions: Actions): VNode {
  return h('section.unmetered', { key: 'unmetered', attributes: { 'aria-labelledby': 'unmetered-heading' } }, [
    heading('unmetered-heading', nowStrings.unmetered),
    h('p.quiet', { text: nowStrings.unmeteredText }),
    h(
      'ul',
      {},
      terminals.map((terminal) =>
        h('li', { key: String(terminal.id) }, [
          icon('terminal'),
          foreign('span.name', terminal.name),
          button({
            key: `relaunch-${terminal.id}`,
            text: nowStrings.relaunch,
            label: nowStrings.relaunchLabel(terminal.name),
            onPress: () => actions.relaunchTerminal(terminal.id),
          }),
        ]),
      ),
    ),
  ]);
}

import type { ActiveTaskView, ScopeLinesView, TaskSectionView } from '../../src/protocol/activeTaskView.ts';
import type { LimitLineView } from '../../src/protocol/limitView.ts';
import { taskStrings } from '../../src/protocol/taskStrings.ts';
import { button } from '../shared/controls.ts';
import { icon } from '../shared/icons.ts';
import { h, type VNode } from '../shared/vnode.ts';
import { type Actions, figure, foreign, heading, percent } from './pieces.ts';

/** The active task with its budget, and the limits of the settings. Every bar stands beside the words that say the same. */
export function taskSection(view: TaskSectionView, actions: Actions): VNode {
  return h('section.task', { key: 'task', attributes: { 'aria-labelledby': 'task-heading' } }, [
    heading('task-heading', taskStrings.heading),
    ...view.alarms.map((alarm) =>
      h('p.message.message-warning', { key: alarm.id }, [
        icon('warning'),
        h('span', {}, [
          h('strong', { text: `${taskStrings.alarm}: ` }),
          h('span', { text: alarm.text, attributes: { dir: 'auto' } }),
        ]),
      ]),
    ),
    ...(view.task === null ? noTask(actions) : [activeTask(view.task, actions)]),
    ...view.scopes.map(scope),
  ]);
}

function noTask(actions: Actions): readonly VNode[] {
  return [
    h('p.quiet', { key: 'none' }, [
      h('span', {
        text: `${taskStrings.noTask}. ${taskStrings.noTaskText}`,
        attributes: { 'data-figure': 'task.none' },
      }),
    ]),
    h('div.buttons', { key: 'new' }, [button({ key: 'newTask', text: taskStrings.newTask, onPress: actions.newTask })]),
  ];
}

function activeTask(task: ActiveTaskView, actions: Actions): VNode {
  const isLimited = task.lines.length > 0;
  const budget = isLimited ? 'extendTask' : 'setTaskBudget';
  return h('div.task-body', { key: task.id, attributes: { 'data-task': task.id } }, [
    h('div.line', {}, [foreign('strong.name', task.title), h('span.amount', {}, [figure(task.spent, 'task.spent')])]),
    task.subscription &&
      h('p.quiet.small', {
        key: 'subscription',
        text: taskStrings.subscription(task.subscription.text),
        attributes: { title: taskStrings.subscription(task.subscription.spoken), 'data-figure': 'task.subscription' },
      }),
    isLimited &&
      h(
        'ul.limits',
        { key: 'limits' },
        task.lines.map((line) => limit(line, 'task')),
      ),
    h('dl.counts', { key: 'counts' }, [
      count(taskStrings.thinking, figure(task.thinking, 'task.thinking'), 'thinking'),
      count(taskStrings.visible, figure(task.visible, 'task.visible'), 'output'),
    ]),
    h('p.facts.quiet.small', { key: 'facts' }, [
      foreign('span', task.atWork),
      task.rate !== null &&
        h('span.next', { key: 'rate' }, [
          figure({ text: taskStrings.rate(task.rate.text), spoken: taskStrings.rate(task.rate.spoken) }, 'task.rate'),
        ]),
      task.share !== null &&
        h('span.next', {
          key: 'share',
          text: taskStrings.thinkingShare(task.share),
          attributes: { 'data-figure': 'task.share' },
        }),
    ]),
    ...task.notes.map((note) => h('p.quiet.small', { key: note, text: note })),
    h('div.buttons', { key: 'buttons' }, [
      button({
        key: budget,
        text: isLimited ? taskStrings.extend : taskStrings.setBudget,
        onPress: () => actions.onTask(budget, task.id),
      }),
      button({
        key: 'openTaskTerminal',
        text: taskStrings.openTerminal,
        onPress: () => actions.onTask('openTaskTerminal', task.id),
      }),
    ]),
  ]);
}

function count(label: string, value: VNode, kind: string): VNode {
  return h('div', { key: kind }, [
    h('dt', {}, [
      h(`span.swatch.kind-${kind}`, { attributes: { 'aria-hidden': 'true' } }),
      h('span', { key: 'label', text: label }),
    ]),
    h('dd', {}, [value]),
  ]);
}

function scope(view: ScopeLinesView): VNode {
  return h('div.scope', { key: view.key }, [
    h('h3', { text: view.name }),
    h(
      'ul.limits',
      {},
      view.lines.map((line) => limit(line, view.key)),
    ),
  ]);
}

/** A limited dimension in words, with a bar: full is spent, striped is reserved by calls in flight. */
function limit(line: LimitLineView, owner: string): VNode {
  const name = (part: string): string => `${owner}.${line.dimension}.${part}`;
  return h(`li.limit-${line.level}`, { key: line.dimension, attributes: { title: `${line.name}: ${line.detail}` } }, [
    h('span.line', {}, [
      h('span', { text: line.name }),
      h('span.amount', { text: line.bare, attributes: { 'data-figure': name('words') } }),
    ]),
    h('span.limit-bar', { attributes: { 'aria-hidden': 'true' } }, [
      h('span.limit-spent', { style: { width: percent(line.spentShare) } }),
      h('span.limit-held', { key: 'held', style: { width: percent(line.heldShare) } }),
    ]),
    h('span.quiet.small', { key: 'detail', text: line.detail, attributes: { 'data-figure': name('detail') } }),
    line.mark !== null &&
      h('span.limit-mark.small', { key: 'mark' }, [
        icon(line.level === 'strong' ? 'error' : 'warning'),
        h('span', { text: line.mark, attributes: { 'data-figure': name('mark') } }),
      ]),
  ]);
}

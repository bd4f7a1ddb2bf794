import { h, type VNode } from '../../shared/vnode.ts';
import type { PageContext } from '../pageContext.ts';

const MOST_LETTERS = 100;

/** What is repriced: tasks and the month, under the headings that came with them. */
export function subjectSelect({ data, actions }: PageContext): VNode {
  const { subjects, subject } = data.whatIf;
  const groups = [...new Set(subjects.map(({ group }) => group))];
  return h('label.field', { key: 'subject' }, [
    h('span.quiet', { key: 'label', text: 'Reprice' }),
    h(
      'select',
      {
        key: 'select',
        attributes: { 'data-action': 'subject' },
        on: {
          change: ({ target }) => {
            if (target instanceof HTMLSelectElement) actions.ask({ subject: target.value });
          },
        },
      },
      groups.map((group) =>
        h(
          'optgroup',
          { key: group, attributes: { label: group } },
          subjects
            .filter((one) => one.group === group)
            .map(({ id, title }) =>
              h('option', { key: id, text: title, attributes: { value: id, selected: id === subject, dir: 'auto' } }),
            ),
        ),
      ),
    ),
  ]);
}

/** Narrows the tasks that can be chosen; the meter looks, so that old ones are found too. */
export function findTaskField({ data, actions }: PageContext): VNode {
  return h('label.field', { key: 'find' }, [
    h('span.quiet', { key: 'label', text: 'Tasks with' }),
    h('input', {
      key: 'input',
      attributes: {
        type: 'search',
        value: data.query.findTask,
        placeholder: 'part of a title',
        'data-action': 'find-task',
      },
      on: {
        change: ({ target }) => {
          if (target instanceof HTMLInputElement) actions.ask({ findTask: target.value.slice(0, MOST_LETTERS) });
        },
      },
    }),
  ]);
}

/** Searches all models of the price book. */
export function filterField({ data, ui, actions }: PageContext): VNode {
  const { results } = data.whatIf;
  return h('label.field', { key: 'filter' }, [
    h('span.quiet', { key: 'label', text: `Search ${results.length.toLocaleString('en-US')} models` }),
    h('input', {
      key: 'input',
      attributes: { type: 'search', value: ui.filter, placeholder: 'part of a name', 'data-action': 'filter' },
      on: {
        input: ({ target }) => {
          if (target instanceof HTMLInputElement) actions.setUi({ filter: target.value.slice(0, MOST_LETTERS) });
        },
      },
    }),
  ]);
}

import type { ModelName } from '../../src/analysis/contract.ts';
import type { RunOrigin } from '../../src/domain/run.ts';
import type { DashboardData, DashboardQuery, OriginChoice } from '../../src/protocol/dashboard.ts';
import { type Child, h, type VNode } from '../shared/vnode.ts';
import type { FrameActions } from './frame.ts';
import { actionButton, checkbox } from './pieces.ts';
import { toggled, type UiState } from './uiState.ts';

const MODELS_FOLD = 'models';

/** Which runs and models are compared and at which prices; only where there is something to choose. */
export function scopeBar(data: DashboardData, ui: UiState, actions: FrameActions): VNode | null {
  if (ui.page === 'effective' || ui.page === 'whatIf' || data.origins.length === 0) return null;
  return h('section.scope', { key: 'scope', attributes: { 'aria-label': 'What is compared' } }, [
    h('div.tools', { key: 'runs' }, [
      h('span.quiet', { key: 'label', text: 'Compared:' }),
      ...data.origins.flatMap((origin) => originChoice(origin, data, { ui, actions })),
      checkbox({ id: 'reprice', text: 'All at the newest list prices', isChecked: data.query.reprice }, (reprice) =>
        actions.ask({ reprice }),
      ),
    ]),
    removalQuestion(data, ui, actions),
    h('div.tools', { key: 'models' }, [
      modelsButton(data, ui, actions),
      // Only there are models ranked by it; elsewhere it does no more than order lists.
      ...(ui.page === 'reversal' ? weights(data, actions) : []),
    ]),
    ui.folds.includes(MODELS_FOLD) && modelList(data, ui, actions),
  ]);
}

function originChoice(
  { origin, label, runs, tasks, isChosen, removal }: OriginChoice,
  data: DashboardData,
  { ui, actions }: { readonly ui: UiState; readonly actions: FrameActions },
): readonly Child[] {
  const chosen = data.origins.filter((other) => other.isChosen).map((other) => other.origin);
  const change = (isIn: boolean): void => {
    const next: readonly RunOrigin[] = isIn ? [...chosen, origin] : chosen.filter((other) => other !== origin);
    actions.ask({ origins: next.length === 0 ? null : next });
  };
  const text = `${label} (${runs} ${runs === 1 ? 'run' : 'runs'}, ${tasks} ${tasks === 1 ? 'task' : 'tasks'})`;
  const box = checkbox({ id: `origin-${origin}`, text, isChecked: isChosen }, change);
  if (removal === null) return [box];
  return [
    h('span.with-action', { key: `choice-${origin}` }, [
      box,
      h('button.plain', {
        key: 'remove',
        text: 'Remove...',
        attributes: {
          type: 'button',
          'aria-label': `Remove... ${label}`,
          'aria-expanded': String(ui.removing === origin),
          'data-action': `remove-${origin}`,
        },
        on: { click: () => actions.setUi({ removing: ui.removing === origin ? null : origin }) },
      }),
    ]),
  ];
}

/** Asks before an import is removed, in place: what goes, what stays, and how to get it back. */
function removalQuestion(data: DashboardData, ui: UiState, actions: FrameActions): VNode | null {
  const asked = data.origins.find(({ origin }) => origin === ui.removing);
  if (asked === undefined || asked.removal === null) return null;
  const { name, sentence } = asked.removal;
  return h(
    'div.question',
    { key: 'removal', attributes: { role: 'group', 'aria-labelledby': 'removal-says', 'data-question': 'removal' } },
    [
      h('p.says', { text: sentence, attributes: { id: 'removal-says', dir: 'auto', 'aria-live': 'polite' } }),
      h('div.tools', { key: 'answers' }, [
        actionButton('remove-yes', 'Remove', () => {
          actions.setUi({ removing: null });
          actions.removeImport(name);
        }),
        actionButton('remove-no', 'Keep', () => actions.setUi({ removing: null })),
      ]),
    ],
  );
}

function modelsButton({ modelNames }: DashboardData, ui: UiState, actions: FrameActions): VNode {
  const isOpen = ui.folds.includes(MODELS_FOLD);
  const inIt = modelNames.filter((name) => !isOut(name, ui)).length;
  return h('button.plain', {
    key: 'models',
    text: `${isOpen ? 'Hide' : 'Choose'} models (${inIt} of ${modelNames.length} compared)`,
    attributes: { type: 'button', 'aria-expanded': String(isOpen), 'data-action': 'models' },
    on: { click: () => actions.setUi({ folds: toggled(ui.folds, MODELS_FOLD) }) },
  });
}

/** By what was asked for last, which the figures may not have caught up with. */
function isOut({ label, model }: ModelName, { query }: UiState): boolean {
  return query.without.includes(label) || query.without.includes(model);
}

function modelList({ modelNames }: DashboardData, ui: UiState, actions: FrameActions): VNode {
  const { without } = ui.query;
  return h(
    'div.model-list',
    { key: 'model-list', attributes: { role: 'group', 'aria-label': 'Models that are compared' } },
    [
      ...modelNames.map((name) =>
        checkbox(
          {
            id: `model-${name.label}`,
            text: `${name.label} (${name.runs} ${name.runs === 1 ? 'run' : 'runs'})`,
            isChecked: !isOut(name, ui),
          },
          (isIn) =>
            actions.ask({
              without: isIn
                ? without.filter((other) => other !== name.label && other !== name.model)
                : [...without, name.label],
            }),
        ),
      ),
      without.length > 0 && actionButton('models-all', 'Compare all', () => actions.ask({ without: [] })),
    ],
  );
}

/** The figure that models are ranked by. What is no weight is put back. */
function weights({ query }: DashboardData, actions: FrameActions): readonly VNode[] {
  const { priceWeights } = query;
  const field = (id: keyof DashboardQuery['priceWeights'], text: string): VNode =>
    h('label.field.weight', { key: id }, [
      h('input', {
        key: 'input',
        attributes: {
          type: 'number',
          min: '0',
          step: 'any',
          value: String(priceWeights[id]),
          'aria-label': `Weight of the list price of ${id}`,
          'data-action': `weight-${id}`,
        },
        on: {
          change: ({ target }) => {
            if (!(target instanceof HTMLInputElement)) return;
            const next = { ...priceWeights, [id]: target.value === '' ? Number.NaN : Number(target.value) };
            const isWeight = (value: number): boolean => value >= 0 && value <= 1e9;
            if (isWeight(next.input) && isWeight(next.output) && next.input + next.output > 0) {
              actions.ask({ priceWeights: next });
            } else target.value = String(priceWeights[id]);
          },
        },
      }),
      h('span', { key: 'text', text }),
    ]);
  const isPlain = priceWeights.input === 1 && priceWeights.output === 1;
  return [
    h('span.weights', { key: 'weights', attributes: { role: 'group', 'aria-label': 'List prices are ranked by' } }, [
      h('span.quiet', { key: 'label', text: 'List prices ranked by' }),
      field('input', '× input +'),
      field('output', '× output'),
      !isPlain &&
        h('button.plain', {
          key: 'reset',
          text: 'Plain sum',
          attributes: { type: 'button', 'data-action': 'weights-reset' },
          on: { click: () => actions.ask({ priceWeights: { input: 1, output: 1 } }) },
        }),
    ]),
  ];
}

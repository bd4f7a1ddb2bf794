import { type QuickInput, QuickInputButtons, type QuickPickItem, window } from 'vscode';
import { plainText } from '../../domain/plainText.ts';

/** What a step came to: a value, a step back, or the end of it all. */
export type StepAnswer<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'back' }
  | { readonly kind: 'closed' };

export interface StepPlace {
  readonly title: string;
  readonly step: number;
  readonly totalSteps: number;
}

export interface TextStep {
  readonly prompt: string;
  readonly value: string;
  readonly placeholder: string;
  /** What is wrong with a text, in a sentence; null for nothing. */
  readonly problemOf: (text: string) => string | null;
}

export interface ListChoice<T> {
  readonly label: string;
  readonly description?: string;
  readonly picked?: boolean;
  readonly value: T;
}

/** One line of text, with a way back. */
export function askText(
  place: StepPlace,
  { prompt, value, placeholder, problemOf }: TextStep,
): Promise<StepAnswer<string>> {
  const box = window.createInputBox();
  Object.assign(box, { prompt, value, placeholder });
  box.onDidChangeValue((text) => {
    box.validationMessage = problemOf(text) ?? '';
  });
  return shown(box, place, (accept) =>
    box.onDidAccept(() => {
      const problem = problemOf(box.value);
      if (problem === null) accept(box.value);
      else box.validationMessage = problem;
    }),
  );
}

/** One or several of a list, with a way back. With `isMany`, `problemOf` decides whether the choice will do. */
export function askList<T>(
  place: StepPlace,
  placeholder: string,
  choices: readonly ListChoice<T>[],
  {
    isMany,
    problemOf = () => null,
  }: { readonly isMany: boolean; readonly problemOf?: (values: readonly T[]) => string | null },
): Promise<StepAnswer<readonly T[]>> {
  const items = choices.map((choice): QuickPickItem & { readonly value: T } => ({
    label: plainText(choice.label),
    ...(choice.description === undefined ? {} : { description: plainText(choice.description) }),
    value: choice.value,
  }));
  const list = window.createQuickPick<QuickPickItem & { readonly value: T }>();
  Object.assign(list, { placeholder, canSelectMany: isMany, matchOnDescription: true, items });
  if (isMany) list.selectedItems = items.filter((_, index) => choices[index]?.picked === true);
  return shown(list, place, (accept) =>
    list.onDidAccept(() => {
      const values = (isMany ? list.selectedItems : list.activeItems).map(({ value }) => value);
      const problem = problemOf(values);
      if (problem === null) accept(values);
      else list.placeholder = problem;
    }),
  );
}

function shown<T>(
  input: QuickInput & {
    buttons: readonly unknown[];
    onDidTriggerButton: (listener: (button: unknown) => void) => unknown;
  },
  { title, step, totalSteps }: StepPlace,
  onAccept: (accept: (value: T) => void) => unknown,
): Promise<StepAnswer<T>> {
  return new Promise((resolve) => {
    input.title = plainText(title);
    input.step = step;
    input.totalSteps = totalSteps;
    input.ignoreFocusOut = true;
    if (step > 1) input.buttons = [QuickInputButtons.Back];
    const settle = (answer: StepAnswer<T>): void => {
      resolve(answer);
      input.dispose();
    };
    input.onDidTriggerButton(() => settle({ kind: 'back' }));
    input.onDidHide(() => settle({ kind: 'closed' }));
    onAccept((value) => settle({ kind: 'value', value }));
    input.show();
  });
}

/**
 * Runs steps one after another; a step back goes to the one before, with what was answered kept. Undefined where the user closed it.
 * A step that answers null had nothing to ask, and is passed over in both directions.
 */
export async function runSteps<Draft>(
  draft: Draft,
  steps: readonly ((
    draft: Draft,
    place: Pick<StepPlace, 'step' | 'totalSteps'>,
  ) => Promise<StepAnswer<Draft> | null>)[],
): Promise<Draft | undefined> {
  let current = draft;
  let direction = 1;
  for (let index = 0; index < steps.length; index += direction) {
    if (index < 0) {
      index = 0;
      direction = 1;
    }
    const answer = await steps[index]?.(current, { step: index + 1, totalSteps: steps.length });
    if (answer === null || answer === undefined) continue;
    if (answer.kind === 'closed') return undefined;
    direction = answer.kind === 'back' ? -1 : 1;
    if (answer.kind === 'value') current = answer.value;
  }
  return current;
}

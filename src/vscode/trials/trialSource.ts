import type { FoundSuite, ProposedTask, TrialLook } from '../../protocol/trials.ts';
import type { Choice, Dialogs } from '../dialogs.ts';
import { askList } from './multiStep.ts';

/** Where the work of a trial comes from. */
export type TrialSource =
  | { readonly kind: 'prompt' }
  | { readonly kind: 'suite'; readonly suite: FoundSuite }
  | { readonly kind: 'history' };

/** Asks where there is a choice; undefined where the user closed it. */
export async function pickSource(
  { suites, hasHistory }: Pick<TrialLook, 'suites' | 'hasHistory'>,
  dialogs: Dialogs,
): Promise<TrialSource | undefined> {
  const choices: Choice<TrialSource>[] = [
    { label: 'Describe a task...', description: 'a prompt and a check', value: { kind: 'prompt' } },
    ...suites.map((suite): Choice<TrialSource> => {
      const what = suite.problem ?? `${suite.tasks} ${suite.tasks === 1 ? 'task' : 'tasks'}`;
      return { label: suite.name, description: suite.path, detail: what, value: { kind: 'suite', suite } };
    }),
  ];
  if (hasHistory) {
    const description = 'commits that changed both code and tests';
    choices.push({ label: "Tasks from the repository's history...", description, value: { kind: 'history' } });
  }
  if (choices.length === 1) return { kind: 'prompt' };
  return (await dialogs.pick('Compare models: the work', 'What the models are to try', choices))?.value;
}

/** The tasks that the user picks, and whether to try them now or to edit them first; undefined where the user closed it. */
export async function pickTasks(
  proposed: readonly ProposedTask[],
  dialogs: Dialogs,
): Promise<{ readonly tasks: readonly ProposedTask[]; readonly isEdited: boolean } | undefined> {
  const title = 'Compare models: tasks from history';
  const answer = await askList(
    { title, step: 1, totalSteps: 1 },
    "The commit's message is the prompt, its new tests are put in place for the check",
    proposed.map((task) => ({ label: task.name, description: whatItTook(task), value: task })),
    { isMany: true, problemOf: (tasks) => (tasks.length === 0 ? 'Choose at least one task.' : null) },
  );
  if (answer.kind !== 'value') return undefined;
  const choice = await dialogs.pick(title, 'A message is seldom the whole task', [
    { label: 'Try as they are', value: false },
    { label: 'Edit as a suite first', description: 'saved in .outlay/trials it is offered here', value: true },
  ]);
  return choice === undefined ? undefined : { tasks: answer.value, isEdited: choice.value };
}

function whatItTook({ codeFiles, checkFiles: { paths } }: ProposedTask): string {
  const files = `${codeFiles} ${codeFiles === 1 ? 'file' : 'files'}`;
  return `${files} of code, ${paths.length} of tests`;
}

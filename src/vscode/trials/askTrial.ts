import { parseAmount } from '../../domain/parseAmount.ts';
import {
  agentLabels,
  type CarriedFile,
  type FoundSuite,
  type ProposedTask,
  type TrialAgentId,
  type TrialLook,
  trialAgentIds,
} from '../../protocol/trials.ts';
import { askList, askText, type ListChoice, runSteps, type StepAnswer, type StepPlace } from './multiStep.ts';

/** What the user chose for a trial. */
export interface TrialChoices {
  readonly prompt: string;
  /** From the repository's history, in place of a prompt; empty where there is one. */
  readonly tasks: readonly ProposedTask[];
  readonly models: readonly ModelChoice[];
  readonly runs: string;
  readonly check: string;
  readonly setup: string;
  readonly carry: readonly CarriedFile[];
  readonly uncommitted: boolean;
  readonly budget: string;
  readonly stopsWithWindow: boolean;
}

export interface ModelChoice {
  readonly agent: TrialAgentId;
  readonly model: string;
  readonly effort: string | null;
}

const TITLE = 'Compare models';

type Place = Pick<StepPlace, 'step' | 'totalSteps'>;
type Step = (draft: TrialChoices, place: Place) => Promise<StepAnswer<TrialChoices> | null>;

/** Asks for everything that a trial needs, step by step and back; undefined where the user closed it. */
export function askTrial(
  look: TrialLook,
  { prompt, tasks }: Pick<TrialChoices, 'prompt' | 'tasks'>,
): Promise<TrialChoices | undefined> {
  const draft = draftOf(look, { prompt, tasks });
  const askPrompt = textStep('prompt', {
    title: 'the task',
    prompt: 'What the models are to do, as you would tell an agent. A file is named by @ and its path: @tasks/login.md',
    placeholder: 'Make the login keep its session over a restart.',
    problemOf: (value) => (value.trim() === '' ? 'A trial needs a prompt.' : null),
  });
  return runSteps(draft, [
    // Tasks from history have the prompts of their commits.
    async (now, place) => (tasks.length > 0 ? null : askPrompt(now, place)),
    (now, place) => askModels(look, now, place),
    textStep('runs', {
      title: 'runs per model',
      prompt: `How often each model tries. ${look.suggestedRuns?.because ?? 'Models vary from run to run: three runs tell more than one, and cost three times as much.'}`,
      placeholder: '1',
      problemOf: (value) =>
        /^(?:[1-9]|[1-9]\d|100)$/.test(value.trim()) ? null : 'Write a whole number from 1 to 100.',
    }),
    textStep('check', {
      title: 'the check',
      prompt:
        'A command that exits with 0 only when the work is done. It is run before any work too, and must fail then.',
      placeholder: 'npm test',
      problemOf: (value) =>
        value.trim() === '' ? 'A trial needs a check: without one nobody can tell who passed.' : null,
    }),
    textStep('setup', {
      title: 'set-up',
      prompt: 'A command that is run in each copy before the agent, for example to install packages. Empty: none.',
      placeholder: 'npm ci',
      problemOf: () => null,
    }),
    (now, place) => askCarried(look, now, place),
    textStep('budget', budgetWords),
    askClosing,
  ]);
}

const budgetWords: TextWords = {
  title: 'the budget',
  prompt:
    'Dollars for the whole trial, shared out equally among its runs. A run that reaches its share ends, and counts as failed.',
  placeholder: '5',
  problemOf: budgetProblem,
};

function draftOf(look: TrialLook, { prompt, tasks }: Pick<TrialChoices, 'prompt' | 'tasks'>): TrialChoices {
  return {
    ...{ prompt, tasks },
    models: [],
    runs: '1',
    check: look.check ?? '',
    setup: '',
    carry: look.carry,
    uncommitted: false,
    budget: '5',
    stopsWithWindow: false,
  };
}

/** What a suite of the repository leaves open, and what happens when the window is closed; undefined where the user closed it. */
export function askForSuite(
  look: TrialLook,
  { missing }: FoundSuite,
): Promise<Pick<TrialChoices, 'models' | 'budget' | 'stopsWithWindow'> | undefined> {
  const askBudget = textStep('budget', budgetWords);
  return runSteps(draftOf(look, { prompt: '', tasks: [] }), [
    async (now, place) => (missing.includes('agents') ? askModels(look, now, place) : null),
    async (now, place) => (missing.includes('budget') ? askBudget(now, place) : null),
    askClosing,
  ]);
}

interface TextWords {
  readonly title: string;
  readonly prompt: string;
  readonly placeholder: string;
  readonly problemOf: (text: string) => string | null;
}

function textStep(name: 'prompt' | 'runs' | 'check' | 'setup' | 'budget', { title, ...words }: TextWords): Step {
  return async (draft, place) => {
    const answer = await askText({ ...place, title: `${TITLE}: ${title}` }, { ...words, value: draft[name] });
    return answer.kind === 'value' ? { kind: 'value', value: { ...draft, [name]: answer.value.trim() } } : answer;
  };
}

export function budgetProblem(text: string): string | null {
  const parsed = parseAmount('costNanoUsd', text);
  if (!parsed.ok) return parsed.problem;
  return parsed.value === 0 ? 'A budget of $0 lets no call through.' : null;
}

/** The models that were used here, and any other. */
async function askModels(look: TrialLook, draft: TrialChoices, place: Place): Promise<StepAnswer<TrialChoices>> {
  const title = `${TITLE}: agents and models`;
  const isPicked = (choice: ModelChoice): boolean => draft.models.some((one) => modelText(one) === modelText(choice));
  const used = look.agents.flatMap(({ agent, models, problem }) =>
    problem === null ? models.map((model): ModelChoice => ({ agent, model, effort: null })) : [],
  );
  const known = [...used, ...draft.models.filter((one) => !used.some((other) => modelText(other) === modelText(one)))];
  const choices: readonly ListChoice<ModelChoice | 'other'>[] = [
    ...known.map((value) => ({
      label: modelText(value),
      description: agentLabels[value.agent],
      picked: isPicked(value),
      value,
    })),
    { label: 'Other models...', description: 'type their names', picked: known.length === 0, value: 'other' },
  ];
  const problemOf = (values: readonly unknown[]): string | null =>
    values.length === 0 ? 'Choose at least one model.' : null;
  const answer = await askList({ ...place, title }, 'Who tries', choices, { isMany: true, problemOf });
  if (answer.kind !== 'value') return answer;
  const models = answer.value.filter((value) => value !== 'other');
  if (models.length === answer.value.length) return { kind: 'value', value: { ...draft, models } };
  const ready = look.agents.filter(({ problem }) => problem === null).map(({ agent }) => agent);
  const typed = await askText(
    { ...place, title },
    {
      prompt: `Models as agent:model or agent:model@effort, with commas between them. Agents found here: ${ready.join(', ') || 'none'}.`,
      placeholder: 'claude-code:claude-sonnet-4-5, codex:gpt-5@high',
      value: '',
      problemOf: (text) => readModels(text, look.agents).problem,
    },
  );
  // Back from here is back to the list.
  if (typed.kind === 'back') return askModels(look, { ...draft, models }, place);
  if (typed.kind !== 'value') return typed;
  return { kind: 'value', value: { ...draft, models: [...models, ...readModels(typed.value, look.agents).models] } };
}

/** "claude-code:claude-sonnet-4-5, codex:gpt-5@high". */
export function readModels(
  text: string,
  agents: TrialLook['agents'],
): { readonly models: readonly ModelChoice[]; readonly problem: string | null } {
  const models: ModelChoice[] = [];
  for (const entry of text.split(',').map((each) => each.trim())) {
    const cut = entry.indexOf(':');
    const agent = trialAgentIds.find((id) => id !== 'command' && id === entry.slice(0, Math.max(0, cut)));
    const [model = '', effort = null] = splitEffort(entry.slice(cut + 1));
    if (agent === undefined || model === '') return { models, problem: `"${entry}" is not agent:model.` };
    const found = agents.find((each) => each.agent === agent);
    if (found === undefined)
      return { models, problem: `${agentLabels[agent]} is not installed: it was not found on the PATH.` };
    if (found.problem !== null) return { models, problem: found.problem };
    models.push({ agent, model, effort });
  }
  return { models, problem: null };
}

function splitEffort(text: string): readonly [string, string | null] {
  const at = text.lastIndexOf('@');
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + 1)];
}

/** As `--models` takes it. */
export function modelWord(choice: ModelChoice): string {
  return `${choice.agent}:${modelText(choice)}`;
}

export function modelText({ model, effort }: ModelChoice): string {
  return effort === null ? model : `${model}@${effort}`;
}

/** Nothing to ask where the working tree is clean and nothing that is likely needed is missing in git. */
async function askCarried(
  look: TrialLook,
  draft: TrialChoices,
  place: Place,
): Promise<StepAnswer<TrialChoices> | null> {
  if (look.carry.length === 0 && look.changedFiles === 0) return null;
  const choices: ListChoice<CarriedFile | 'changes'>[] = look.carry.map((file) => ({
    label: file.path,
    description: file.how === 'copy' ? 'copied into each run' : 'linked: what a run writes there, it writes in yours',
    picked: draft.carry.includes(file),
    value: file,
  }));
  if (look.changedFiles > 0) {
    const label = `${look.changedFiles} ${look.changedFiles === 1 ? 'change' : 'changes'} that are not committed`;
    choices.push({ label, description: 'the runs begin with them', picked: draft.uncommitted, value: 'changes' });
  }
  const title = `${TITLE}: what the runs get`;
  const answer = await askList(
    { ...place, title },
    'Each run has the files of the last commit, and of these',
    choices,
    { isMany: true },
  );
  if (answer.kind !== 'value') return answer;
  const carry = answer.value.filter((value) => value !== 'changes');
  return { kind: 'value', value: { ...draft, carry, uncommitted: answer.value.includes('changes') } };
}

async function askClosing(draft: TrialChoices, place: Place): Promise<StepAnswer<TrialChoices>> {
  const choices: readonly ListChoice<boolean>[] = [
    {
      label: 'Go on',
      description: 'the trial runs to its end, and its results are here when you come back',
      value: false,
    },
    { label: 'Stop', description: 'its runs are ended, and can be gone on with later', value: true },
  ];
  const title = `${TITLE}: when VS Code is closed`;
  const answer = await askList({ ...place, title }, 'What the trial does when this window is closed', choices, {
    isMany: false,
  });
  if (answer.kind !== 'value') return answer;
  return { kind: 'value', value: { ...draft, stopsWithWindow: answer.value[0] ?? false } };
}

/** The suite of these choices, the prompt being the text itself. JSON is YAML too. */
export function suiteText(choices: TrialChoices, name: string): string {
  const { prompt, tasks, models, runs, check, setup, carry, uncommitted, budget } = choices;
  return JSON.stringify(
    {
      version: 1,
      name,
      agents: models.map(({ agent, model, effort }) => ({ agent, model, ...(effort === null ? {} : { effort }) })),
      runs: Number(runs),
      budget,
      ...(tasks.length === 0
        ? { prompt }
        : {
            tasks: tasks.map(({ name: title, prompt: message, start, checkFiles }) => ({
              ...{ name: title, prompt: message, start, checkFiles },
            })),
          }),
      check,
      ...(setup === '' ? {} : { setup }),
      carry,
      uncommitted,
    },
    null,
    2,
  );
}

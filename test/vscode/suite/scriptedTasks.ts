import { parseAmount } from '../../../src/domain/parseAmount.ts';
import type { TasksSnapshot } from '../../../src/protocol/tasks.ts';
import type { DialogScript } from '../../../src/vscode/dialogs.ts';
import type { TestInspection } from '../../../src/vscode/testInspection.ts';

/** What a window asked of the meter, in order. */
export interface AskedOfMeter {
  readonly name: string;
  readonly params: unknown;
}

/** Shows these tasks in place of the meter's, and keeps what was asked of the meter. */
export function showTasks(
  outlay: TestInspection,
  tasks: TasksSnapshot,
  answers: Readonly<Record<string, unknown>> = {},
): AskedOfMeter[] {
  const asked: AskedOfMeter[] = [];
  outlay.scriptTasks({
    tasks,
    answer: (name, params) => {
      asked.push({ name, params });
      return answers[name] ?? {};
    },
  });
  return asked;
}

/** A user who gives these answers, one after another, and what they were asked. */
export interface ScriptedUser {
  readonly seen: string[];
}

export interface UserAnswers {
  /** Labels, or their beginnings, of the entries that are picked. */
  readonly picks?: readonly string[];
  readonly inputs?: readonly string[];
  readonly confirms?: boolean;
  /** The button of a notification. */
  readonly button?: string;
}

export function answerAs(outlay: TestInspection, answers: UserAnswers): ScriptedUser {
  const seen: string[] = [];
  const [picks, inputs] = [[...(answers.picks ?? [])], [...(answers.inputs ?? [])]];
  const script: DialogScript = {
    warn: async (text, buttons) => {
      seen.push(`${text} [${buttons.join('] [')}]`);
      return buttons.find((button) => button === answers.button);
    },
    confirm: (text, detail) => {
      seen.push(`${text} ${detail}`);
      return answers.confirms ?? false;
    },
    pick: (title, labels) => {
      seen.push(`${title}: ${labels.join(' | ')}`);
      const wanted = picks.shift();
      return wanted === undefined ? -1 : labels.findIndex((label) => label.startsWith(wanted));
    },
    input: (title, value, check) => {
      const text = inputs.shift();
      const remark = text === undefined ? null : check(text);
      seen.push(`${title} (${value ?? ''})${remark === null ? '' : `: ${remark.text}`}`);
      return text;
    },
  };
  outlay.scriptDialogs(script);
  return { seen };
}

export const nanoUsd = (text: string): number => {
  const parsed = parseAmount('costNanoUsd', text);
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.value;
};

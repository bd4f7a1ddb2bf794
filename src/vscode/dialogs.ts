import {
  env,
  type InputBoxOptions,
  InputBoxValidationSeverity,
  type QuickPickItem,
  type QuickPickOptions,
  window,
} from 'vscode';
import { plainText } from '../domain/plainText.ts';

/** What an input says while it is typed: an error keeps it from being accepted, a warning does not. */
export interface InputRemark {
  readonly severity: 'warning' | 'error';
  readonly text: string;
}

export interface InputQuestion {
  readonly title: string;
  readonly prompt: string;
  readonly value?: string;
  readonly placeHolder?: string;
  readonly check: (text: string) => InputRemark | null;
}

/** An entry of a list; `value` is what the caller gets. */
export interface Choice<T> {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly value: T;
}

/** Answers in place of a user's, for tests in the extension host, where nobody can click. */
export interface DialogScript {
  /** The chosen button; undefined dismisses. */
  warn(text: string, buttons: readonly string[]): Promise<string | undefined>;
  confirm(text: string, detail: string, button: string): boolean;
  /** The index of the chosen entry; -1 dismisses. */
  pick(title: string, labels: readonly string[]): number;
  /** The text; undefined dismisses. It is refused where the check has an error. */
  input(title: string, value: string | undefined, check: (text: string) => InputRemark | null): string | undefined;
}

/**
 * Everything that tasks ask the user. All text that goes to the editor through here is plain: titles, branches and commands come from
 * others, and notifications and lists make links and pictures of some marks.
 */
export class Dialogs {
  #script: DialogScript | null = null;

  /** For tests only. */
  useScript(script: DialogScript | null): void {
    this.#script = script;
  }

  async warn(text: string, ...buttons: readonly string[]): Promise<string | undefined> {
    if (this.#script !== null) return this.#script.warn(plainText(text), buttons);
    return window.showWarningMessage(plainText(text), ...buttons);
  }

  /** As `warn`, of what is no trouble. */
  async ask(text: string, ...buttons: readonly string[]): Promise<string | undefined> {
    if (this.#script !== null) return this.#script.warn(plainText(text), buttons);
    return window.showInformationMessage(plainText(text), ...buttons);
  }

  async confirm(text: string, detail: string, button: string): Promise<boolean> {
    if (this.#script !== null) return this.#script.confirm(plainText(text), plainText(detail), button);
    const options = { modal: true, detail: plainText(detail) };
    return (await window.showWarningMessage(plainText(text), options, button)) === button;
  }

  /** Undefined where the user changed their mind. */
  async pick<T>(title: string, placeHolder: string, choices: readonly Choice<T>[]): Promise<Choice<T> | undefined> {
    const items = choices.map((choice): QuickPickItem & { readonly choice: Choice<T> } => ({
      label: plainText(choice.label),
      ...(choice.description === undefined ? {} : { description: plainText(choice.description) }),
      ...(choice.detail === undefined ? {} : { detail: plainText(choice.detail) }),
      choice,
    }));
    if (this.#script !== null) {
      const index = this.#script.pick(
        title,
        items.map(({ label }) => label),
      );
      return items[index]?.choice;
    }
    const options: QuickPickOptions = { title: plainText(title), placeHolder, matchOnDescription: true };
    return (await window.showQuickPick(items, options))?.choice;
  }

  async input(question: InputQuestion): Promise<string | undefined> {
    const { title, prompt, value, placeHolder, check } = question;
    if (this.#script !== null) {
      const text = this.#script.input(title, value, check);
      return text === undefined || check(text)?.severity === 'error' ? undefined : text;
    }
    const options: InputBoxOptions = {
      title: plainText(title),
      prompt: plainText(prompt),
      ...(value === undefined ? {} : { value }),
      ...(placeHolder === undefined ? {} : { placeHolder }),
      validateInput: (text) => {
        const remark = check(text);
        if (remark === null) return null;
        const severity =
          remark.severity === 'error' ? InputBoxValidationSeverity.Error : InputBoxValidationSeverity.Warning;
        return { message: remark.text, severity };
      },
    };
    return window.showInputBox(options);
  }

  /** Something that went well, in the status bar for some seconds. */
  tell(text: string): void {
    if (this.#script === null) window.setStatusBarMessage(plainText(text), 6_000);
  }

  async copy(text: string): Promise<void> {
    await env.clipboard.writeText(text);
  }
}

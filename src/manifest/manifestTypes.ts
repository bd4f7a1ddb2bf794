/** How a setting is checked and described to the editor. */
export type SettingType =
  | 'boolean'
  | 'agents'
  | 'urls'
  | 'prices'
  | 'days'
  | 'limits'
  | 'folderLimits'
  | 'budgetMode'
  | 'timeZone'
  | 'usdPerHour'
  | 'observe'
  | 'extensionIds';

export interface SettingSpec {
  readonly type: SettingType;
  readonly default: boolean | number | string | readonly unknown[] | Readonly<Record<string, unknown>>;
  /** Markdown, one or two sentences. */
  readonly description: string;
}

export interface CommandSpec {
  /** Without the category, which is "Outlay" for all. */
  readonly title: string;
  readonly icon?: string;
  readonly enablement?: string;
  /** When the command palette offers it; always when left out. */
  readonly when?: string;
}

export interface MenuSpec<Command extends string> {
  readonly command: Command;
  readonly group: string;
  readonly when?: string;
}

export interface KeySpec<Command extends string> {
  readonly command: Command;
  readonly key: string;
  readonly mac?: string;
  readonly when: string;
}

/** What has to happen for a step to be done: a command that is run, a view that is shown, or a context key that becomes true. */
export type StepCompletion<Command extends string> =
  | { readonly command: Command }
  | { readonly view: string }
  | { readonly context: string };

export interface WalkthroughStep<Command extends string> {
  /** Also the name of its picture, `media/walkthrough/<id>.svg`. */
  readonly id: string;
  readonly title: string;
  /** Markdown; a link on a line of its own becomes a button. */
  readonly description: string;
  readonly altText: string;
  readonly completion: StepCompletion<Command>;
}

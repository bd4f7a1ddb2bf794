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
  | 'usdPerHour';

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

/**
 * The one table of everything that Outlay contributes to the editor. `npm run manifest` writes it into package.json; the
 * types of settings, command ids and context keys are derived from it, so that code and manifest cannot drift apart.
 *
 * Every setting moves traffic, money or files. All are therefore machine-scoped, listed as restricted for untrusted
 * workspaces, and read from the user's own settings only (`readSetting`): a repository cannot change any of them.
 */
import type { CommandSpec, MenuSpec, SettingSpec } from './manifestTypes.ts';

export const agentIds = [
  'claude-code',
  'codex',
  'gemini-cli',
  'opencode',
  'kilo',
  'qwen-code',
  'aider',
  'goose',
  'copilot-cli',
] as const;

/** Agents that a terminal can be connected for. */
export type AgentId = (typeof agentIds)[number];

export const settings = {
  'outlay.enabled': {
    type: 'boolean',
    default: true,
    description:
      'Meter the calls of coding agents. When off, new terminals are left alone and the meter only passes calls through for terminals that still hold its address.',
  },
  'outlay.terminals.connect': {
    type: 'agents',
    default: agentIds as readonly string[],
    description:
      'The agents that new terminals are connected for. Remove one to leave it alone. Terminals that are already open keep what they have.',
  },
  'outlay.upstreams': {
    type: 'urls',
    default: {} as Readonly<Record<string, string>>,
    description:
      'Where calls go instead of to the provider, by route (`anthropic`, `openai`, `gemini`, `codex`, `bedrock`, `vertex`, `code-assist`, `azure`, `openrouter`, `deepseek`, `xai`, `mistral`, `groq`, `moonshot`, `zai`, `alibaba`, `ollama`, `lmstudio`): the base URL of a gateway of your own, https, or http on this machine. It holds for every agent of that route. `azure` has no usual address: name your resource there. A base URL found in your environment is chained without this setting.',
  },
  'outlay.prices': {
    type: 'prices',
    default: [] as readonly unknown[],
    description:
      'Prices of your own, in US dollars, for models named by `match` (the id, or provider/id, in which * stands for anything), for example `[{ "match": "my-model", "inputUsdPerMtok": 1, "outputUsdPerMtok": 5 }]`. They win over the price book; of several that match, the last one counts. Entries that are no prices are reported and ignored.',
  },
  'outlay.retentionDays': {
    type: 'days',
    default: 0,
    description: 'Days that calls are kept in the ledger. 0 keeps them until you delete them.',
  },
} as const satisfies Record<string, SettingSpec>;

export type SettingKey = keyof typeof settings;

/** The type of a setting's value, from its default. */
export type SettingValue<K extends SettingKey> = Widen<(typeof settings)[K]['default']>;

type Widen<T> = [T] extends [boolean] ? boolean : [T] extends [number] ? number : T;

export const commands = {
  'outlay.openSidebar': { title: 'Open Sidebar' },
  'outlay.openMeteredTerminal': { title: 'Open Metered Terminal', icon: '$(terminal)', enablement: 'outlay.on' },
  'outlay.openUnmeteredTerminal': { title: 'Open Unmetered Terminal' },
  'outlay.turnOn': { title: 'Turn On', when: '!outlay.on' },
  'outlay.turnOff': { title: 'Turn Off', when: 'outlay.on' },
  'outlay.deleteData': { title: 'Delete Data...' },
  'outlay.restartMeter': { title: 'Restart Meter' },
  'outlay.showLog': { title: 'Show Log' },
} as const satisfies Record<string, CommandSpec>;

export type CommandId = keyof typeof commands;

/** Context keys that the `when` clauses above and below may use. */
export interface ContextKeys {
  /** Metering is switched on. */
  readonly 'outlay.on': boolean;
}

export const viewContainerId = 'outlay';
export const sidebarViewId = 'outlay.now';

export const sidebarMenu: readonly MenuSpec<CommandId>[] = [
  { command: 'outlay.openMeteredTerminal', group: 'navigation' },
  { command: 'outlay.openUnmeteredTerminal', group: '1_terminals' },
  { command: 'outlay.turnOn', group: '2_switch', when: '!outlay.on' },
  { command: 'outlay.turnOff', group: '2_switch', when: 'outlay.on' },
  { command: 'outlay.deleteData', group: '3_data' },
  { command: 'outlay.restartMeter', group: '4_meter' },
  { command: 'outlay.showLog', group: '4_meter' },
];

/**
 * The one table of everything that Outlay contributes to the editor. `npm run manifest` writes it into package.json; the
 * types of settings, command ids and context keys are derived from it, so that code and manifest cannot drift apart.
 *
 * Every setting moves traffic, money or files. All are therefore machine-scoped, listed as restricted for untrusted
 * workspaces, and read from the user's own settings only (`readSetting`): a repository cannot change any of them.
 */
import type { CommandSpec, MenuSpec, SettingSpec, WalkthroughStep } from './manifestTypes.ts';

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
  'outlay.extensions.connectChildProcesses': {
    type: 'boolean',
    default: false,
    description:
      'Meter agents that other extensions start as processes of their own (Claude Code, Kilo, OpenCode): sets their base-URL variables for the whole extension host, only where they are not set, and takes them back when this is off. Extensions that call an Anthropic API themselves may read the same variables, and are then metered too. What already runs keeps what it has.',
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
  'outlay.showAgents': { title: 'Show Which Agents Are Connected' },
  'outlay.connectClineCli': { title: 'Connect Cline CLI...', when: 'outlay.on && !outlay.clineConnected' },
  'outlay.disconnectClineCli': { title: 'Disconnect Cline CLI', when: 'outlay.clineConnected' },
  'outlay.openWalkthrough': { title: 'Get Started' },
  'outlay.openSecurity': { title: 'Show What Outlay Touches and How to Remove It' },
  'outlay.deleteData': { title: 'Delete Data...' },
  'outlay.restartMeter': { title: 'Restart Meter' },
  'outlay.showLog': { title: 'Show Log' },
} as const satisfies Record<string, CommandSpec>;

export type CommandId = keyof typeof commands;

/** Context keys that the `when` clauses above and below may use. */
export interface ContextKeys {
  /** Metering is switched on. */
  readonly 'outlay.on': boolean;
  /** The user has connected Cline CLI; also while Outlay is off. */
  readonly 'outlay.clineConnected': boolean;
  /** The books hold a call, or one is in flight. */
  readonly 'outlay.sawCall': boolean;
}

export const viewContainerId = 'outlay';
export const sidebarViewId = 'outlay.now';

export const sidebarMenu: readonly MenuSpec<CommandId>[] = [
  { command: 'outlay.openMeteredTerminal', group: 'navigation' },
  { command: 'outlay.openUnmeteredTerminal', group: '1_terminals' },
  { command: 'outlay.showAgents', group: '1_terminals' },
  { command: 'outlay.openWalkthrough', group: '5_help' },
  { command: 'outlay.openSecurity', group: '5_help' },
  { command: 'outlay.turnOn', group: '2_switch', when: '!outlay.on' },
  { command: 'outlay.turnOff', group: '2_switch', when: 'outlay.on' },
  { command: 'outlay.deleteData', group: '3_data' },
  { command: 'outlay.restartMeter', group: '4_meter' },
  { command: 'outlay.showLog', group: '4_meter' },
];

export const walkthroughId = 'start';

/** Each step is done by what its completion event says, never by having been looked at. */
export const walkthrough: readonly WalkthroughStep<CommandId>[] = [
  {
    id: 'look',
    title: 'See where your spend shows',
    description:
      'Outlay meters the LLM calls of your coding agents on their way to the provider, through a small gateway on this machine. What they cost stands in its view in the side bar, and today\u2019s sum in the status bar.\n[Open the Outlay view](command:outlay.openSidebar)\nNo account, no telemetry: nothing leaves this machine but the calls themselves.',
    altText:
      'The Outlay view in the side bar: what today and this week cost, and a bar of input, cache, thinking and visible output.',
    completion: { view: 'outlay.now' },
  },
  {
    id: 'run',
    title: 'Run your agent in a metered terminal',
    description:
      'Every new terminal is metered. Open one and start your agent as you always do, for example **claude**, **codex**, **gemini** or **opencode**. Its login and its settings stay as they are.\n[Open a Metered Terminal](command:outlay.openMeteredTerminal)\nAnother agent? [See which agents are connected](command:outlay.showAgents)',
    altText: 'A terminal in which an agent is started, with a line that leads from it through Outlay to the provider.',
    completion: { command: 'outlay.openMeteredTerminal' },
  },
  {
    id: 'watch',
    title: 'Watch the spend tick',
    description:
      'Ask your agent for something. The call appears in the view while it streams: thinking and visible output are counted and priced as they arrive, and settled with what the provider reports. This step is done when the first call was seen.\n[Open the Outlay view](command:outlay.openSidebar)',
    altText: 'A call in flight in the Outlay view: its model, its thinking and visible tokens, and its cost so far.',
    completion: { context: 'outlay.sawCall' },
  },
  {
    id: 'check',
    title: 'Check it, or remove it',
    description:
      'Every variable that Outlay sets, every file it writes and every host it contacts is listed, each with a command to check it and the way to remove it.\n[Show What Outlay Touches](command:outlay.openSecurity)\nOne click leaves everything alone: [turn Outlay off](command:outlay.turnOff) or [open an unmetered terminal](command:outlay.openUnmeteredTerminal).',
    altText: 'A check list: variables, files, hosts and how to remove everything, with a switch that turns Outlay off.',
    completion: { command: 'outlay.openSecurity' },
  },
];

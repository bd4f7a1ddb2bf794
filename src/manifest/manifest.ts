/**
 * The one table of everything that Outlay contributes to the editor. `npm run manifest` writes it into package.json; the
 * types of settings, command ids and context keys are derived from it, so that code and manifest cannot drift apart.
 *
 * Every setting moves traffic, money or files. All are therefore machine-scoped, listed as restricted for untrusted
 * workspaces, and read from the user's own settings only (`readSetting`): a repository cannot change any of them. The two of
 * `repositorySettings` are apart: they are a repository's own, and can only lower limits.
 */
import type { CommandSpec, KeySpec, MenuSpec, SettingSpec, WalkthroughStep } from './manifestTypes.ts';

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
  'outlay.extensions.observe': {
    type: 'observe',
    default: 'ask' as ObserveSetting,
    description:
      'Meter the LLM calls that other extensions make inside VS Code (Cline, Roo Code, Continue and others): `on` reads requests to known LLM hosts and their answers as they pass, counts them and keeps neither; `off` looks at nothing; `ask` asks once. It changes at once, and nothing is left behind.',
  },
  'outlay.extensions.ignore': {
    type: 'extensionIds',
    default: [] as readonly string[],
    description: 'Extensions whose calls are not looked at, by id, for example `["saoudrizwan.claude-dev"]`.',
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
  'outlay.readLogs': {
    type: 'boolean',
    default: true,
    description:
      'Read the logs that coding agents keep of their own sessions, on this machine and for counts only: what they cost before Outlay, outside of this editor, or on a subscription. Calls that Outlay carried itself are never counted twice.',
  },
  'outlay.budget.default': {
    type: 'limits',
    default: {} as LimitsSetting,
    description:
      'The budget that is offered for a new task, in any mix of `usd`, `thinkingTokens`, `outputTokens`, `toolCalls` and `calls`, for example `{ "usd": 5 }`. Empty: no default.',
  },
  'outlay.budget.daily': {
    type: 'limits',
    default: {} as LimitsSetting,
    description: 'What all agents on this machine may use a day, for example `{ "usd": 20 }`. Empty: no limit.',
  },
  'outlay.budget.monthly': {
    type: 'limits',
    default: {} as LimitsSetting,
    description: 'What all agents on this machine may use a month, for example `{ "usd": 300 }`. Empty: no limit.',
  },
  'outlay.budget.folders': {
    type: 'folderLimits',
    default: {} as Readonly<Record<string, FolderLimitsSetting>>,
    description:
      'Limits by folder, named by its full path, a day and a month, for example `{ "/home/me/app": { "daily": { "usd": 5 } } }`. A window with several folders has the lowest of their limits.',
  },
  'outlay.budget.mode': {
    type: 'budgetMode',
    default: 'steady' as BudgetModeSetting,
    description:
      'How budgets are kept. `steady` reserves what such calls usually come to and tops up while they run; `strict` reserves the worst case of each call, so that nothing is ever overshot; `warn` stops nothing. New tasks begin with it.',
  },
  'outlay.budget.countSubscription': {
    type: 'boolean',
    default: false,
    description:
      'Dollar limits count subscription use at API prices as well, and not billed dollars only. New tasks begin with it.',
  },
  'outlay.budget.timeZone': {
    type: 'timeZone',
    default: '' as string,
    description:
      'The time zone in which days and months begin, for example `Europe/Berlin`. Empty: the zone of this machine.',
  },
  'outlay.budget.lowerMaxOutput': {
    type: 'boolean',
    default: false,
    description:
      'Where a call fits the budget only with a lower maximum of output, send it with that maximum instead of refusing it. This changes what the agent sends.',
  },
  'outlay.budget.answerAsMessage': {
    type: 'agents',
    default: [] as readonly string[],
    description:
      'Agents that are told of a used-up budget by a message of the model instead of an error, for agents that try again after every error.',
  },
  'outlay.alarm.usdPerHour': {
    type: 'usdPerHour',
    default: 0,
    description: 'Warn of a session that spends faster than this many dollars an hour. 0: never.',
  },
} as const satisfies Record<string, SettingSpec>;

/**
 * The settings that a repository may bring along. They are read apart (`readRepositoryLimits`), and the lower of the user's limit and
 * the repository's holds: nothing in them can raise or remove a limit.
 */
export const repositorySettings = {
  'outlay.repository.budget.daily': {
    type: 'limits',
    default: {} as LimitsSetting,
    description:
      'What agents may use in this folder a day, for example `{ "usd": 5 }`. It can only lower what `outlay.budget.folders` of your own settings allows.',
  },
  'outlay.repository.budget.monthly': {
    type: 'limits',
    default: {} as LimitsSetting,
    description:
      'What agents may use in this folder a month, for example `{ "usd": 100 }`. It can only lower what `outlay.budget.folders` of your own settings allows.',
  },
} as const satisfies Record<string, SettingSpec>;

/** The names of limits in settings. Dollars are dollars here, not nano-USD. */
export const limitNames = ['usd', 'thinkingTokens', 'outputTokens', 'toolCalls', 'calls'] as const;

export type LimitsSetting = Readonly<Partial<Record<(typeof limitNames)[number], number>>>;

export interface FolderLimitsSetting {
  readonly daily?: LimitsSetting;
  readonly monthly?: LimitsSetting;
}

export type ObserveSetting = 'ask' | 'on' | 'off';

export type BudgetModeSetting = 'steady' | 'strict' | 'warn';

export type SettingKey = keyof typeof settings;

/** The type of a setting's value, from its default. */
export type SettingValue<K extends SettingKey> = Widen<(typeof settings)[K]['default']>;

type Widen<T> = [T] extends [boolean] ? boolean : [T] extends [number] ? number : T;

export const commands = {
  'outlay.openSidebar': { title: 'Open Sidebar' },
  'outlay.openDashboard': { title: 'Compare Models', icon: '$(graph-scatter)' },
  'outlay.openMeteredTerminal': { title: 'Open Metered Terminal', icon: '$(terminal)', enablement: 'outlay.on' },
  'outlay.openUnmeteredTerminal': { title: 'Open Unmetered Terminal' },
  'outlay.turnOn': { title: 'Turn On', when: '!outlay.on' },
  'outlay.turnOff': { title: 'Turn Off', when: 'outlay.on' },
  'outlay.showAgents': { title: 'Show Which Agents Are Connected' },
  'outlay.connectClineCli': { title: 'Connect Cline CLI...', when: 'outlay.on && !outlay.clineConnected' },
  'outlay.disconnectClineCli': { title: 'Disconnect Cline CLI', when: 'outlay.clineConnected' },
  'outlay.observeExtensions': { title: 'Observe Calls of Extensions...', when: 'outlay.on && !outlay.observes' },
  'outlay.stopObserving': { title: 'Stop Observing Calls of Extensions', when: 'outlay.observes' },
  'outlay.openWalkthrough': { title: 'Get Started' },
  'outlay.openSecurity': { title: 'Show What Outlay Touches and How to Remove It' },
  'outlay.importLogs': { title: "Read Agents' Logs Now" },
  'outlay.reconcileSession': { title: 'Reconcile a Session with Its Log...' },
  'outlay.deleteData': { title: 'Delete Data...' },
  'outlay.restartMeter': { title: 'Restart Meter' },
  'outlay.showLog': { title: 'Show Log' },
  'outlay.newTask': { title: 'New Task...', icon: '$(add)' },
  'outlay.activateTask': { title: 'Make Task Active', icon: '$(target)' },
  'outlay.deactivateTask': { title: 'No Active Task' },
  'outlay.openTaskTerminal': { title: 'Open Terminal for Task', icon: '$(terminal)', enablement: 'outlay.on' },
  'outlay.setTaskBudget': { title: 'Set Task Budget...', icon: '$(dashboard)' },
  'outlay.extendTask': { title: 'Extend Task Budget...', icon: '$(diff-added)' },
  'outlay.closeTask': { title: 'Close Task as...' },
  'outlay.passTask': { title: 'Mark as Passed', when: 'false' },
  'outlay.failTask': { title: 'Mark as Failed', when: 'false' },
  'outlay.abandonTask': { title: 'Mark as Abandoned', when: 'false' },
  'outlay.confirmOutcome': { title: 'Confirm Outcome', icon: '$(check)', when: 'false' },
  'outlay.reopenTask': { title: 'Reopen Task' },
  'outlay.renameTask': { title: 'Rename Task...' },
  'outlay.deleteTask': { title: 'Delete Task...' },
  'outlay.moveSession': { title: 'Move Session to Task...', icon: '$(arrow-swap)' },
  'outlay.runTaskCheck': { title: 'Run Check Command of Task', enablement: 'isWorkspaceTrusted' },
  'outlay.copyTaskUrls': { title: 'Copy Base URLs of Task' },
} as const satisfies Record<string, CommandSpec>;

export type CommandId = keyof typeof commands;

/** Context keys that the `when` clauses above and below may use. */
export interface ContextKeys {
  /** Metering is switched on. */
  readonly 'outlay.on': boolean;
  /** The user has connected Cline CLI; also while Outlay is off. */
  readonly 'outlay.clineConnected': boolean;
  /** Calls of other extensions are observed in this window. */
  readonly 'outlay.observes': boolean;
  /** The books hold a call, or one is in flight. */
  readonly 'outlay.sawCall': boolean;
}

export const viewContainerId = 'outlay';
export const sidebarViewId = 'outlay.now';
export const tasksViewId = 'outlay.tasks';
export const dashboardPanelId = 'outlay.dashboard';

/** What agents read of their budget; see src/vscode/languageModel. */
export const budgetToolName = 'outlay_budget';
export const budgetServerId = 'outlay.budget';
export const budgetToolText =
  'What is left of the budget of the task at hand: used, reserved, left and share, in dollars, thinking tokens, output tokens, tool calls and calls.';

export const sidebarMenu: readonly MenuSpec<CommandId>[] = [
  { command: 'outlay.openDashboard', group: 'navigation@1' },
  { command: 'outlay.openMeteredTerminal', group: 'navigation@2' },
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

export const tasksMenu: readonly MenuSpec<CommandId>[] = [
  { command: 'outlay.newTask', group: 'navigation' },
  { command: 'outlay.deactivateTask', group: '1_tasks' },
];

/** A task's words in the tree; see `TaskNode.context`. */
const isTask = 'viewItem =~ /^task /';
const isOpenTask = 'viewItem =~ /^task open/';
const isDoneTask = 'viewItem =~ /^task done/';

/** What stands beside a line of the tree (group `inline`), and in its context menu. */
export const taskItemMenu: readonly MenuSpec<CommandId>[] = [
  { command: 'outlay.activateTask', group: 'inline@1', when: 'viewItem =~ /^task open idle/' },
  { command: 'outlay.openTaskTerminal', group: 'inline@2', when: isOpenTask },
  { command: 'outlay.extendTask', group: 'inline@3', when: 'viewItem =~ /^task open .*limited/' },
  { command: 'outlay.setTaskBudget', group: 'inline@3', when: 'viewItem =~ /^task open (active|idle)(?! limited)/' },
  { command: 'outlay.confirmOutcome', group: 'inline@1', when: 'viewItem == proposal' },
  { command: 'outlay.moveSession', group: 'inline@1', when: 'viewItem =~ /^session/' },

  { command: 'outlay.activateTask', group: '1_work@1', when: 'viewItem =~ /^task open idle/' },
  { command: 'outlay.deactivateTask', group: '1_work@1', when: 'viewItem =~ /^task open active/' },
  { command: 'outlay.openTaskTerminal', group: '1_work@2', when: isOpenTask },
  { command: 'outlay.runTaskCheck', group: '1_work@3', when: isOpenTask },
  { command: 'outlay.setTaskBudget', group: '2_budget@1', when: isOpenTask },
  { command: 'outlay.extendTask', group: '2_budget@2', when: 'viewItem =~ /^task open .*limited/' },
  { command: 'outlay.passTask', group: '3_outcome@1', when: isOpenTask },
  { command: 'outlay.failTask', group: '3_outcome@2', when: isOpenTask },
  { command: 'outlay.abandonTask', group: '3_outcome@3', when: isOpenTask },
  { command: 'outlay.reopenTask', group: '3_outcome@1', when: isDoneTask },
  { command: 'outlay.renameTask', group: '4_edit@1', when: isTask },
  { command: 'outlay.copyTaskUrls', group: '4_edit@2', when: isOpenTask },
  { command: 'outlay.deleteTask', group: '5_delete', when: isTask },
  { command: 'outlay.confirmOutcome', group: '1_work', when: 'viewItem == proposal' },
  { command: 'outlay.moveSession', group: '1_work', when: 'viewItem =~ /^session/' },
];

const hasTreeFocus = `focusedView == ${tasksViewId} && !inputFocus`;

/** The keys that lists of the editor have for the same. */
export const taskKeys: readonly KeySpec<CommandId>[] = [
  { command: 'outlay.renameTask', key: 'f2', when: hasTreeFocus },
  { command: 'outlay.deleteTask', key: 'delete', mac: 'cmd+backspace', when: hasTreeFocus },
];

/** Shown while the tree has no line. */
export const tasksWelcome =
  'A task gathers what agents spend on one piece of work, and can have a budget that holds.\n[New Task](command:outlay.newTask)';

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

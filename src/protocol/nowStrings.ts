import type { AuthKind } from '../domain/api.ts';
import type { CallSource, CallStatus, CostProvenance, UsageProvenance } from '../domain/call.ts';
import type { SpendKind } from './spendView.ts';

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const phaseWords: Record<'waiting' | 'thinking' | 'answering', string> = {
  waiting: 'waiting',
  thinking: 'thinking',
  answering: 'answering',
};

const statusWords: Record<CallStatus, string> = {
  ok: 'Finished',
  error: 'Failed',
  truncated: 'Cut off before its end',
  aborted: 'Stopped by the agent',
  lost: 'Lost: the meter ended before the answer did',
};

const provenanceWords: Record<UsageProvenance, string> = {
  reported: 'Reported by the provider',
  estimated: 'Estimated by Outlay',
  partial: 'Counted until the stream was cut',
};

const toldProvenanceWords: Record<UsageProvenance, string> = {
  reported: 'From the agent’s log, as the provider reported',
  estimated: 'From the agent’s log, which holds estimates',
  partial: 'From the agent’s log, which may leave some out: at least',
};

const costProvenanceWords: Record<CostProvenance, string> = {
  billed: 'Charged by the provider',
  priced: 'Tokens at the price book’s rates',
  unpriced: 'Unpriced: no price is known for this model',
};

const authWords: Record<AuthKind, string> = {
  key: 'API key',
  subscription: 'Subscription login (no bill per call)',
  unknown: 'Not known',
};

const sourceWords: Record<CallSource, string> = {
  gateway: 'Metered on the wire',
  host: 'Observed inside VS Code',
  transcript: 'Read from the agent’s log',
};

const kindWords: Record<SpendKind, string> = {
  input: 'Input',
  cache: 'Cache',
  thinking: 'Thinking',
  output: 'Visible output',
  unsplit: 'Not split',
};

const quotaProviders: Readonly<Record<string, string>> = { anthropic: 'Claude', chatgpt: 'ChatGPT', openai: 'OpenAI' };

/** Scopes of windows whose meaning is known; any other is shown as the provider spells it. */
const quotaScopes: Readonly<Record<string, string>> = { opus: 'Opus', sonnet: 'Sonnet' };

/** Every text of the view "Now" that does not come from the meter. */
export const nowStrings = {
  title: 'What your agents cost now',
  demo: 'DEMO',
  demoText: 'A scripted upstream answers: nothing here is real spend.',
  restricted: 'Restricted Mode: new terminals are not metered until you trust this folder.',
  versions: 'This view and the extension are of different versions. Reload the window.',
  loading: 'Loading…',

  totals: 'Totals',
  spend: 'Spend',
  today: 'Today',
  week: 'This week',
  period: 'Period',
  billed: 'Billed',
  billedHint: 'Calls with an API key, or whose login is not known.',
  subscription: 'At API prices',
  subscriptionNote: '(subscription)',
  logsNote: '(from logs)',
  subscriptionAndLogsNote: '(subscription and logs)',
  subscriptionHint:
    'What calls on a subscription, and calls that only agents’ logs tell of, would have cost with an API key. This is no bill.',
  subscriptionTag: 'subscription',
  unknownAuthTag: 'login unknown',
  apiPricesTag: 'at API prices',
  fromLogs: 'from logs',
  fromLogsAtLeast: 'from logs, at least',
  fromLogsEstimated: 'from logs, estimated',
  corrected: (cost: string, sessions: number) =>
    `${cost} (estimate from ${plural(sessions, 'session', 'sessions')} seen both ways)`,
  partFromLogs: (count: number) => `${plural(count, 'call', 'calls')} from logs`,
  rate: (text: string) => `${text} an hour`,
  rateHint: 'Over the last ten minutes, calls in flight included.',
  unpriced: (count: number) => `${plural(count, 'call', 'calls')} unpriced`,
  estimated: (count: number) => `${plural(count, 'call', 'calls')} estimated`,
  partlyCounted: (count: number) => `${plural(count, 'call', 'calls')} counted in part`,
  calls: (count: number) => plural(count, 'call', 'calls'),
  periodNote: (period: string, note: string) => `${period}: ${note}`,
  marksHint: '≈ estimated · ≥ at least · - unknown',

  quota: 'Subscription windows',
  quotaUnknown: 'Subscription windows: unknown until the next call.',
  quotaProviders,
  quotaScopes,
  quotaWeekly: 'weekly window',
  quotaLength: {
    d: (count: number) => `${count}-day window`,
    h: (count: number) => `${count}-hour window`,
    min: (count: number) => `${count}-minute window`,
  },
  quotaWindowOf: (name: string) => `${name} window`,
  quotaUsed: (percent: string) => `${percent} used`,
  quotaAlarm: { warning: 'Running low', strong: 'Almost used up' },
  quotaUsedUp: 'Used up',
  quotaDetail: (resets: string | null, seen: string) =>
    `${resets === null ? 'reset time unknown' : `resets ${resets}`} (seen ${seen})`,
  quotaResetSince: 'reset since',
  quotaResetDetail: (at: string | null) => `${at === null ? '' : `at ${at}, `}use unknown until the next call`,
  ago: (text: string) => `${text} ago`,
  justNow: 'just now',

  meterOff: 'Outlay is off: agents run unmetered.',
  meterStarting: 'The meter is starting…',
  meterFailed: 'The meter does not run. Agents keep working, unmetered.',
  draining: 'A newer version of the meter is taking over.',
  stale: (time: string) => `These figures are from ${time}.`,
  retry: 'Retry',
  turnOn: 'Turn on',
  showLog: 'Show log',

  notices: 'Notices',
  severity: { info: 'Note', warning: 'Warning', error: 'Error' },

  live: 'In flight',
  noLive: 'No call in flight.',
  phase: phaseWords,
  elapsed: (text: string) => `running for ${text}`,
  thinking: 'Thinking',
  visible: 'Visible',
  input: 'Input',
  thinkingShare: (text: string) => `${text} of the output is thinking`,
  thinkingShareUnknown: 'Share of thinking: -',
  firstToken: (text: string) => `first token after ${text}`,
  noFirstToken: 'no token yet',

  byModel: 'By model',
  bySession: 'By session',
  kinds: kindWords,
  tokens: 'Tokens',
  cost: 'Cost',
  share: 'Share',
  kind: 'Kind',
  total: 'Total',
  noSpend: { today: 'No calls today.', week: 'No calls this week.' },
  showAll: (count: number) => `Show all ${count}`,
  showFewer: 'Show fewer',
  session: (id: string) => `session ${id}`,
  lastCall: (time: string) => `last call ${time}`,

  recent: 'Last calls',
  noRecent: 'No finished calls yet.',
  tokensIn: 'in',
  tokensThinking: 'thinking',
  tokensVisible: 'visible',
  tokensOut: 'out',
  status: statusWords,
  provenance: provenanceWords,
  toldProvenance: toldProvenanceWords,
  costProvenance: costProvenanceWords,
  toldCharge: 'As the agent’s log says',
  atApiPrices: 'At API prices: this is no bill',
  auth: authWords,
  source: sourceWords,
  cacheRead: 'Cache read',
  cacheWrite5m: 'Cache write, 5 min',
  cacheWrite1h: 'Cache write, 1 h',
  outputAll: 'Output with thinking',
  webSearches: 'Web searches',
  perMtok: '$ / Mtok',
  perThousand: (text: string) => `${text} / 1K`,
  part: (index: number, model: string) => `Part ${index}: ${model}`,
  tokensAndPrices: 'Tokens and prices',
  facts: {
    status: 'Status',
    errorType: 'Error type',
    httpStatus: 'HTTP status',
    ttft: 'First token after',
    duration: 'Took',
    started: 'Started',
    usage: 'Tokens',
    cost: 'Cost',
    book: 'Price book',
    modifiers: 'Modifiers',
    modifiersNone: 'None: list prices',
    agent: 'Agent',
    session: 'Session',
    subAgent: 'Sub-agent',
    effort: 'Effort',
    requested: 'Asked for',
    auth: 'Login',
    api: 'API',
    source: 'Seen by',
    requestId: 'Request id',
    responseId: 'Response id',
    toolCalls: 'Tool calls',
    problems: 'Problems',
  },

  emptyTitle: 'No calls yet',
  emptyText: 'Open a metered terminal and run your agent in it. Its spend shows up here while it streams.',
  openTerminal: 'Open a metered terminal',
  recognised: 'Recognised with no setup',
  agents: ['Claude Code', 'Codex', 'Gemini CLI', 'OpenCode', 'Kilo', 'aider', 'Goose'],
  showAgents: 'Which agents are connected?',
  unmetered: 'Terminals not metered',
  unmeteredText: 'Opened before Outlay: what runs in them is not counted.',
  relaunch: 'Relaunch',
  relaunchLabel: (name: string) => `Relaunch ${name}`,

  footerPrices: (version: string) => `Prices: ${version}`,
  footerMeter: (version: string, port: number) => `Meter ${version}, port ${port}`,
  announceBilled: (text: string) => `Billed today ${text}.`,
  announceSubscription: (text: string) => `No bill, at API prices today ${text}.`,
  announceLive: (count: number) => `${plural(count, 'call', 'calls')} in flight.`,
} as const;

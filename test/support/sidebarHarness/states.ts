import type { CallCost, CallRecord } from '../../../src/domain/call.ts';
import { atLeastFigure, estimatedFigure, exactFigure, type Figure, unknownFigure } from '../../../src/domain/figure.ts';
import type { QuotaWindow } from '../../../src/domain/quota.ts';
import type { SidebarState } from '../../../src/protocol/sidebar.ts';
import type { LiveCall, NowSnapshot, PeriodSpend, SpendFigures, SpendRow } from '../../../src/protocol/snapshot.ts';
import { noTasks, type TasksSnapshot } from '../../../src/protocol/tasks.ts';
import { budgetTasks, stoppedTasks } from '../taskStates.ts';

/** Made-up states of the view, for screenshots and tests. Times are relative to `nowMs`. */

/** Nano-USD in a dollar. */
export const USD = 1_000_000_000;
const usd = (amount: number): Figure => exactFigure(Math.round(amount * USD));

/** Spend of `total` dollars, split by the given shares: input, cache, thinking, output. */
export function spendOf(total: number, shares: readonly [number, number, number, number], calls: number): SpendFigures {
  const [input, cache, thinking, output] = shares;
  return {
    costNanoUsd: usd(total),
    inputNanoUsd: usd(total * input),
    cacheNanoUsd: usd(total * cache),
    thinkingNanoUsd: usd(total * thinking),
    outputNanoUsd: usd(total * output),
    inputTokens: exactFigure(Math.round((total * input * 1e6) / 5)),
    cacheTokens: exactFigure(Math.round((total * cache * 1e6) / 0.5)),
    thinkingTokens: exactFigure(Math.round((total * thinking * 1e6) / 25)),
    visibleTokens: exactFigure(Math.round((total * output * 1e6) / 25)),
    calls,
    unpricedCalls: 0,
    estimatedCalls: 0,
    partialCalls: 0,
    toldCalls: 0,
  };
}

const unpricedSpend: SpendFigures = {
  costNanoUsd: unknownFigure,
  inputNanoUsd: unknownFigure,
  cacheNanoUsd: unknownFigure,
  thinkingNanoUsd: unknownFigure,
  outputNanoUsd: unknownFigure,
  inputTokens: exactFigure(18_400),
  cacheTokens: exactFigure(0),
  thinkingTokens: unknownFigure,
  visibleTokens: exactFigure(2_100),
  calls: 2,
  unpricedCalls: 2,
  estimatedCalls: 0,
  partialCalls: 0,
  toldCalls: 0,
};

export const row = (fields: Partial<SpendRow> & Pick<SpendRow, 'key' | 'spend'>): SpendRow => ({
  auth: 'key',
  agent: 'claude-code',
  model: fields.key,
  lastCallAtMs: 0,
  ...fields,
});

export const emptyPeriod: PeriodSpend = { billed: null, subscription: null, byModel: [], bySession: [] };

export function snapshotAt(nowMs: number, fields: Partial<NowSnapshot> = {}): NowSnapshot {
  return {
    revision: 1,
    generatedAtMs: nowMs,
    meter: {
      version: '0.1.0',
      pid: 4711,
      port: 41999,
      startedAtMs: nowMs - 3_600_000,
      bookVersion: 'genai-prices 0.1.8 (2026-11-20)',
      demo: false,
      draining: false,
      metering: true,
    },
    tasks: noTasks,
    today: emptyPeriod,
    week: emptyPeriod,
    rateNanoUsdPerHour: usd(0),
    quotas: [],
    live: [],
    recent: [],
    notices: [],
    marks: [],
    ...fields,
  };
}

export function stateOf(fields: Partial<SidebarState> = {}): SidebarState {
  return {
    meter: 'running',
    meterText: '',
    snapshot: null,
    unmeteredTerminals: [],
    demo: false,
    trusted: true,
    workspaceId: 'w-1',
    coverage: [],
    ...fields,
  };
}

export function liveCall(nowMs: number, fields: Partial<LiveCall> = {}): LiveCall {
  return {
    id: 'live-1',
    workspaceId: 'w-1',
    taskId: null,
    startedAtMs: nowMs - 65_000,
    agent: 'claude-code',
    session: '3f2a9c1d-77e0-4f6b-9a1c-5d2e8b7a4c30',
    model: 'claude-opus-4-8',
    auth: 'key',
    api: 'anthropic-messages',
    phase: 'thinking',
    inputTokens: exactFigure(45_210),
    thinkingTokens: estimatedFigure(12_340),
    visibleTokens: exactFigure(0),
    costNanoUsd: { kind: 'estimated', value: 0.534 * USD },
    ttftMs: 1_240,
    ...fields,
  };
}

const priced: CallCost = {
  costNanoUsd: 0.4872 * USD,
  provenance: 'priced',
  split: {
    inputNanoUsd: 0.0172 * USD,
    cacheNanoUsd: 0.145 * USD,
    thinkingNanoUsd: 0.25 * USD,
    outputNanoUsd: 0.075 * USD,
  },
  rates: [
    {
      model: 'claude-opus-4-8',
      inputNanoUsdPerMtok: 5 * USD,
      cacheReadNanoUsdPerMtok: 0.5 * USD,
      cacheWrite5mNanoUsdPerMtok: 6.25 * USD,
      cacheWrite1hNanoUsdPerMtok: 10 * USD,
      outputNanoUsdPerMtok: 25 * USD,
      webSearchNanoUsdPerThousand: 10 * USD,
      modifiers: [],
    },
  ],
  priceVersion: 'genai-prices 0.1.8 (2026-11-20)',
};

export function callRecord(nowMs: number, fields: Partial<CallRecord> = {}): CallRecord {
  return {
    id: 'call-1',
    startedAtMs: nowMs - 120_000,
    durationMs: 48_230,
    ttftMs: 1_310,
    workspaceId: 'w-1',
    taskId: null,
    agent: 'claude-code',
    session: '3f2a9c1d-77e0-4f6b-9a1c-5d2e8b7a4c30',
    subAgent: null,
    provider: 'anthropic',
    api: 'anthropic-messages',
    auth: 'key',
    source: 'gateway',
    model: 'claude-opus-4-8',
    requestedModel: 'claude-opus-4-8',
    effort: 'high',
    status: 'ok',
    httpStatus: 200,
    errorType: null,
    requestId: 'req_011CSHoEeqs5C35K2UUqR7Fy',
    responseId: 'msg_01XFDUDYJgAACzvnptvVoYEL',
    usage: {
      inputTokens: 3_440,
      cacheReadTokens: 240_000,
      cacheWrite5mTokens: 4_000,
      cacheWrite1hTokens: 0,
      outputTokens: 13_000,
      thinkingTokens: 10_000,
      webSearches: 0,
      toolCalls: 2,
    },
    parts: [],
    thinkingAtLeastTokens: null,
    provenance: 'reported',
    cost: priced,
    partCosts: [],
    problems: [],
    ...fields,
  };
}

const unpricedCost: CallCost = {
  costNanoUsd: null,
  provenance: 'unpriced',
  split: null,
  rates: [],
  priceVersion: null,
};

/** One call of each kind that a reader may meet. */
export function mixedCalls(nowMs: number): readonly CallRecord[] {
  return [
    callRecord(nowMs),
    callRecord(nowMs, {
      id: 'call-2',
      startedAtMs: nowMs - 300_000,
      agent: 'codex',
      session: '019a9d1c-5b1e-7c02-b0a4-2f6a1d9e8c77',
      auth: 'subscription',
      provider: 'chatgpt',
      api: 'openai-responses',
      model: 'gpt-6-codex',
      requestedModel: 'gpt-6-codex',
      effort: 'xhigh',
      provenance: 'partial',
      status: 'aborted',
      cost: {
        ...priced,
        costNanoUsd: 0.0912 * USD,
        split: { inputNanoUsd: 0.02 * USD, cacheNanoUsd: 0.0012 * USD, thinkingNanoUsd: 0, outputNanoUsd: 0.07 * USD },
      },
      usage: { ...callRecord(nowMs).usage, thinkingTokens: null, outputTokens: 7_000, cacheWrite5mTokens: 0 },
      thinkingAtLeastTokens: 5_120,
    }),
    callRecord(nowMs, {
      id: 'call-3',
      startedAtMs: nowMs - 420_000,
      agent: 'gemini-cli',
      session: 'ws-17/gemini-cli/1763800000',
      provider: 'google',
      api: 'gemini-generate',
      model: 'gemini-4-flash-experimental-2026-11',
      requestedModel: 'gemini-4-flash',
      effort: null,
      cost: unpricedCost,
      usage: { ...callRecord(nowMs).usage, thinkingTokens: null, cacheReadTokens: 0, cacheWrite5mTokens: 0 },
      problems: ['usageMetadata came twice', 'finishReason is new to Outlay'],
    }),
    callRecord(nowMs, {
      id: 'call-4',
      startedAtMs: nowMs - 480_000,
      status: 'error',
      httpStatus: 429,
      errorType: 'rate_limit_error',
      ttftMs: null,
      durationMs: 310,
      subAgent: 'agent-explore-2',
      cost: { ...priced, costNanoUsd: 0, split: null, rates: [] },
      usage: {
        ...callRecord(nowMs).usage,
        inputTokens: 0,
        outputTokens: 0,
        thinkingTokens: 0,
        cacheReadTokens: 0,
        cacheWrite5mTokens: 0,
      },
    }),
  ];
}

export function quotaWindowAt(nowMs: number, fields: Partial<QuotaWindow> = {}): QuotaWindow {
  return { id: '5h', usedShare: 0.62, resetsAtMs: nowMs + 8_340_000, observedAtMs: nowMs - 190_000, ...fields };
}

export function liveState(nowMs: number): SidebarState {
  const billed = spendOf(3.1, [0.12, 0.21, 0.47, 0.2], 41);
  const weekBilled = spendOf(41.22, [0.15, 0.25, 0.4, 0.2], 612);
  const period = (total: number): PeriodSpend => ({
    billed: spendOf(total, [0.12, 0.21, 0.47, 0.2], 41),
    subscription: null,
    byModel: [
      row({ key: 'claude-opus-4-8', spend: spendOf(total * 0.76, [0.1, 0.2, 0.5, 0.2], 24), lastCallAtMs: nowMs }),
      row({ key: 'claude-haiku-4-5', spend: spendOf(total * 0.24, [0.3, 0.4, 0.1, 0.2], 17), lastCallAtMs: nowMs }),
    ],
    bySession: [
      row({
        key: '3f2a9c1d-77e0-4f6b-9a1c-5d2e8b7a4c30',
        model: 'claude-opus-4-8',
        spend: spendOf(total, [0.12, 0.21, 0.47, 0.2], 41),
        lastCallAtMs: nowMs,
      }),
    ],
  });
  return stateOf({
    snapshot: snapshotAt(nowMs, {
      today: { ...period(3.1), billed },
      week: { ...period(41.22), billed: weekBilled },
      rateNanoUsdPerHour: { kind: 'estimated', value: 12.4 * USD },
      live: [liveCall(nowMs)],
      recent: mixedCalls(nowMs).slice(0, 1),
    }),
  });
}

/** Agents that are seen in each way, and some that are not. */
export function coverageState(nowMs: number): SidebarState {
  const changes =
    'Reads the calls of extensions to known LLM hosts as they pass, and changes nothing of them. “Outlay: Stop Observing Calls of Extensions” undoes it at once.';
  return {
    ...liveState(nowMs),
    coverage: [
      {
        about: 'agent',
        ...{ id: 'command:claude', label: 'Claude Code (claude)', way: 'gateway', stop: 'ends', action: null },
        ...{ lastCallAtMs: nowMs - 60_000, detail: 'Connected in new terminals: ANTHROPIC_BASE_URL.' },
      },
      {
        about: 'agent',
        ...{ id: 'extension:saoudrizwan.claude-dev', label: 'Cline (extension)', way: 'host', stop: 'refuses' },
        lastCallAtMs: nowMs - 600_000,
        detail:
          'Its calls are read as they pass inside VS Code. None that runs can be ended: past the line of a budget go those that run when it is crossed. The next one is refused: by the global fetch at once, by other ways once VS Code is told, a tenth of a second or so later.',
        action: { id: 'stopObserving', text: 'Stop observing', changes },
      },
      {
        about: 'agent',
        ...{ id: 'extension:continue.continue', label: 'Continue (extension)', way: 'none', stop: 'none' },
        lastCallAtMs: null,
        detail: 'It calls from inside VS Code, where nothing is observed now.',
        action: { id: 'observe', text: 'Observe', changes },
      },
      {
        ...{ id: 'kind:http2', about: 'kind', label: 'Any extension, over HTTP/2', way: 'host', stop: 'none' },
        ...{ lastCallAtMs: null, action: null },
        detail: 'Such calls are read as they pass and count towards budgets, but nothing can refuse or end them.',
      },
    ],
  };
}

export function busyState(nowMs: number): SidebarState {
  const subscription = spendOf(8.77, [0.05, 0.35, 0.4, 0.2], 96);
  const byModel = [
    row({ key: 'claude-opus-4-8', spend: spendOf(2.36, [0.1, 0.2, 0.5, 0.2], 24), lastCallAtMs: nowMs }),
    row({
      key: 'gpt-6-codex',
      auth: 'subscription',
      agent: 'codex',
      spend: {
        ...spendOf(8.77, [0.05, 0.35, 0.4, 0.2], 96),
        thinkingTokens: atLeastFigure(140_000),
        visibleTokens: unknownFigure,
        estimatedCalls: 3,
      },
      lastCallAtMs: nowMs,
    }),
    row({ key: 'claude-haiku-4-5', spend: spendOf(0.74, [0.3, 0.4, 0.1, 0.2], 17), lastCallAtMs: nowMs }),
    row({
      key: 'gemini-4-flash-experimental-2026-11',
      agent: 'gemini-cli',
      spend: unpricedSpend,
      lastCallAtMs: nowMs,
    }),
    row({ key: 'gpt-6-mini', auth: 'unknown', agent: 'script', spend: spendOf(0.0034, [0.6, 0, 0.2, 0.2], 3) }),
    row({ key: 'gpt-6-nano', agent: 'script', spend: spendOf(0.0004, [0.6, 0, 0.2, 0.2], 1) }),
  ];
  const bySession = [
    ['3f2a9c1d-77e0-4f6b-9a1c-5d2e8b7a4c30', 'claude-code', 'claude-opus-4-8', 2.1],
    ['9c01b2aa-10d4-4a0f-8f43-0b6a5f1e2d3c', 'claude-code', 'claude-haiku-4-5', 1.0],
    ['019a9d1c-5b1e-7c02-b0a4-2f6a1d9e8c77', 'codex', 'gpt-6-codex', 8.77],
  ] as const;
  const today: PeriodSpend = {
    billed: { ...spendOf(3.1, [0.12, 0.21, 0.47, 0.2], 47), unpricedCalls: 2 },
    subscription: { ...subscription, estimatedCalls: 3 },
    byModel,
    bySession: bySession.map(([key, agent, model, total], index) =>
      row({
        key,
        agent,
        model,
        auth: agent === 'codex' ? 'subscription' : 'key',
        spend: spendOf(total, [0.1, 0.2, 0.5, 0.2], 30),
        lastCallAtMs: nowMs - index * 60_000,
      }),
    ),
  };
  const recent = Array.from({ length: 12 }, (_, index) =>
    callRecord(nowMs, {
      id: `older-${index}`,
      startedAtMs: nowMs - 600_000 - index * 60_000,
      model: 'claude-haiku-4-5',
    }),
  );
  return stateOf({
    demo: true,
    unmeteredTerminals: [
      { id: 3, name: 'zsh' },
      { id: 5, name: 'npm run dev: a terminal with a very long name' },
    ],
    snapshot: snapshotAt(nowMs, {
      today,
      week: { ...today, billed: { ...spendOf(1241.22, [0.15, 0.25, 0.4, 0.2], 6121), unpricedCalls: 2 } },
      rateNanoUsdPerHour: { kind: 'estimated', value: 31.4 * USD },
      quotas: [
        {
          provider: 'chatgpt',
          auth: 'subscription',
          windows: [
            quotaWindowAt(nowMs),
            quotaWindowAt(nowMs, { id: '7d', usedShare: 0.78, resetsAtMs: nowMs + 3 * 86_400_000 }),
          ],
        },
        {
          provider: 'anthropic',
          auth: 'subscription',
          windows: [
            quotaWindowAt(nowMs, { resetsAtMs: nowMs - 600_000, observedAtMs: nowMs - 7_200_000 }),
            quotaWindowAt(nowMs, { id: '7d', usedShare: 0.934, resetsAtMs: nowMs + 86_400_000 }),
            quotaWindowAt(nowMs, { id: '7d_opus', usedShare: 1, resetsAtMs: null, observedAtMs: nowMs - 5_000 }),
          ],
        },
      ],
      live: [
        liveCall(nowMs),
        liveCall(nowMs, {
          id: 'live-2',
          agent: 'codex',
          session: '019a9d1c-5b1e-7c02-b0a4-2f6a1d9e8c77',
          model: 'gpt-6-codex',
          auth: 'subscription',
          phase: 'answering',
          startedAtMs: nowMs - 754_000,
          thinkingTokens: atLeastFigure(5_120),
          visibleTokens: estimatedFigure(830),
          costNanoUsd: atLeastFigure(0.0912 * USD),
        }),
        liveCall(nowMs, {
          id: 'live-3',
          agent: 'gemini-cli',
          model: 'gemini-4-flash-experimental-2026-11',
          phase: 'waiting',
          startedAtMs: nowMs - 2_000,
          inputTokens: unknownFigure,
          thinkingTokens: unknownFigure,
          visibleTokens: unknownFigure,
          costNanoUsd: unknownFigure,
          ttftMs: null,
        }),
      ],
      recent: [...mixedCalls(nowMs), ...recent],
      notices: [
        {
          id: 'unpriced',
          severity: 'warning',
          text: 'No price is known for gemini-4-flash-experimental-2026-11; its calls are counted but not priced.',
        },
        { id: 'old-version', severity: 'info', text: 'Two terminals hold an older address of the meter.' },
      ],
    }),
  });
}

/** Subscription use alone, with the windows of one provider. */
export function quotaState(nowMs: number, windows: readonly QuotaWindow[] = [quotaWindowAt(nowMs)]): SidebarState {
  const subscription = spendOf(8.77, [0.05, 0.35, 0.4, 0.2], 96);
  const period: PeriodSpend = { ...emptyPeriod, subscription };
  return stateOf({
    snapshot: snapshotAt(nowMs, {
      today: period,
      week: period,
      quotas: windows.length === 0 ? [] : [{ provider: 'anthropic', auth: 'subscription', windows }],
      recent: [callRecord(nowMs, { auth: 'subscription' })],
    }),
  });
}

export function emptyState(nowMs: number): SidebarState {
  return stateOf({ snapshot: snapshotAt(nowMs), unmeteredTerminals: [{ id: 3, name: 'zsh' }] });
}

export function failedState(nowMs: number): SidebarState {
  return {
    ...liveState(nowMs),
    meter: 'failed',
    meterText: 'The meter could not open its ledger: the data folder is read-only. Agents keep working, unmetered.',
  };
}

/** The lively state with tasks. */
export function taskState(nowMs: number, tasks: TasksSnapshot): SidebarState {
  const state = liveState(nowMs);
  return { ...state, snapshot: snapshotAt(nowMs, { ...state.snapshot, tasks }) };
}

export const budgetState = (nowMs: number): SidebarState => taskState(nowMs, budgetTasks(nowMs));
export const stoppedState = (nowMs: number): SidebarState => taskState(nowMs, stoppedTasks(nowMs));

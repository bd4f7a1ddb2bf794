import type { AccountState, ScopedLimits } from '../../domain/budget.ts';
import type { CallRecord } from '../../domain/call.ts';
import { atLeastFigure, estimatedFigure, exactFigure, type Figure } from '../../domain/figure.ts';
import type { TaskWithAccount } from '../../ledger/contract.ts';
import type { LiveCall } from '../../protocol/snapshot.ts';
import type { ScopeView, SimilarTasks, TaskView } from '../../protocol/tasks.ts';
import { spendRate } from '../snapshot/spendRate.ts';
import { limitLines } from './limitLines.ts';
import { limitsOfTask } from './scopedLimits.ts';

const RATE_WINDOW_MS = 600_000;
/** Fewer tasks say too little about what the next one will come to. */
const LEAST_SIMILAR = 5;

export interface ViewTime {
  /** Calls in flight of this task. */
  readonly live: readonly LiveCall[];
  /** The newest finished calls of this task. */
  readonly recent: readonly CallRecord[];
  readonly nowMs: number;
}

/** A task with its figures. Everything that a surface prints of a task is decided here. */
export function taskView({ task, account, sessions }: TaskWithAccount, { live, recent, nowMs }: ViewTime): TaskView {
  const { spent } = account;
  const tokens = (count: number): Figure =>
    account.estimatedCharges > 0 ? estimatedFigure(count) : exactFigure(count);
  const thinking = spent.thinkingTokens - account.guessedThinkingTokens;
  const hasUnknownThinking = account.guessedThinkingTokens > 0;
  const visible = spent.outputTokens - spent.thinkingTokens;
  return {
    task,
    spentNanoUsd: moneyFigure(spent.costNanoUsd, account),
    subscriptionNanoUsd: moneyFigure(account.spentSubscriptionNanoUsd, account),
    thinkingTokens: hasUnknownThinking ? atLeastFigure(thinking) : tokens(thinking),
    outputTokens: tokens(spent.outputTokens),
    visibleTokens: hasUnknownThinking ? atLeastFigure(visible) : tokens(visible),
    toolCalls: spent.toolCalls,
    calls: spent.calls,
    unpricedCalls: account.unpricedCalls,
    heldNanoUsd: account.held.costNanoUsd,
    limits: limitLines(limitsOfTask(task), account),
    agentsAtWork: [...new Set(live.map(({ agent }) => agent))],
    sessions,
    rateNanoUsdPerHour: rateOf(recent, live, nowMs),
  };
}

/** The limits of a folder or of the machine with what their account holds. */
export function scopeView(scoped: ScopedLimits, account: AccountState): ScopeView {
  return { scope: scoped.scope, mode: scoped.mode, limits: limitLines(scoped, account) };
}

/**
 * Median and 90th percentile (nearest rank) of the billed dollars of tasks that ended with an outcome; null below five. Abandoned
 * tasks are left out: they say what was given up, not what such a task takes.
 */
export function similarTasks(tasks: readonly TaskWithAccount[]): SimilarTasks | null {
  const done = tasks.filter(({ task, account }) => {
    return (
      (task.state === 'passed' || task.state === 'failed') && account.unpricedCalls === 0 && account.spent.calls > 0
    );
  });
  const costs = done.map(({ account }) => account.spent.costNanoUsd).sort((a, b) => a - b);
  if (costs.length < LEAST_SIMILAR) return null;
  const rank = (share: number): number => costs[Math.max(0, Math.ceil(share * costs.length) - 1)] ?? 0;
  return { tasks: costs.length, medianNanoUsd: rank(0.5), p90NanoUsd: rank(0.9) };
}

function moneyFigure(amount: number, { unpricedCalls, estimatedCharges }: AccountState): Figure {
  if (unpricedCalls > 0) return atLeastFigure(amount);
  return estimatedCharges > 0 ? estimatedFigure(amount) : exactFigure(amount);
}

function rateOf(recent: readonly CallRecord[], live: readonly LiveCall[], nowMs: number): Figure {
  const windowStartMs = nowMs - RATE_WINDOW_MS;
  const ended = recent.filter(
    (call) => call.auth !== 'subscription' && call.startedAtMs + (call.durationMs ?? 0) >= windowStartMs,
  );
  const billedOfWindowNanoUsd = ended.reduce((sum, { cost }) => sum + (cost.costNanoUsd ?? 0), 0);
  return spendRate({ billedOfWindowNanoUsd, recent: ended }, live, { windowStartMs, windowMs: RATE_WINDOW_MS });
}

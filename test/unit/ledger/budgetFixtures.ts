import { taskAccountKey, windowAccountKeys } from '../../../src/budget/accountKeys.ts';
import { type Amounts, type Limits, noLimits, type ScopedLimits, zeroAmounts } from '../../../src/domain/budget.ts';
import type { CallRecord } from '../../../src/domain/call.ts';
import type { Task } from '../../../src/domain/task.ts';
import type { AdmitRequest } from '../../../src/ledger/contract.ts';
import { call, callId, priced, usage } from './callFixtures.ts';

export const noon = Date.UTC(2026, 10, 22, 12);
export const dime = 100_000_000;

export function taskId(index: number): string {
  return `task-${String(index).padStart(16, '0')}`;
}

export function task(change: Partial<Task> = {}): Task {
  return {
    id: taskId(1),
    title: 'Fix login',
    workspaceId: 'w1',
    folder: '/home/someone/shop',
    branch: 'fix-login',
    checkCommand: 'npm test',
    state: 'open',
    createdAtMs: noon,
    endedAtMs: null,
    limits: noLimits,
    mode: 'strict',
    countsSubscription: false,
    outcomeBy: null,
    proposal: null,
    ...change,
  };
}

export function limits(change: Partial<Limits>): Limits {
  return { ...noLimits, ...change };
}

export function amounts(change: Partial<Amounts>): Amounts {
  return { ...zeroAmounts, calls: 1, ...change };
}

/** The machine's limits of the day of `noon` in UTC. */
export function machineDay(change: Partial<Limits>, options: Partial<ScopedLimits> = {}): ScopedLimits {
  return {
    scope: { kind: 'machine', period: 'day' },
    accountKey: 'machine day 2026-11-22',
    limits: limits(change),
    mode: 'strict',
    countsSubscription: false,
    ...options,
  };
}

export function admission(index: number, change: Partial<AdmitRequest> = {}): AdmitRequest {
  const atMs = change.atMs ?? noon;
  return {
    callId: callId(index),
    atMs,
    provider: 'anthropic',
    model: 'claude-opus-4-6',
    auth: 'key',
    taskId: taskId(1),
    workspaceId: 'w1',
    hold: amounts({ costNanoUsd: dime, outputTokens: 100, thinkingTokens: 100, toolCalls: 1 }),
    priceVersion: null,
    limits: [],
    accountKeys: windowAccountKeys({ workspaceId: change.workspaceId ?? 'w1', atMs, timeZone: 'UTC' }),
    ...change,
  };
}

/** A call of the task that came to so much. */
export function spent(index: number, costNanoUsd: number, change: Partial<CallRecord> = {}): CallRecord {
  return call({
    id: callId(index),
    taskId: taskId(1),
    cost: priced(costNanoUsd, 0),
    usage: usage({ inputTokens: 10, outputTokens: 40, thinkingTokens: 10, toolCalls: 1 }),
    ...change,
  });
}

export const taskKey = taskAccountKey(taskId(1));

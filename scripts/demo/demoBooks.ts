import { mkdirSync } from 'node:fs';
import { noLimits } from '../../src/domain/budget.ts';
import type { CallRecord } from '../../src/domain/call.ts';
import { systemClock } from '../../src/domain/clock.ts';
import type { Outcome, Task } from '../../src/domain/task.ts';
import { type Usage, zeroUsage } from '../../src/domain/usage.ts';
import { ledgerPathOf } from '../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../src/ledger/openLedger.ts';
import { createPricer } from '../../src/pricing/createPricer.ts';
import { loadPriceBook } from '../../src/pricing/priceBook.ts';
import { TrialStore } from '../../src/trials/trialStore.ts';
import { demoRuns, noise, taskTitles } from './demoRuns.ts';
import { demoTrial } from './demoTrial.ts';

const DAY_MS = 86_400_000;
const DAYS = 24;
const WORKSPACE = 'demo-workspace';

/** What the user of the demo worked with, and how much each call thinks and writes. */
const used = [
  { agent: 'claude-code', provider: 'anthropic', model: 'claude-opus-5-5', auth: 'key', thinking: 1_400, visible: 700 },
  {
    agent: 'claude-code',
    provider: 'anthropic',
    model: 'claude-haiku-4-5',
    auth: 'subscription',
    thinking: 40,
    visible: 500,
  },
  { agent: 'codex', provider: 'openai', model: 'gpt-5.4', auth: 'key', thinking: 1_900, visible: 450 },
  {
    agent: 'gemini-cli',
    provider: 'google',
    model: 'gemini-3-flash-preview',
    auth: 'key',
    thinking: 5_200,
    visible: 600,
  },
] as const;

const outcomes: readonly Outcome[] = ['passed', 'passed', 'failed', 'passed', 'abandoned'];

/**
 * Some weeks of made-up work for the demo: calls in the books, finished tasks with outcomes, and a trial of five models. Written before a
 * meter runs on the folder. The same every time but for the dates.
 */
export async function fillDemoBooks(dataDir: string, nowMs: number): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  const pricer = createPricer({ book: await loadPriceBook() });
  const ledger = openLedger({ path: ledgerPathOf(dataDir), clock: systemClock, log: () => undefined });
  for (const [place, title] of taskTitles.entries()) ledger.budget.saveTask(taskOf(place, title, nowMs));
  let seed = 0;
  for (let day = DAYS; day >= 0; day -= 1) {
    for (const [place, who] of used.entries()) {
      const calls = 2 + Math.floor(4 * noise(day * 10 + place));
      for (let index = 0; index < calls; index += 1) {
        seed += 1;
        const startedAtMs = nowMs - day * DAY_MS - (calls - index) * 60_000;
        const usage = usageOf(who, seed);
        const cost = pricer.price({
          ...{ provider: who.provider, model: who.model, usage, atMs: startedAtMs },
          ...{ serviceTier: null, speed: null, inferenceGeo: null, billedNanoUsd: null },
        });
        const task = (day + place) % (taskTitles.length + 2);
        ledger.writer.finish({
          ...callOf(who, { seed, startedAtMs, usage }),
          session: `demo-${who.agent}-${who.model}-${day}`,
          taskId: task < taskTitles.length && task % used.length === place ? taskIdOf(task) : null,
          cost,
        });
      }
    }
  }
  ledger.close();
  await new TrialStore(dataDir).save(demoTrial(demoRuns(nowMs), nowMs));
}

function taskIdOf(place: number): string {
  return `task-demo${String(place).padStart(12, '0')}`;
}

function taskOf(place: number, title: string, nowMs: number): Task {
  return {
    id: taskIdOf(place),
    title,
    workspaceId: WORKSPACE,
    folder: '/home/demo/shop',
    branch: `demo-${place}`,
    checkCommand: null,
    state: outcomes[place % outcomes.length] ?? 'passed',
    createdAtMs: nowMs - DAYS * DAY_MS,
    endedAtMs: nowMs - (place + 1) * DAY_MS,
    limits: noLimits,
    mode: 'steady',
    countsSubscription: false,
    outcomeBy: 'you',
    proposal: null,
  };
}

type Who = (typeof used)[number];

function usageOf({ thinking, visible }: Who, seed: number): Usage {
  const thinkingTokens = Math.round(thinking * (0.5 + noise(seed)) * (seed % 61 === 0 ? 14 : 1));
  return {
    ...zeroUsage,
    inputTokens: 1_500 + Math.round(3_000 * noise(seed + 1)),
    cacheReadTokens: 20_000 + Math.round(60_000 * noise(seed + 2)),
    outputTokens: thinkingTokens + Math.round(visible * (0.6 + noise(seed + 3))),
    thinkingTokens,
    toolCalls: 1,
  };
}

function callOf(
  { agent, provider, model, auth }: Who,
  { seed, startedAtMs, usage }: { readonly seed: number; readonly startedAtMs: number; readonly usage: Usage },
): Omit<CallRecord, 'session' | 'taskId' | 'cost'> {
  return {
    id: `019aab00-0000-7000-8000-${seed.toString(16).padStart(12, '0')}`,
    startedAtMs,
    durationMs: 4_000 + Math.round(20_000 * noise(seed + 4)),
    ttftMs: 900,
    workspaceId: WORKSPACE,
    agent,
    subAgent: null,
    provider,
    api: 'anthropic-messages',
    auth,
    source: 'gateway',
    model,
    requestedModel: model,
    effort: null,
    status: 'ok',
    httpStatus: 200,
    errorType: null,
    requestId: null,
    responseId: null,
    usage,
    parts: [],
    thinkingAtLeastTokens: null,
    provenance: 'reported',
    partCosts: [],
    problems: [],
  };
}

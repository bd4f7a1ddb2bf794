import { applyChanges } from '../../agents/applyChanges.ts';
import { noLimits } from '../../domain/budget.ts';
import type { CallRecord } from '../../domain/call.ts';
import { amountOf, knownValue } from '../../domain/figure.ts';
import type { Outcome } from '../../domain/task.ts';
import { addKnown } from '../../domain/usage.ts';
import type { LedgerReader } from '../../ledger/contract.ts';
import { ledgerPathOf } from '../../ledger/ledgerFiles.ts';
import { openLedgerReader } from '../../ledger/openLedgerReader.ts';
import type { ControlMap, ControlName } from '../../protocol/control.ts';
import type { Contender, RunFigures, TrialAgentId } from '../../protocol/trials.ts';
import { agentLabels } from '../../protocol/trials.ts';
import { plainEnvironment } from '../../trials/runnerParts.ts';
import type { PriceRange, RunAccess, RunProgress, TrialBooks } from '../../trials/trialBooks.ts';
import { CliError } from '../cliError.ts';
import type { CliIo } from '../cliIo.ts';
import { askMeter } from '../meterClient.ts';
import { planTaskEnvironment } from '../taskEnvironment.ts';
import { priceRange } from './priceRange.ts';
import { isMeterThere, startMeter } from './startMeter.ts';

const BY = 'a trial';

/** The meter of a data folder and its books, as a trial needs them. */
export class MeterBooks implements TrialBooks {
  readonly #dataDir: string;
  readonly #io: CliIo;

  constructor(dataDir: string, io: CliIo) {
    this.#dataDir = dataDir;
    this.#io = io;
  }

  async ensureMeter(): Promise<void> {
    const { programDir, env } = this.#io;
    if (!(await isMeterThere(this.#dataDir))) await startMeter({ dataDir: this.#dataDir, programDir, env });
    const { meter } = await this.#ask('snapshot', {});
    if (!meter.metering) throw new CliError('Outlay is turned off, so that it would hold no budget: turn it on first.');
  }

  async connectionProblem(agent: TrialAgentId): Promise<string | null> {
    if (agent === 'command') return null;
    const { baseUrls } = await this.#ask('status', {});
    const plan = await planTaskEnvironment({ dataDir: this.#dataDir, baseUrls, io: this.#io });
    if (plan.connected.includes(agent)) return null;
    const known = plan.notices.find((notice) => notice.startsWith(agentLabels[agent]));
    return (
      known ??
      `${agentLabels[agent]} would not be metered as it is set up here, and a trial needs that: ${advice[agent] ?? 'see "outlay help".'}`
    );
  }

  async openRun(request: Parameters<TrialBooks['openRun']>[0]): Promise<RunAccess> {
    const { title, folder, limitNanoUsd } = request;
    const { view, baseUrls } = await this.#ask('newTask', {
      ...{ title, folder, by: BY },
      workspaceId: null,
      branch: null,
      checkCommand: null,
      limits: { ...noLimits, costNanoUsd: limitNanoUsd },
      mode: 'steady',
      // A trial is held to its budget whatever pays for it.
      countsSubscription: true,
      activate: false,
    });
    const plan = await planTaskEnvironment({ dataDir: this.#dataDir, baseUrls, io: this.#io });
    const env = plainEnvironment(applyChanges(this.#io.env, plan.changes, this.#io.platform));
    return { taskId: view.task.id, env: { ...env, ...routeVariables(baseUrls) }, baseUrls };
  }

  async progress(taskId: string): Promise<RunProgress | null> {
    const answer = await askMeter(this.#dataDir, 'showTask', { id: taskId });
    if (answer.state === 'no-meter') return null;
    if (answer.state === 'refused') throw new CliError(answer.sentence);
    const { view, account, events } = answer.result;
    return {
      spentNanoUsd: amountOf(view.spentNanoUsd) + amountOf(view.subscriptionNanoUsd),
      thinkingTokens: knownValue(view.thinkingTokens),
      outputTokens: knownValue(view.outputTokens),
      calls: view.calls,
      toolCalls: view.toolCalls,
      stoppedBecause: events.find(({ kind }) => kind === 'refused' || kind === 'stopped')?.text ?? null,
      openHolds: account.openHolds,
    };
  }

  async closeRun(taskId: string, outcome: Outcome, because: string): Promise<void> {
    await this.#ask('closeTask', { id: taskId, outcome, because, by: BY });
  }

  async figures(taskId: string, sinceMs: number): Promise<RunFigures> {
    return figuresOf(this.#callsOf(taskId, sinceMs));
  }

  async providerErrors(taskId: string, sinceMs: number): Promise<readonly string[]> {
    return this.#callsOf(taskId, sinceMs).flatMap(({ errorType }) => (errorType === null ? [] : [errorType]));
  }

  async priceRange(contender: Contender): Promise<PriceRange> {
    return priceRange(contender, (query) => this.#read((reader) => reader.calls(query)));
  }

  #callsOf(taskId: string, sinceMs: number): readonly CallRecord[] {
    // The agent's clock and the meter's are one, but a call may have begun while the task was being made.
    const calls = this.#read((reader) => reader.calls({ sinceMs: sinceMs - 60_000 }));
    return calls.filter((call) => call.taskId === taskId);
  }

  #read<T>(work: (reader: LedgerReader) => T): T {
    const reader = openLedgerReader(ledgerPathOf(this.#dataDir));
    try {
      return work(reader);
    } finally {
      reader.close();
    }
  }

  async #ask<Name extends ControlName>(
    name: Name,
    params: ControlMap[Name]['params'],
  ): Promise<ControlMap[Name]['result']> {
    const answer = await askMeter(this.#dataDir, name, params);
    if (answer.state === 'answered') return answer.result;
    throw new CliError(answer.state === 'refused' ? answer.sentence : 'The meter is gone.');
  }
}

const advice: Readonly<Partial<Record<TrialAgentId, string>>> = {
  'gemini-cli': 'start "gemini" once and choose how to log in, so that its settings say it.',
  opencode: 'log in with "opencode auth login", or set the key of a provider that Outlay carries.',
  codex: 'take "openai_base_url" out of its configuration.',
  'claude-code': 'take the base URL out of its settings file.',
};

/** For commands of the user's own: OUTLAY_BASE_URL_ANTHROPIC and so on. */
function routeVariables(baseUrls: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(baseUrls).map(([route, url]) => [
      `OUTLAY_BASE_URL_${route.toUpperCase().replaceAll('-', '_')}`,
      url,
    ]),
  );
}

/** Sums over the calls of a run. What one call leaves unknown makes the cost unknown, and a count a lower bound that is not shown. */
export function figuresOf(calls: readonly CallRecord[]): RunFigures {
  const costs = calls.map(({ cost }) => cost.costNanoUsd);
  const sum = (read: (call: CallRecord) => number | null): number | null =>
    calls.some((call) => isAnswered(call) && read(call) === null)
      ? null
      : calls.reduce<number | null>((total, call) => addKnown(total, read(call)), null);
  return {
    costNanoUsd:
      calls.some((call, index) => isAnswered(call) && costs[index] === null) || calls.length === 0
        ? null
        : costs.reduce<number>((total, cost) => total + (cost ?? 0), 0),
    inputTokens: sum(({ usage }) => usage.inputTokens),
    cacheReadTokens: sum(({ usage }) => usage.cacheReadTokens),
    cacheWriteTokens: sum(({ usage }) => usage.cacheWrite5mTokens + usage.cacheWrite1hTokens),
    outputTokens: sum(({ usage }) => usage.outputTokens),
    thinkingTokens: sum(({ usage }) => usage.thinkingTokens),
    calls: calls.length,
    toolCalls: calls.reduce((total, { usage }) => total + usage.toolCalls, 0),
  };
}

/** A call that the provider refused has no usage, and costs nothing that anybody could know. */
function isAnswered({ status }: CallRecord): boolean {
  return status !== 'error';
}

import { usdOf } from '../domain/money.ts';
import { agentLabels, countsForModel, type TrialRecord, type TrialRun } from '../protocol/trials.ts';

/** A run as `runs import` takes it; what is unknown is left out. */
export interface ResultRow {
  readonly task: string;
  readonly model: string;
  readonly run: string;
  readonly [column: string]: string | number;
}

/**
 * The runs that say something about a model, a line each, in the format of `runs import`. The agent stands beside the model where a
 * trial has one model with several agents, since they are not the same.
 */
export function resultRows({ id, plan, runs }: TrialRecord): readonly ResultRow[] {
  return runs.filter(countsForModel).flatMap((run) => {
    const [task, contender] = [plan.tasks[run.task], plan.contenders[run.contender]];
    if (task === undefined || contender === undefined) return [];
    const { model, effort, agent } = contender;
    const isShared = plan.contenders.some((other) => other.model === model && other.agent !== agent);
    return [
      {
        task: task.name,
        model: isShared ? `${model} [${agentLabels[agent]}]` : model,
        ...(effort === null ? {} : { effort }),
        run: `${id}-${run.number}`,
        passed: run.outcome === 'passed' ? 1 : 0,
        // Counted as failed here; a comparison takes its cost for the lower bound that it is.
        ...(run.outcome === 'over-budget' ? { censored: 1 } : {}),
        ...figureColumns(run),
      },
    ];
  });
}

function figureColumns({ figures, agentMs, startedAtMs }: TrialRun): Readonly<Record<string, string | number>> {
  const columns: Record<string, string | number | null> = {
    cost_usd: figures?.costNanoUsd == null ? null : usdOf(figures.costNanoUsd),
    input_tokens: figures?.inputTokens ?? null,
    cache_read_tokens: figures?.cacheReadTokens ?? null,
    cache_write_tokens: figures?.cacheWriteTokens ?? null,
    output_tokens: figures?.outputTokens ?? null,
    thinking_tokens: figures?.thinkingTokens ?? null,
    calls: figures?.calls ?? null,
    seconds: agentMs === null ? null : agentMs / 1000,
    started_at: startedAtMs === null ? null : new Date(startedAtMs).toISOString(),
  };
  return Object.fromEntries(
    Object.entries(columns).filter((entry): entry is [string, string | number] => entry[1] !== null),
  );
}

export function resultLines(record: TrialRecord): string {
  return resultRows(record)
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');
}

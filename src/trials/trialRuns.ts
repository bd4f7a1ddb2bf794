import type { Run } from '../domain/run.ts';
import { countsForModel, type TrialRecord, type TrialRun } from '../protocol/trials.ts';
import { TrialStore } from './trialStore.ts';

/** The runs of all trials of a data folder; see `runsOfTrial`. */
export async function trialRuns(dataDir: string): Promise<readonly Run[]> {
  return (await new TrialStore(dataDir).list()).flatMap(runsOfTrial);
}

/**
 * The runs of a trial that say something about their model. A run that its budget ended is censored. The same task in two trials is one task, by its
 * name. List prices are not written down by trials: the caller has them from the calls.
 */
export function runsOfTrial({ id, plan, runs }: TrialRecord): readonly Run[] {
  return runs.filter(countsForModel).flatMap((run): readonly Run[] => {
    const [task, contender] = [plan.tasks[run.task], plan.contenders[run.contender]];
    if (task === undefined || contender === undefined) return [];
    const { model, effort, agent } = contender;
    return [
      {
        ...{ id: `${id}-${run.number}`, origin: 'trial', task: task.name, taskTitle: task.name, model, effort, agent },
        run: `${id}-${run.number}`,
        ...outcomeOf(run),
        ...figuresOf(run),
      },
    ];
  });
}

function outcomeOf({ outcome }: TrialRun): Pick<Run, 'passed' | 'isCensored'> {
  const isCensored = outcome === 'over-budget';
  return { passed: isCensored ? null : outcome === 'passed', isCensored };
}

type Figures = Omit<
  Run,
  'id' | 'origin' | 'task' | 'taskTitle' | 'model' | 'effort' | 'agent' | 'run' | 'passed' | 'isCensored'
>;

function figuresOf({ figures, agentMs, startedAtMs }: TrialRun): Figures {
  return {
    costNanoUsd: figures?.costNanoUsd ?? null,
    costWithoutThinkingNanoUsd: null,
    inputTokens: figures?.inputTokens ?? null,
    cacheReadTokens: figures?.cacheReadTokens ?? null,
    cacheWriteTokens: figures?.cacheWriteTokens ?? null,
    outputTokens: figures?.outputTokens ?? null,
    thinkingTokens: figures?.thinkingTokens ?? null,
    calls: figures?.calls ?? null,
    seconds: agentMs === null ? null : agentMs / 1000,
    startedAtMs,
    listPrice: null,
  };
}

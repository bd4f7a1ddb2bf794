import { exactFigure, unknownFigure } from '../domain/figure.ts';
import { describeFigure, formatTokens, formatUsd, printElapsed, printUsd } from '../domain/format.ts';
import { contenderLabel, type RunOutcome, type TrialRecord, type TrialRun } from './trials.ts';

/** A line of the tree of trials, whole: what it says, how it is read out, and what can be done with it. */
export interface TrialNode {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly spoken: string;
  readonly tooltip: readonly string[];
  readonly icon: string;
  /** Words for the menus of the manifest. */
  readonly context: string;
  readonly trialId: string;
  /** Null for the line of a whole trial. */
  readonly run: number | null;
  readonly children: readonly TrialNode[];
  readonly open: boolean;
}

const outcomeWords: Readonly<Record<RunOutcome, string>> = {
  passed: 'passed',
  failed: 'failed',
  'over-budget': 'over budget',
  'timed-out': 'out of time',
  'agent-failed': 'agent failed',
  'not-logged-in': 'not logged in',
  'model-refused': 'model refused',
  'not-metered': 'not metered',
  'setup-failed': 'set-up failed',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
  'not-started': 'not started',
};

const phaseWords: Readonly<Record<TrialRun['phase'], string>> = {
  waiting: 'waiting',
  preparing: 'making its copy',
  setup: 'setting up',
  working: 'at work',
  checking: 'being checked',
  ended: 'ended',
};

/** "passed", "at work": a run's state in a word or two. */
export function runStateText({ outcome, phase }: TrialRun): string {
  return outcome === null ? phaseWords[phase] : outcomeWords[outcome];
}

export function isLive({ phase }: TrialRun): boolean {
  return phase !== 'waiting' && phase !== 'ended';
}

/** The trials of this machine, newest first; those that run are open. */
export function trialTreeNodes(records: readonly TrialRecord[], nowMs: number): readonly TrialNode[] {
  return records.map((record) => trialNode(record, nowMs));
}

function trialNode(record: TrialRecord, nowMs: number): TrialNode {
  const { id, plan, runs, state, end, spentNanoUsd, because, verdict } = record;
  if (record.isRehearsal === true) return rehearsalNode(record);
  const done = runs.filter(({ phase }) => phase === 'ended').length;
  const isRunning = state !== 'ended';
  const stateText = isRunning
    ? state === 'preparing'
      ? 'preparing'
      : `${done} of ${runs.length} runs`
    : (end ?? 'ended');
  const description = `${stateText}, ${printUsd(spentNanoUsd)} of ${printUsd(plan.totalLimitNanoUsd)}`;
  const kind = isRunning ? 'running' : end === 'interrupted' || end === 'cancelled' ? 'resumable' : 'done';
  return {
    id,
    label: plan.name,
    description,
    spoken: `Trial ${plan.name}: ${description}`,
    tooltip: [...(because === null ? [] : [because]), ...(verdict === null ? [] : [verdict]), ...record.notices],
    icon: isRunning ? 'loading~spin' : end === 'finished' ? 'beaker' : 'circle-slash',
    context: `trial ${kind}`,
    trialId: id,
    run: null,
    children: runs.map((run) => runNode(record, run, nowMs)),
    open: isRunning,
  };
}

/** Somebody tries the checks of a suite in a terminal. */
function rehearsalNode({ id, plan }: TrialRecord): TrialNode {
  const description = 'trying the checks, without agents';
  return {
    ...{ id, label: plan.name, description, spoken: `Trial ${plan.name}: ${description}` },
    tooltip: ['Nothing of it is kept.'],
    icon: 'loading~spin',
    context: 'trial running',
    trialId: id,
    run: null,
    children: [],
    open: false,
  };
}

function runNode({ id, plan }: TrialRecord, run: TrialRun, nowMs: number): TrialNode {
  const contender = plan.contenders[run.contender];
  // One agent for all needs no word in a narrow view.
  const isOneAgent = plan.contenders.every(({ agent }) => agent === contender?.agent);
  const whole = contender === undefined ? `Run ${run.number}` : contenderLabel(contender);
  const label = isOneAgent ? whole.slice(whole.indexOf(', ') + 2) : whole;
  const task = plan.tasks.length > 1 ? `${plan.tasks[run.task]?.name ?? ''}, ` : '';
  const attempt = plan.runs > 1 ? `run ${run.attempt}, ` : '';
  const cost = run.figures?.costNanoUsd == null ? unknownFigure : exactFigure(run.figures.costNanoUsd);
  const thinking = run.figures?.thinkingTokens == null ? unknownFigure : exactFigure(run.figures.thinkingTokens);
  const time = timeOf(run, nowMs);
  const figures = run.figures === null ? '' : `, ${formatUsd(cost)}, ${formatTokens(thinking)} thinking`;
  const words = `${task}${attempt}${runStateText(run)}`;
  return {
    id: `${id}.${run.number}`,
    label,
    description: `${words}${figures}${time}`,
    spoken: `${label}: ${words}${run.figures === null ? '' : `, cost ${describeFigure(cost, printUsd)}`}${time}`,
    tooltip: [...(run.because === null ? [] : [run.because]), ...(run.commandLine === null ? [] : [run.commandLine])],
    icon: iconOf(run),
    context: ['run', isLive(run) ? 'live' : '', hasOutput(run) ? 'output' : '', run.commit === null ? '' : 'result']
      .filter((word) => word !== '')
      .join(' '),
    trialId: id,
    run: run.number,
    children: [],
    open: false,
  };
}

/** The agent was started, so that there is something to read. */
export function hasOutput({ commandLine }: TrialRun): boolean {
  return commandLine !== null;
}

function timeOf({ agentMs, startedAtMs, phase }: TrialRun, nowMs: number): string {
  if (agentMs !== null) return `, ${printElapsed(agentMs)}`;
  return startedAtMs === null || phase === 'ended' ? '' : `, ${printElapsed(nowMs - startedAtMs)}`;
}

function iconOf(run: TrialRun): string {
  if (isLive(run)) return 'loading~spin';
  if (run.outcome === null) return 'circle-outline';
  if (run.outcome === 'passed') return 'pass';
  return run.outcome === 'failed' ||
    run.outcome === 'agent-failed' ||
    run.outcome === 'timed-out' ||
    run.outcome === 'over-budget'
    ? 'error'
    : 'circle-slash';
}

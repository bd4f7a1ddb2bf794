import { exactFigure, unknownFigure } from '../../domain/figure.ts';
import { formatFigure, printCompact, printDuration, printUsd } from '../../domain/format.ts';
import { usdOf } from '../../domain/money.ts';
import { contenderLabel, type TrialEstimate, type TrialRecord, type TrialRun } from '../../protocol/trials.ts';
import { resultRows } from '../../trials/resultRows.ts';
import { type Column, textTable } from '../textTable.ts';

/** What `trial run --json` and `trial show --json` print. Stable interface. */
export function trialJson(record: TrialRecord): object {
  const { id, plan, state, end, because, notices, summaries, verdict, spentNanoUsd } = record;
  return {
    id,
    name: plan.name,
    state,
    end,
    because,
    notices,
    spentUsd: usdOf(spentNanoUsd),
    budgetUsd: usdOf(plan.totalLimitNanoUsd),
    verdict,
    models: summaries.map((summary) => ({
      label: summary.label,
      agent: plan.contenders[summary.contender]?.agent ?? null,
      model: plan.contenders[summary.contender]?.model ?? null,
      effort: plan.contenders[summary.contender]?.effort ?? null,
      runs: summary.runs,
      passed: summary.passed,
      passInterval: [summary.passLow, summary.passHigh],
      medianCostUsd: usdOrNull(summary.medianCostNanoUsd),
      costPerPassUsd: usdOrNull(summary.costPerPassNanoUsd),
      medianThinkingTokens: summary.medianThinkingTokens,
      medianTurns: summary.medianCalls,
      medianSeconds: summary.medianAgentMs === null ? null : summary.medianAgentMs / 1000,
      medianDiffLines: summary.medianDiffLines,
    })),
    runs: record.runs.map((run) => runJson(record, run)),
    results: resultRows(record),
  };
}

function runJson({ plan }: TrialRecord, run: TrialRun): object {
  const { number, phase, outcome, because, taskId, figures, checks, diff, agentMs, commit } = run;
  return {
    number,
    task: plan.tasks[run.task]?.name ?? null,
    contender: labelOf(plan, run),
    attempt: run.attempt,
    ...{ phase, outcome, because, taskId },
    costUsd: usdOrNull(figures?.costNanoUsd ?? null),
    calls: figures?.calls ?? null,
    thinkingTokens: figures?.thinkingTokens ?? null,
    seconds: agentMs === null ? null : agentMs / 1000,
    checks,
    diff,
    commit,
  };
}

function usdOrNull(amount: number | null): number | null {
  return amount === null ? null : usdOf(amount);
}

export function labelOf(plan: TrialRecord['plan'], run: TrialRun): string {
  const contender = plan.contenders[run.contender];
  return contender === undefined ? '' : contenderLabel(contender);
}

const known = (value: number | null, print: (value: number) => string): string =>
  formatFigure(value === null ? unknownFigure : exactFigure(value), print);

/** A trial in words and tables, for people. */
export function trialText(record: TrialRecord, width: number): string {
  const { plan, summaries, notices, because, verdict, spentNanoUsd } = record;
  if (record.isRehearsal === true)
    return `${plan.name}  ${record.id}\nIts set-up and its checks are being tried, without any agent; nothing of it is kept.\n`;
  const head = `${plan.name}  ${record.id}  ${record.end ?? record.state}, ${printUsd(spentNanoUsd)} of ${printUsd(plan.totalLimitNanoUsd)} spent`;
  const parts = [head, ...(because === null ? [] : [because]), ...notices, '', runTable(record, width)];
  if (summaries.some(({ runs }) => runs > 0)) parts.push(summaryTable(record, width));
  if (verdict !== null) parts.push(verdict);
  return `${parts.join('\n')}\n`;
}

function summaryTable({ summaries }: TrialRecord, width: number): string {
  const columns: readonly Column[] = [
    { title: 'Model', align: 'left', minWidth: 16 },
    { title: 'Passed', align: 'right' },
    { title: 'Cost', align: 'right' },
    { title: 'Per pass', align: 'right', dropRank: 2 },
    { title: 'Thinking', align: 'right', dropRank: 3 },
    { title: 'Turns', align: 'right', dropRank: 4 },
    { title: 'Time', align: 'right', dropRank: 1 },
    { title: 'Diff lines', align: 'right', dropRank: 5 },
  ];
  const rows = summaries.map((summary) => [
    summary.label,
    `${summary.passed} of ${summary.runs}`,
    known(summary.medianCostNanoUsd, printUsd),
    known(summary.costPerPassNanoUsd, printUsd),
    known(summary.medianThinkingTokens, printCompact),
    known(summary.medianCalls, printCompact),
    known(summary.medianAgentMs, printDuration),
    known(summary.medianDiffLines, printCompact),
  ]);
  return textTable(columns, rows, { width, rule: null });
}

function runTable(record: TrialRecord, width: number): string {
  const columns: readonly Column[] = [
    { title: 'Run', align: 'right' },
    { title: 'Task', align: 'left', dropRank: 3, minWidth: 10 },
    { title: 'Model', align: 'left', minWidth: 16 },
    { title: 'Outcome', align: 'left' },
    { title: 'Cost', align: 'right' },
    { title: 'Turns', align: 'right', dropRank: 2 },
    { title: 'Time', align: 'right', dropRank: 1 },
  ];
  const rows = record.runs.map((run) => [
    String(run.number),
    record.plan.tasks[run.task]?.name ?? '',
    labelOf(record.plan, run),
    run.outcome ?? run.phase,
    known(run.figures?.costNanoUsd ?? null, printUsd),
    known(run.figures?.calls ?? null, printCompact),
    known(run.agentMs, printDuration),
  ]);
  return textTable(columns, rows, { width, rule: null }) + reasons(record);
}

/** A sentence is too long for a column; runs that ended for the same reason share it. */
function reasons({ runs }: TrialRecord): string {
  const byReason = new Map<string, number[]>();
  for (const { because, number } of runs) {
    if (because !== null) byReason.set(because, [...(byReason.get(because) ?? []), number]);
  }
  return [...byReason]
    .map(([because, numbers]) => `${numbers.length === 1 ? 'Run' : 'Runs'} ${numbers.join(', ')}: ${because}\n`)
    .join('');
}

/** "about $0.40 to $5.00", or that nobody knows. */
export function estimateText(estimate: TrialEstimate | null): string {
  if (estimate === null || estimate.lowNanoUsd === null || estimate.highNanoUsd === null)
    return 'unknown, since a price is not known';
  const [low, high] = [printUsd(estimate.lowNanoUsd), printUsd(estimate.highNanoUsd)];
  return low === high ? `about ${low}` : `about ${low} to ${high}`;
}

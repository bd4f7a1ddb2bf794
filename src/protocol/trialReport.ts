import { exactFigure, unknownFigure } from '../domain/figure.ts';
import { formatFigure, printCompact, printDuration, printUsd } from '../domain/format.ts';
import { markdownRow, plainMarkdown } from './markdown.ts';
import { type ContenderSummary, contenderLabel, type TrialRecord } from './trials.ts';
import { runStateText } from './trialTreeView.ts';

const known = (value: number | null, print: (value: number) => string): string =>
  // A figure and its unit stay on one line.
  formatFigure(value === null ? unknownFigure : exactFigure(value), print).replaceAll(' ', '\u00a0');

/** The results of a trial as Markdown: the verdict, the table of models, and every run. Names from outside are no marks in it. */
export function trialReport(record: TrialRecord): string {
  const { plan, summaries, verdict, because, notices, runs, spentNanoUsd } = record;
  const isOver = record.state === 'ended';
  // The only task is what the heading says.
  const task = (cell: string): string => (plan.tasks.length > 1 ? `${cell}|` : '');
  const lines = [
    `# ${plainMarkdown(plan.name)}`,
    '',
    ...(because === null ? [] : [plainMarkdown(because), '']),
    ...(verdict === null ? [] : [plainMarkdown(verdict)]),
    ...(verdict === null && because === null ? ['The trial is running.'] : []),
    '',
    `${isOver ? 'Spent' : 'Spent so far'}: ${printUsd(spentNanoUsd)} of ${printUsd(plan.totalLimitNanoUsd)}.`,
    ...notices.map((notice) => `\n${plainMarkdown(notice)}`),
    '',
    '| Model | Passed | Cost (median) | Cost per pass | Thinking | Turns | Time | Diff lines |',
    '|---|--:|--:|--:|--:|--:|--:|--:|',
    ...summaries.map((summary) =>
      markdownRow([
        plainMarkdown(summary.label),
        passedText(summary),
        known(summary.medianCostNanoUsd, printUsd),
        known(summary.costPerPassNanoUsd, printUsd),
        known(summary.medianThinkingTokens, printCompact),
        known(summary.medianCalls, printCompact),
        known(summary.medianAgentMs, printDuration),
        known(summary.medianDiffLines, printCompact),
      ]),
    ),
    '',
    '## Runs',
    '',
    `| Run |${task('Task')} Model | Outcome | Cost | Thinking | Turns | Time | Files, lines | Why |`,
    `|--:|${task('---')}---|---|--:|--:|--:|--:|--:|---|`,
    ...runs.map((run) => {
      const contender = plan.contenders[run.contender];
      return markdownRow([
        String(run.number),
        ...(plan.tasks.length > 1 ? [plainMarkdown(plan.tasks[run.task]?.name ?? '')] : []),
        contender === undefined ? '' : plainMarkdown(contenderLabel(contender)),
        runStateText(run),
        known(run.figures?.costNanoUsd ?? null, printUsd),
        known(run.figures?.thinkingTokens ?? null, printCompact),
        known(run.figures?.calls ?? null, printCompact),
        known(run.agentMs, printDuration),
        run.diff === null ? '-' : `${run.diff.files},\u00a0+${run.diff.insertions}\u00a0-${run.diff.deletions}`,
        plainMarkdown(run.because ?? ''),
      ]);
    }),
    '',
    '"-" is unknown. The interval after a pass rate is where it lies with a probability of 95 %.',
    '',
  ];
  return lines.join('\n');
}

function passedText({ passed, runs, passLow, passHigh }: ContenderSummary): string {
  const range =
    runs === 0 ? '' : ` (${Math.round(passLow * 100)}\u2060\u2013\u2060${Math.round(passHigh * 100)}\u00a0%)`;
  return `${passed}\u00a0of\u00a0${runs}${range}`;
}

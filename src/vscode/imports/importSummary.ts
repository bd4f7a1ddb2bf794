import { exactFigure } from '../../domain/figure.ts';
import { formatUsd, printWhole } from '../../domain/format.ts';
import type { ImportReport } from '../../protocol/imports.ts';

const msPerMonth = 30.44 * 86_400_000;

/** What an import came to, in a sentence. */
export function importSummary(report: ImportReport, nowMs = Date.now()): string {
  const { files, agents, problemCount, cancelled, firstCallAt, newCostUsd } = report;
  if (files === 0) return 'Outlay found no logs of agents on this machine.';
  const read = `${counted(files, 'file')} of ${counted(agents.length, 'agent')}`;
  const problems = problemCount === 0 ? '' : ` ${counted(problemCount, 'line')} could not be read.`;
  const more = cancelled ? ' It was cancelled; the next time goes on from there.' : '';
  if (report.new === 0) return `Outlay read ${read}: nothing new.${problems}${more}`;
  const months = firstCallAt === null ? 0 : Math.round((nowMs - Date.parse(firstCallAt)) / msPerMonth);
  const span = months > 0 ? `, ${counted(months, 'month')}` : '';
  const cost = formatUsd(exactFigure(Math.round(newCostUsd * 1e9)));
  return `Outlay read ${read}${span}: ${counted(report.new, 'call')}, ${cost} at API prices, which is no bill.${problems}${more}`;
}

function counted(number: number, one: string): string {
  return `${printWhole(number)} ${number === 1 ? one : `${one}s`}`;
}

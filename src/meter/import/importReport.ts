import { usdOf } from '../../domain/money.ts';
import type { ImportReport } from '../../protocol/imports.ts';
import type { ImportSummary } from './importLogs.ts';

/** An import as it is told to people and programs. */
export function importReportOf(summary: ImportSummary): ImportReport {
  const {
    files,
    filesRead,
    calls,
    added,
    merged,
    forgotten,
    addedNanoUsd,
    firstAtMs,
    agents,
    problems,
    problemCount,
    isCancelled,
  } = summary;
  return {
    ...{ files, filesRead, calls, new: added, merged, forgotten, agents },
    newCostUsd: usdOf(addedNanoUsd),
    firstCallAt: firstAtMs === null ? null : new Date(firstAtMs).toISOString(),
    ...{ problems, problemCount, cancelled: isCancelled },
  };
}

const MOST_PROBLEMS = 1000;

/** Two imports, one after the other, as one. */
export function addReports(first: ImportReport, later: ImportReport): ImportReport {
  const starts = [first.firstCallAt, later.firstCallAt].filter((at) => at !== null).sort();
  return {
    files: later.files,
    filesRead: first.filesRead + later.filesRead,
    calls: first.calls + later.calls,
    new: first.new + later.new,
    merged: first.merged + later.merged,
    forgotten: first.forgotten + later.forgotten,
    newCostUsd: first.newCostUsd + later.newCostUsd,
    firstCallAt: starts[0] ?? null,
    agents: [...new Set([...first.agents, ...later.agents])],
    problems: [...first.problems, ...later.problems].slice(0, MOST_PROBLEMS),
    problemCount: first.problemCount + later.problemCount,
    cancelled: later.cancelled,
  };
}

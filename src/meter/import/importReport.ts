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

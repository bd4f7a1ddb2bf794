import { measuredRatios } from '../../analysis/measuredRatios.ts';
import { type RepricedUsage, whatIf } from '../../analysis/whatIf.ts';
import { printUsd } from '../../domain/format.ts';
import type { Run } from '../../domain/run.ts';
import type { ReportRow } from '../../ledger/contract.ts';
import type { WhatIfPage } from '../../protocol/dashboard.ts';
import { familyRatio } from '../../tokens/familyRatio.ts';
import type { ListedModel } from './bookPrices.ts';

const MOST_TASKS = 50;

export interface WhatIfSources {
  /** Use by model since the first of the month; billed and subscription use are rows of their own. */
  readonly month: readonly ReportRow[];
  /** Runs of the user's own tasks, and of trials: what can be repriced by the task, and what thinking was measured on. */
  readonly runs: readonly Run[];
  readonly listed: readonly ListedModel[];
}

interface Subject {
  readonly id: string;
  readonly title: string;
  readonly model: string;
  readonly usage: RepricedUsage;
  readonly costNanoUsd: number | null;
  readonly startedAtMs: number;
  readonly what: string;
}

/** One usage at the prices of every model of the book. `wanted` is a subject's id; another, or null, is the dearest model of this month. */
export function whatIfPage({ month, runs, listed }: WhatIfSources, wanted: string | null): WhatIfPage {
  const tasks = runs.map(taskSubject).toSorted((a, b) => b.startedAtMs - a.startedAtMs);
  const subjects = [...month.map(monthSubject), ...tasks.slice(0, MOST_TASKS)];
  const subject = subjects.find(({ id }) => id === wanted) ?? subjects[0];
  const named = subjects.map(({ id, title }) => ({ id, title }));
  if (subject === undefined) {
    return {
      subjects: named,
      subject: null,
      costNanoUsd: null,
      results: [],
      sentence: 'There is no usage to reprice yet.',
    };
  }
  const used = new Set([...month.map(({ model }) => model), ...runs.map(({ model }) => model)]);
  const own = runs.filter(({ model }) => model === subject.model);
  const away = distanceTo(listed.find(({ model }) => model === subject.model));
  const results = listed
    .toSorted(
      (a, b) =>
        Number(used.has(b.model)) - Number(used.has(a.model)) || away(a) - away(b) || (a.model < b.model ? -1 : 1),
    )
    .map(({ model, price }) =>
      whatIf({
        ...{ model, label: model, price, usage: subject.usage },
        tokenizerRatio: familyRatio(model) / familyRatio(subject.model),
        measured:
          model === subject.model
            ? []
            : measuredRatios(
                runs.filter((run) => run.model === model),
                own,
              ),
      }),
    );
  const cost = subject.costNanoUsd === null ? 'has no price' : `came to ${printUsd(subject.costNanoUsd)}`;
  return {
    subjects: named,
    subject: subject.id,
    costNanoUsd: subject.costNanoUsd,
    results,
    sentence: `${subject.what} ${cost}.`,
  };
}

/** How far list prices lie apart, as a ratio; 0 where the model of the subject is in no book. */
function distanceTo(from: ListedModel | undefined): (listed: ListedModel) => number {
  if (from === undefined) return () => 0;
  const sum = ({ price }: ListedModel): number => price.inputNanoUsdPerMtok + price.outputNanoUsdPerMtok;
  return (listed) => Math.abs(Math.log(sum(listed) / sum(from)));
}

function monthSubject(row: ReportRow): Subject {
  const paid = row.auth === 'subscription' ? ' (subscription, at API prices)' : '';
  return {
    id: `month:${row.auth}:${row.key}`,
    title: `This month with ${row.key}${paid}`,
    what: `What ${row.key} did this month${paid}`,
    model: row.key,
    usage: {
      inputTokens: row.inputTokens,
      cacheReadTokens: row.cacheReadTokens,
      cacheWriteTokens: row.cacheWrite5mTokens + row.cacheWrite1hTokens,
      outputTokens: row.outputTokens,
      thinkingTokens: row.unknownThinkingCalls > 0 ? null : row.thinkingTokens,
    },
    costNanoUsd: row.unpricedCalls > 0 ? null : row.costNanoUsd,
    startedAtMs: row.lastCallAtMs,
  };
}

function taskSubject(run: Run): Subject {
  return {
    id: `run:${run.id}`,
    title: `${run.taskTitle} with ${run.model}`,
    what: `“${run.taskTitle}” with ${run.model}`,
    model: run.model,
    usage: {
      inputTokens: run.inputTokens,
      cacheReadTokens: run.cacheReadTokens ?? 0,
      cacheWriteTokens: run.cacheWriteTokens ?? 0,
      outputTokens: run.outputTokens,
      thinkingTokens: run.thinkingTokens,
    },
    costNanoUsd: run.costNanoUsd,
    startedAtMs: run.startedAtMs ?? 0,
  };
}

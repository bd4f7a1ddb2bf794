import { printUsd } from '../domain/format.ts';
import type { ModelUsageRow } from '../domain/usageRows.ts';
import type { EffectivePricePage, EffectivePriceRow, SmallestTrial } from './contract.ts';
import { compareText } from './runTable.ts';
import { smallestTrial } from './smallestTrial.ts';
import { studyPoints } from './studyPoints.ts';

/**
 * The default page: what each model, at each effort, lists and what was really paid, from sums of all calls. Different work, so that nothing here is a verdict; where
 * the runs do not give one either, it says what trial would. `decided` is the trial that the comparison of runs asks for, null where it has none.
 *
 * Billed and subscription use are rows of their own. A figure that would need what some call does not tell is null. O(rows log rows).
 */
export function effectivePricePage(rows: readonly ModelUsageRow[], next: SmallestTrial | null): EffectivePricePage {
  const priced = rows
    .map((row) => effectivePriceRow(row, nameOf(row, rows)))
    .toSorted(
      (a, b) =>
        (b.costNanoUsd ?? -1) - (a.costNanoUsd ?? -1) ||
        compareText(a.model, b.model) ||
        compareText(a.effort ?? '', b.effort ?? ''),
    );
  const trial = next ?? trialOf(rows);
  const models = new Set(rows.map(({ model, effort }) => JSON.stringify([model, effort]))).size;
  const sentences =
    models === 0
      ? ['No calls yet.']
      : ['Different work, no verdict: these are all calls of each model, whatever they were for.'];
  if (models === 1) sentences.push('One model was used so far, so there is nothing to compare it with yet.');
  if (trial !== null) sentences.push(trial.sentence);
  return { rows: priced, study: studyPoints, smallestTrial: trial, sentences };
}

/** A model with its effort where it was used at several, of which one may be unknown. */
function nameOf({ model, effort }: ModelUsageRow, rows: readonly ModelUsageRow[]): string {
  const isAlone = rows.every((other) => other.model !== model || other.effort === effort);
  return isAlone ? model : `${model} (${effort ?? 'effort unknown'})`;
}

function effectivePriceRow(row: ModelUsageRow, name: string): EffectivePriceRow {
  const { calls, sessions, listPrice, unpricedCalls, unknownThinkingCalls } = row;
  const isPriced = unpricedCalls === 0 && calls > 0;
  const costNanoUsd = unpricedCalls < calls ? row.costNanoUsd : null;
  const hasThinking = unknownThinkingCalls === 0;
  const visible = row.outputTokens - row.thinkingTokens;
  const prompt = row.inputTokens + row.cacheReadTokens + row.cacheWriteTokens;
  const facts = {
    model: row.model,
    isSubscription: row.auth === 'subscription',
    agent: row.agent,
    effort: row.effort,
    calls,
    sessions,
    inputNanoUsdPerMtok: listPrice?.inputNanoUsdPerMtok ?? null,
    outputNanoUsdPerMtok: listPrice?.outputNanoUsdPerMtok ?? null,
    costNanoUsd,
    perThousandVisibleNanoUsd: isPriced && hasThinking ? ratio(row.costNanoUsd * 1000, visible) : null,
    perCallNanoUsd: isPriced ? ratio(row.costNanoUsd, calls) : null,
    perSessionNanoUsd: isPriced ? ratio(row.costNanoUsd, sessions) : null,
    thinkingShareOfOutput: hasThinking ? ratio(row.thinkingTokens, row.outputTokens) : null,
    thinkingShareOfCost: hasThinking && isPriced ? ratio(row.thinkingNanoUsd, row.costNanoUsd) : null,
    cacheShareOfInput: ratio(row.cacheReadTokens, prompt),
    unpricedCalls,
    unknownThinkingCalls,
  };
  return { ...facts, sentence: sentenceOf(facts, name) };
}

function ratio(part: number, whole: number): number | null {
  return whole > 0 ? part / whole : null;
}

function sentenceOf(row: Omit<EffectivePriceRow, 'sentence'>, name: string): string {
  const { outputNanoUsdPerMtok, perThousandVisibleNanoUsd, perCallNanoUsd } = row;
  const paid = row.isSubscription ? 'came at API prices to' : 'cost';
  if (perThousandVisibleNanoUsd !== null && outputNanoUsdPerMtok !== null) {
    return `${name} lists ${printUsd(outputNanoUsdPerMtok / 1000)} for 1,000 output tokens; 1,000 that you can see ${paid} ${printUsd(perThousandVisibleNanoUsd)}, prompts and thinking included.`;
  }
  if (perCallNanoUsd !== null)
    return `A call of ${name} ${paid} ${printUsd(perCallNanoUsd)}; what 1,000 visible tokens cost is not known.`;
  return `What ${name} cost is not known: some of its calls have no price.`;
}

/**
 * The two models that were paid most for, with what a session of each cost in place of a task. A model at an effort that is not known may be the
 * same as one at an effort that is, so that the two are no pair.
 */
function trialOf(rows: readonly ModelUsageRow[]): SmallestTrial | null {
  const models = new Map<string, PaidModel>();
  for (const row of rows) {
    if (row.unpricedCalls > 0) continue;
    const { model, effort, costNanoUsd, sessions } = row;
    const key = JSON.stringify([model, effort]);
    const sum = models.get(key) ?? { key, label: nameOf(row, rows), model, effort, cost: 0, sessions: 0 };
    models.set(key, { ...sum, cost: sum.cost + costNanoUsd, sessions: sum.sessions + sessions });
  }
  const [a, ...others] = [...models.values()].toSorted((x, y) => y.cost - x.cost || compareText(x.key, y.key));
  const b = others.find(({ model, effort }) => model !== a?.model || (effort !== null && a.effort !== null));
  if (a === undefined || b === undefined) return null;
  const candidate = ({ label, cost, sessions }: PaidModel) => ({
    ...{ key: label, label, taskCostsNanoUsd: sessions > 0 ? [cost / sessions] : [] },
  });
  return smallestTrial(candidate(a), candidate(b), { tasksNeeded: null, commonTasks: 0 });
}

interface PaidModel {
  readonly key: string;
  readonly label: string;
  readonly model: string;
  readonly effort: string | null;
  readonly cost: number;
  readonly sessions: number;
}

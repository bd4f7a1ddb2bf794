import betaQuantile from '@stdlib/stats-base-dists-beta-quantile';
import { printDuration, printUsd } from '../domain/format.ts';
import {
  type ContenderSummary,
  contenderLabel,
  countsForModel,
  type TrialPlan,
  type TrialRun,
} from '../protocol/trials.ts';

/** One summary a contender, those with the highest pass rate first, and of these the cheapest. */
export function summarise(plan: TrialPlan, runs: readonly TrialRun[]): readonly ContenderSummary[] {
  const summaries = plan.contenders.map((contender, index): ContenderSummary => {
    const own = runs.filter((run) => run.contender === index && countsForModel(run));
    const passed = own.filter(({ outcome }) => outcome === 'passed').length;
    const costs = own.map(({ figures }) => figures?.costNanoUsd ?? null);
    const isPriced = own.length > 0 && costs.every((cost) => cost !== null);
    const spent = costs.reduce<number>((sum, cost) => sum + (cost ?? 0), 0);
    return {
      contender: index,
      label: contenderLabel(contender),
      runs: own.length,
      passed,
      ...passInterval(passed, own.length),
      medianCostNanoUsd: isPriced ? median(costs) : null,
      medianThinkingTokens: median(own.map(({ figures }) => figures?.thinkingTokens ?? null)),
      medianCalls: median(own.map(({ figures }) => figures?.calls ?? null)),
      medianAgentMs: median(own.map(({ agentMs }) => agentMs)),
      medianDiffLines: median(own.map(({ diff }) => (diff === null ? null : diff.insertions + diff.deletions))),
      costPerPassNanoUsd: isPriced && passed > 0 ? Math.round(spent / passed) : null,
    };
  });
  return summaries.toSorted(
    (a, b) =>
      rate(b) - rate(a) || (a.medianCostNanoUsd ?? Number.MAX_VALUE) - (b.medianCostNanoUsd ?? Number.MAX_VALUE),
  );
}

/** Jeffreys' 95 % interval of a pass rate: one pass of one is not certainty. */
export function passInterval(passed: number, runs: number): { readonly passLow: number; readonly passHigh: number } {
  if (runs === 0) return { passLow: 0, passHigh: 1 };
  const [a, b] = [passed + 0.5, runs - passed + 0.5];
  return {
    passLow: passed === 0 ? 0 : betaQuantile(0.025, a, b),
    passHigh: passed === runs ? 1 : betaQuantile(0.975, a, b),
  };
}

/** The end of a trial in a few plain sentences, with how sure it is. */
export function verdictOf(plan: TrialPlan, summaries: readonly ContenderSummary[], runs: readonly TrialRun[]): string {
  const tried = summaries.filter((summary) => summary.runs > 0);
  const [best, next] = tried;
  if (best === undefined) return 'No run got as far as to tell anything about a model.';
  const parts = tried.map(sentenceOf);
  if (next !== undefined) parts.push(comparison(best, next, tried));
  const unheard = runs.filter((run) => run.phase === 'ended' && !countsForModel(run)).length;
  if (unheard > 0) parts.push(`${unheard} of ${runs.length} runs say nothing about a model and are left out.`);
  if (plan.tasks.length === 1 && next !== undefined)
    parts.push('All of it is one task; another task may come out otherwise.');
  return parts.join(' ');
}

function sentenceOf({
  label,
  passed,
  runs,
  passLow,
  passHigh,
  medianCostNanoUsd,
  medianAgentMs,
}: ContenderSummary): string {
  const cost = medianCostNanoUsd === null ? 'at an unknown cost' : `for a median of ${printUsd(medianCostNanoUsd)}`;
  const time = medianAgentMs === null ? '' : ` in ${printDuration(medianAgentMs)}`;
  return `${label} passed ${passed} of ${runs} (${percent(passLow)} to ${percent(passHigh)}) ${cost}${time}.`;
}

function comparison(best: ContenderSummary, next: ContenderSummary, tried: readonly ContenderSummary[]): string {
  if (tried.every(({ passed }) => passed === 0)) return 'Nobody passed.';
  const isSure = tried.every((other) => other === best || best.passLow > other.passHigh);
  if (isSure) return `${best.label} passes more often than the others: their intervals do not meet.`;
  const fewest = Math.min(...tried.map(({ runs }) => runs));
  const tie = rate(best) === rate(next) ? 'The best passed equally often' : 'The intervals of the pass rates overlap';
  return `${tie}: ${fewest === 1 ? 'one run each is' : `${fewest} runs each are`} too few to say who passes more often.`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function rate({ passed, runs }: ContenderSummary): number {
  return runs === 0 ? -1 : passed / runs;
}

/** Of what is known; null where nothing is. */
function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const middle = known.length / 2;
  const [low, high] = [known[Math.ceil(middle) - 1], known[Math.floor(middle)]];
  return low === undefined || high === undefined ? null : Math.round((low + high) / 2);
}

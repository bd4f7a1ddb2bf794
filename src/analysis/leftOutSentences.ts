import type { LeftOut } from './contract.ts';
import { counted } from './sentences.ts';

/** What was left out of a comparison, a sentence each; empty where nothing was. */
export function leftOutSentences(leftOut: LeftOut): readonly string[] {
  const { unknownCost, zeroCostWithTokens, censored, sharedTasks, otherOrigins, otherModels, notRepriced } = leftOut;
  const lines: readonly (readonly [count: number, text: string])[] = [
    [unknownCost, `${counted(unknownCost, 'run')} without a known cost: in no comparison of costs.`],
    [
      zeroCostWithTokens,
      `${counted(zeroCostWithTokens, 'run')} with a cost of 0 that nothing explains: taken for unknown.`,
    ],
    [censored, `${counted(censored, 'run')} that a budget stopped: spend without a pass, and in no average of costs.`],
    [sharedTasks, `${counted(sharedTasks, 'task')} that several main models shared: left out.`],
    [otherOrigins, `${counted(otherOrigins, 'run')} of other sources: kept apart.`],
    [otherModels, `${counted(otherModels, 'run')} of models that were left out.`],
    [
      notRepriced,
      `${counted(notRepriced, 'run')} at another date's prices that could not be repriced for want of token counts.`,
    ],
  ];
  return lines.filter(([count]) => count > 0).map(([, text]) => text);
}

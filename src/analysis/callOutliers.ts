import { printWhole } from '../domain/format.ts';
import { type RequestFacts, requestSamples } from './requestKinds.ts';
import { counted } from './sentences.ts';
import type { CallOutliers } from './thinkingContract.ts';
import { MIN_SAMPLES, MIN_SCORE, thinkingOutliers } from './thinkingOutliers.ts';

/** The newest calls are looked at, as many as are read and judged within a page's time however large the books are. */
export const MOST_LOOKED_AT = 4_000;
const MOST_SHOWN = 50;

/** Calls that thought far more than their model usually does on this kind of request, at most 50, with what was looked at and how in words. */
export function callOutliers(requests: readonly RequestFacts[]): CallOutliers {
  const { found, known, coarser, tooFew } = thinkingOutliers(requestSamples(requests), 'call');
  if (known === 0) {
    return {
      found: [],
      sentences: [
        requests.length === 0
          ? 'There is no call to look at yet.'
          : `None of the newest ${counted(requests.length, 'call')} tells how much of its output was thinking.`,
      ],
    };
  }
  const outcome =
    found.length === 0
      ? 'none stands out'
      : `${printWhole(found.length)} ${found.length === 1 ? 'stands' : 'stand'} out${found.length > MOST_SHOWN ? `, of which these ${MOST_SHOWN} do most` : ''}`;
  const notes = [
    coarser > 0 &&
      `Of ${counted(coarser, 'call')} the finest kind has fewer than ${MIN_SAMPLES} calls: ${coarser === 1 ? 'it was' : 'they were'} compared with a coarser kind, which the table names.`,
    tooFew > 0 &&
      `${counted(tooFew, 'call')} could not be judged: below ${MIN_SAMPLES} calls to a model nothing is usual yet.`,
  ].filter((note) => note !== false);
  return {
    found: found.slice(0, MOST_SHOWN),
    sentences: [
      `Of the newest ${counted(requests.length, 'call')}, ${printWhole(known)} ${known === 1 ? 'tells' : 'tell'} how much was thinking; ${outcome}.`,
      `A call stands out where it is more than ${MIN_SCORE} robust standard deviations (median and median absolute deviation, on a log scale) above calls of its kind: the same model, agent, effort, main or sub-agent, place in a turn and order of magnitude of the prompt.`,
      ...notes,
    ],
  };
}

import { createHash } from 'node:crypto';
import { type CompareContext, compareRuns } from '../../analysis/compareRuns.ts';
import type { CompareOptions, Comparison, FrontierAxis } from '../../analysis/contract.ts';
import { type FrontierAt, frontierMoments } from '../../analysis/frontierMoments.ts';
import type { Run } from '../../domain/run.ts';

/** Instants at which the frontier is shown as it was then. */
const MOMENTS = 10;
const MOST_KEPT = 4;

/** All that decides what comes of comparing; the same again gives the same again. */
export interface ComparisonInput {
  readonly runs: readonly Run[];
  readonly options: CompareOptions;
  readonly axis: FrontierAxis;
  readonly context: Omit<CompareContext, 'axes' | 'onProgress'>;
}

export interface Compared {
  readonly comparison: Comparison;
  readonly moments: readonly FrontierAt[];
}

export type ComparisonShelf = (input: ComparisonInput, onProgress: (doneShare: number) => void) => Compared;

/**
 * Comparing resamples thousands of times, while most questions of the dashboard (another history, another task to reprice, one
 * call) leave the runs as they were: the last few results are kept, each under a digest of everything that it came from.
 */
export function createComparisonShelf(): ComparisonShelf {
  const kept = new Map<string, Compared>();
  return (input, onProgress) => {
    const key = createHash('sha256').update(JSON.stringify(input)).digest('base64');
    const compared = kept.get(key) ?? compare(input, onProgress);
    kept.delete(key);
    kept.set(key, compared);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    return compared;
  };
}

function compare({ runs, options, axis, context }: ComparisonInput, onProgress: (doneShare: number) => void): Compared {
  const axes: readonly FrontierAxis[] = axis === 'cost' ? ['cost'] : ['cost', axis];
  return {
    comparison: compareRuns(runs, options, { ...context, axes, onProgress }),
    moments: frontierMoments(runs, options, { axis, moments: MOMENTS }),
  };
}

import { medianOf } from './bootstrapTasks.ts';
import type { ThinkingOutlier } from './contract.ts';
import { groupBy } from './groupBy.ts';

/** A call or a run that may have thought too much. */
export interface ThinkingSample {
  readonly id: string;
  /** `ModelId.key`, or any name that tells models apart. */
  readonly model: string;
  /** What it is compared with: samples of one model and one kind of request. */
  readonly kind: string;
  /** Null where unknown: neither an outlier nor a measure for others. */
  readonly thinkingTokens: number | null;
}

/** Samples of a kind below which nothing is usual yet. */
const MIN_SAMPLES = 8;
/** Robust standard deviations: about one in 4,000 of a normal distribution. */
const MIN_SCORE = 3.5;
/** The spread below which a doubling would already be an outlier; usage of models is wider than that by nature. */
const MIN_LOG_SPREAD = 0.2;
/** The median absolute deviation of a normal distribution is this part of its standard deviation. */
const MAD_OF_SD = 0.6745;

/**
 * What thought far more than its model usually does on this kind of request: modified z-scores of ln(1 + thinking tokens), from median and
 * median absolute deviation, above 3.5 and upward only. At least eight samples of a kind. Highest score first, ties by id. Tokens. O(n log n).
 * Source: Iglewicz and Hoaglin, "How to detect and handle outliers" (1993).
 */
export function thinkingOutliers(samples: readonly ThinkingSample[]): readonly ThinkingOutlier[] {
  const known = samples.flatMap((sample) =>
    sample.thinkingTokens === null || !(sample.thinkingTokens >= 0)
      ? []
      : [{ ...sample, tokens: sample.thinkingTokens }],
  );
  const groups = groupBy(known, ({ model, kind }) => JSON.stringify([model, kind]));
  const found = [...groups.values()].flatMap((group): readonly ThinkingOutlier[] => {
    if (group.length < MIN_SAMPLES) return [];
    const logs = group.map(({ tokens }) => Math.log1p(tokens));
    const middle = medianOf(logs) ?? 0;
    const deviation = medianOf(logs.map((value) => Math.abs(value - middle))) ?? 0;
    const spread = Math.max(MIN_LOG_SPREAD, deviation / MAD_OF_SD);
    return group
      .map(({ id, model, tokens }, index) => ({
        id,
        model,
        thinkingTokens: tokens,
        medianTokens: Math.expm1(middle),
        score: ((logs[index] ?? 0) - middle) / spread,
      }))
      .filter(({ score }) => score > MIN_SCORE);
  });
  return found.toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

import { printCompact } from '../domain/format.ts';
import { medianOf } from './bootstrapTasks.ts';
import { counted } from './sentences.ts';
import type { ThinkingOutlier } from './thinkingContract.ts';

/** One kind of request (or of run) that a sample is of. */
export interface SampleKind {
  /** Tells kinds of one model apart. */
  readonly key: string;
  /** For display, in words that follow "of this kind: ". */
  readonly text: string;
}

/** A call or a run that may have thought too much. */
export interface ThinkingSample {
  readonly id: string;
  /** `ModelId.key`, or any name that tells models apart. */
  readonly model: string;
  /** What it may be compared with: samples of one model and one kind. The finest kind first; a coarser one holds all of a finer one's samples. */
  readonly kinds: readonly SampleKind[];
  /** Null where unknown: neither an outlier nor a measure for others. */
  readonly thinkingTokens: number | null;
}

/** What was found, and how much could be judged. */
export interface OutlierSearch {
  /** Highest score first, ties by id. */
  readonly found: readonly ThinkingOutlier[];
  /** Samples whose thinking is known. */
  readonly known: number;
  /** Of these, those that were compared with a coarser kind than their finest. */
  readonly coarser: number;
  /** Of these, those of which no kind has samples enough. */
  readonly tooFew: number;
}

/** Samples of a kind below which nothing is usual yet. */
export const MIN_SAMPLES = 8;
/** Robust standard deviations: about one in 4,000 of a normal distribution. */
export const MIN_SCORE = 3.5;
/** The spread below which a doubling would already be an outlier; usage of models is wider than that by nature. */
const MIN_LOG_SPREAD = 0.2;
/** The median absolute deviation of a normal distribution is this part of its standard deviation. */
const MAD_OF_SD = 0.6745;

type Known = ThinkingSample & { readonly tokens: number };

/** What is usual of a kind; null below eight samples. */
interface Usual {
  readonly middle: number;
  readonly spread: number;
  readonly samples: number;
}

/**
 * What thought far more than its model usually does on this kind of request: modified z-scores of ln(1 + thinking tokens), from median and
 * median absolute deviation of the sample's kind, above 3.5 and upward only. Each sample is judged by its finest kind of which there are eight
 * samples with known thinking, itself included; by none where there is no such kind.
 *
 * Ties: equal scores by id. A kind whose samples are all equal has no deviation; a floor of 0.2 (a factor of two at the bound) stands in for it. Empty
 * input: nothing found. Tokens. O(kinds * n log n). `what` names one sample ("call", "run") in sentences.
 * Source: Iglewicz and Hoaglin, "How to detect and handle outliers" (1993).
 */
export function thinkingOutliers(samples: readonly ThinkingSample[], what: string): OutlierSearch {
  const known = samples.flatMap((sample): readonly Known[] =>
    sample.thinkingTokens === null || !(sample.thinkingTokens >= 0)
      ? []
      : [{ ...sample, tokens: sample.thinkingTokens }],
  );
  const usual = usualOfKinds(known);
  let [coarser, tooFew] = [0, 0];
  const found = known.flatMap((sample): readonly ThinkingOutlier[] => {
    const ofModel = usual.get(sample.model);
    const at = sample.kinds.findIndex(({ key }) => ofModel?.has(key) ?? false);
    const kind = sample.kinds[at];
    const own = kind === undefined ? undefined : ofModel?.get(kind.key);
    if (kind === undefined || own === undefined) {
      tooFew += 1;
      return [];
    }
    if (at > 0) coarser += 1;
    const score = (Math.log1p(sample.tokens) - own.middle) / own.spread;
    return score > MIN_SCORE ? [outlierOf(sample, { kind, own, score, isCoarser: at > 0, what })] : [];
  });
  return {
    found: found.toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)),
    known: known.length,
    coarser,
    tooFew,
  };
}

/** By model and key of the kind, those with enough samples. */
function usualOfKinds(known: readonly Known[]): ReadonlyMap<string, ReadonlyMap<string, Usual>> {
  const logs = new Map<string, Map<string, number[]>>();
  for (const { model, kinds, tokens } of known) {
    const ofModel = logs.get(model) ?? new Map<string, number[]>();
    logs.set(model, ofModel);
    const log = Math.log1p(tokens);
    for (const { key } of kinds) {
      const ofKind = ofModel.get(key);
      if (ofKind === undefined) ofModel.set(key, [log]);
      else ofKind.push(log);
    }
  }
  return new Map(
    [...logs].map(([model, ofModel]) => {
      const enough = [...ofModel].filter(([, values]) => values.length >= MIN_SAMPLES);
      return [model, new Map(enough.map(([key, values]) => [key, usualOf(values)]))];
    }),
  );
}

function usualOf(logs: readonly number[]): Usual {
  const middle = medianOf(logs) ?? 0;
  const deviation = medianOf(logs.map((value) => Math.abs(value - middle))) ?? 0;
  return { middle, spread: Math.max(MIN_LOG_SPREAD, deviation / MAD_OF_SD), samples: logs.length };
}

function outlierOf(
  { id, model, tokens }: Known,
  by: {
    readonly kind: SampleKind;
    readonly own: Usual;
    readonly score: number;
    readonly isCoarser: boolean;
    readonly what: string;
  },
): ThinkingOutlier {
  const { kind, own, score, isCoarser, what } = by;
  const medianTokens = Math.expm1(own.middle);
  const boundTokens = Math.expm1(own.middle + MIN_SCORE * own.spread);
  const coarse = isCoarser ? `; of its finer kinds there are fewer than ${MIN_SAMPLES}` : '';
  return {
    ...{ id, model, thinkingTokens: tokens, medianTokens, boundTokens, samples: own.samples },
    ...{ kind: kind.text, isCoarser, score },
    sentence: `This ${what} thought ${printCompact(tokens)} tokens. ${counted(own.samples, what)} of its kind (${kind.text}) usually think ${printCompact(medianTokens)}, and above ${printCompact(boundTokens)} stands out${coarse}.`,
  };
}

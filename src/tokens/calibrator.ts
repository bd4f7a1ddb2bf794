import type { CalibrationState } from '../domain/calibration.ts';
import type { Calibrator } from './contract.ts';
import { familyRatio } from './familyRatio.ts';

/** The family's ratio counts as much as this many observed tokens. */
const PRIOR_WEIGHT_TOKENS = 2_000;
/** Raw o200k is off by 5 to 16 % before calibration; a tenth is the deviation a new model starts with. */
const PRIOR_VARIANCE = 0.01;
const MIN_TOKENS = 50;
/** One long answer must not outweigh all that was seen before it. */
const MAX_SAMPLE_WEIGHT_TOKENS = 8_000;
/** A pair further than this (3.3 times) from the present ratio is no tokenizer's doing: hidden reasoning, a cut or a wrong usage. */
const MAX_LOG_DEVIATION = 1.2;
/** Old samples fade, so that a model whose vocabulary changes under its name is followed. */
const DECAY = 0.995;
/** No tokenizer in use makes ten times as many or as few tokens as o200k; a stored state that says so is damaged. */
const MAX_LOG_RATIO = Math.log(10);
/** Model ids come from the wire; past this many, the one that learned longest ago is forgotten. */
const MAX_MODELS = 1_000;

/**
 * Learns per model a weighted mean of ln(reported / base) around the family's ratio. Keeps its states in memory only: the caller
 * stores what `learn` returns and hands it to `restore` after a start. Model ids are taken as given; normalise them first.
 */
export function createCalibrator(): Calibrator {
  const states = new Map<string, CalibrationState>();
  const stateOf = (model: string): CalibrationState => states.get(model) ?? priorState(model);
  const keep = (state: CalibrationState): void => {
    states.delete(state.model);
    states.set(state.model, state);
    const oldest = states.keys().next();
    if (states.size > MAX_MODELS && !oldest.done) states.delete(oldest.value);
  };
  return {
    estimate(model, baseTokens) {
      if (!Number.isFinite(baseTokens) || baseTokens <= 0) return 0;
      return Math.round(baseTokens * Math.exp(meanOf(stateOf(model))));
    },
    learn(model, baseTokens, reportedTokens, atMs) {
      const next = learned(stateOf(model), { baseTokens, reportedTokens, atMs });
      if (next !== null) keep(next);
      return next;
    },
    restore(restored) {
      for (const state of restored) {
        if (!isSane(state)) continue;
        const present = states.get(state.model);
        if (present === undefined || present.updatedAtMs <= state.updatedAtMs) keep({ ...state });
      }
    },
  };
}

interface Observation {
  readonly baseTokens: number;
  readonly reportedTokens: number;
  readonly atMs: number;
}

function learned(state: CalibrationState, seen: Observation): CalibrationState | null {
  const usable = (tokens: number): boolean => Number.isFinite(tokens) && tokens >= MIN_TOKENS;
  if (!usable(seen.baseTokens) || !usable(seen.reportedTokens) || !Number.isFinite(seen.atMs)) return null;
  const logRatio = Math.log(seen.reportedTokens / seen.baseTokens);
  const deviation = logRatio - meanOf(state);
  if (Math.abs(deviation) > MAX_LOG_DEVIATION) return null;
  const sampleWeight = Math.min(seen.baseTokens, MAX_SAMPLE_WEIGHT_TOKENS);
  const faded = state.weight * DECAY;
  const weight = faded + sampleWeight;
  return {
    model: state.model,
    logRatioSum: state.logRatioSum * DECAY + logRatio * sampleWeight,
    weight,
    variance: (state.variance * faded + deviation * deviation * sampleWeight) / weight,
    samples: state.samples + 1,
    updatedAtMs: Math.max(state.updatedAtMs, seen.atMs),
  };
}

function priorState(model: string): CalibrationState {
  return {
    model,
    logRatioSum: Math.log(familyRatio(model)) * PRIOR_WEIGHT_TOKENS,
    weight: PRIOR_WEIGHT_TOKENS,
    variance: PRIOR_VARIANCE,
    samples: 0,
    updatedAtMs: 0,
  };
}

function meanOf(state: CalibrationState): number {
  return state.logRatioSum / state.weight;
}

/** Checked at run time, types or not: states come from a file. */
function isSane(state: CalibrationState): boolean {
  const { model, logRatioSum, weight, variance, samples, updatedAtMs } = state;
  return (
    typeof model === 'string' &&
    model !== '' &&
    Number.isFinite(logRatioSum) &&
    Number.isFinite(weight) &&
    weight > 0 &&
    Math.abs(logRatioSum / weight) <= MAX_LOG_RATIO &&
    Number.isFinite(variance) &&
    variance >= 0 &&
    Number.isInteger(samples) &&
    samples >= 0 &&
    Number.isFinite(updatedAtMs) &&
    updatedAtMs >= 0
  );
}

import type { CalibrationState } from '../domain/calibration.ts';

/** Counts the tokens of a text that arrives in pieces, exactly as if it had come whole, in linear time and bounded memory. */
export interface StreamingCounter {
  push(text: string): void;
  /** Tokens so far: exact for what is settled, about a quarter token a character for the held-back tail. */
  readonly tokens: number;
  /** Settles the tail and returns the exact count. */
  finish(): number;
}

/** A base tokenizer: o200k for every model, corrected per model by a `Calibrator`. */
export interface Tokenizer {
  count(text: string): number;
  createStreamingCounter(): StreamingCounter;
}

/** Learns, per model, how many of its own tokens one base token is worth. */
export interface Calibrator {
  /** The model's tokens for a base count, rounded. */
  estimate(model: string, baseTokens: number): number;
  /** Feeds a finished call whose visible output was complete. Returns the new state, or null where the pair was rejected. */
  learn(model: string, baseTokens: number, reportedTokens: number, atMs: number): CalibrationState | null;
  restore(states: readonly CalibrationState[]): void;
}

import o200k from 'js-tiktoken/ranks/o200k_base';
import type { MergeWork } from './bytePairCounter.ts';
import type { Tokenizer } from './contract.ts';
import { createHoldBackCounter } from './streamingCounter.ts';
import { TextCounter } from './textCounter.ts';

export interface O200kTokenizerOptions {
  /** Where to add up the work of merging; tests hold it to linear growth. */
  readonly work?: MergeWork;
}

/**
 * Counts o200k tokens exactly as js-tiktoken's `encode(text, [], [])` does: text that spells a special token, such as `<|endoftext|>`,
 * is ordinary text, and a lone surrogate counts as U+FFFD.
 *
 * Only the rank data is js-tiktoken's. Its own merge is quadratic in the length of a piece, so that 100,000 letters without a space
 * stop the process for many minutes; this one takes n log n. There is no cap on the length of a text: a caller that must not block
 * for long cuts or skips what is too long for it. The ranks are decoded on the first count, some 50 ms.
 */
export function createO200kTokenizer(options: O200kTokenizerOptions = {}): Tokenizer {
  const work = options.work ?? { steps: 0 };
  let counter: TextCounter | undefined;
  const loaded = (): TextCounter => {
    counter ??= new TextCounter(o200k, work);
    return counter;
  };
  return {
    count: (text) => (text === '' ? 0 : loaded().count(text)),
    createStreamingCounter: () => createHoldBackCounter(loaded),
  };
}

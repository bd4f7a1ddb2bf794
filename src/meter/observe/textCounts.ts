import type { StreamingCounter, Tokenizer } from '../../tokens/contract.ts';
import type { TextKind } from '../../wire/contract.ts';

/** Base-token counts of one response's text, by kind. Counters are made when the first text of their kind arrives. */
export class TextCounts {
  readonly #tokenizer: Tokenizer;
  readonly #counters = new Map<TextKind, StreamingCounter>();

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  push(kind: TextKind, text: string): void {
    let counter = this.#counters.get(kind);
    if (!counter) {
      counter = this.#tokenizer.createStreamingCounter();
      this.#counters.set(kind, counter);
    }
    counter.push(text);
  }

  /** Tokens so far of text that the model shows or sends to tools. */
  get visibleTokens(): number {
    return (this.#counters.get('visible')?.tokens ?? 0) + (this.#counters.get('toolArguments')?.tokens ?? 0);
  }

  get thinkingTokens(): number {
    return this.#counters.get('thinking')?.tokens ?? 0;
  }

  finish(): void {
    for (const counter of this.#counters.values()) counter.finish();
  }
}

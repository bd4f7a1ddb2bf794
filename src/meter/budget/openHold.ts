import { type Amounts, type Dimension, dimensions, type Refusal, type ScopedLimits } from '../../domain/budget.ts';
import type { AdmitAnswer, BudgetBooks } from '../../ledger/contract.ts';

/** A hold is topped up once this share of it is used. */
const TOP_UP_AT = 0.8;
/** How far ahead of what was counted a top-up reserves. */
const TOP_UP_FACTOR = 1.5;
const leastSteps: Amounts = {
  costNanoUsd: 1_000_000,
  thinkingTokens: 256,
  outputTokens: 256,
  toolCalls: 0,
  calls: 0,
};

export interface OpenHoldOptions {
  readonly callId: string;
  readonly hold: Amounts;
  /** The most that the call can come to, where its request bounds it. */
  readonly ceiling: Amounts;
  /** Of the folder and the machine, as they are now: the task's own are in the books. */
  readonly limits: () => readonly ScopedLimits[];
  readonly books: Pick<BudgetBooks, 'topUp'>;
  /** The line is reached with what the call came to: the stream is to be ended. Called once. */
  readonly onLine: (refusal: Refusal, counted: Amounts) => void;
  readonly log: (line: string) => void;
}

/**
 * Follows a call in flight: raises its hold while its counts grow, and tells when they reach a line that cannot be raised. Counts
 * come fifty times a second at most, so what passes the line is what streams in a fiftieth of a second and one round trip.
 */
export class OpenHold {
  readonly #options: OpenHoldOptions;
  #hold: Amounts;
  #counted: Amounts | null = null;
  /** Dimensions that cannot be raised any more, with the refusal that said so. */
  readonly #lines = new Map<Dimension, Refusal>();
  #toppingUp = false;
  #isStopped = false;

  constructor(options: OpenHoldOptions) {
    this.#options = options;
    this.#hold = options.hold;
  }

  /** What the call came to so far, in every dimension; input included. */
  counted(amounts: Amounts): void {
    this.#counted = amounts;
    this.#stopAtLine();
    if (this.#isStopped || this.#toppingUp || !this.#needsMore(amounts)) return;
    this.#toppingUp = true;
    this.#topUp(amounts)
      .catch((error: unknown) => this.#options.log(`a hold was not raised: ${String(error)}`))
      .finally(() => {
        this.#toppingUp = false;
        this.#stopAtLine();
      });
  }

  /** Limits were raised: what was refused may be asked again. */
  limitsChanged(): void {
    this.#lines.clear();
  }

  #needsMore(amounts: Amounts): boolean {
    return dimensions.some((dimension) => !this.#lines.has(dimension) && this.#isNear(dimension, amounts));
  }

  /** Whether little of the hold is left, of what can still grow. A call stays one call, and tool calls come one by one. */
  #isNear(dimension: Dimension, { [dimension]: counted }: Amounts): boolean {
    const held = this.#hold[dimension];
    if (dimension === 'calls') return false;
    if (dimension === 'toolCalls') return counted > held;
    if (held >= this.#options.ceiling[dimension]) return counted > held;
    return counted > held * TOP_UP_AT;
  }

  #isAtLine(dimension: Dimension, { [dimension]: counted }: Amounts): boolean {
    const held = this.#hold[dimension];
    const isWhole = dimension === 'toolCalls' || held >= this.#options.ceiling[dimension];
    return isWhole ? counted > held : counted >= held;
  }

  /** Asks for room ahead; where that is refused, for exactly what is left. Each refusal settles one dimension, so this ends. */
  async #topUp(amounts: Amounts): Promise<void> {
    let wanted = this.#ahead(amounts);
    for (const _dimension of dimensions) {
      const answer = await this.#ask(wanted);
      if (answer.kind === 'admitted') {
        this.#hold = wanted;
        return;
      }
      const { dimension } = answer.refusal;
      this.#lines.set(dimension, answer.refusal);
      wanted = { ...wanted, [dimension]: Math.max(this.#hold[dimension], this.#left(answer.refusal)) };
    }
  }

  #ask(wanted: Amounts): Promise<AdmitAnswer> {
    const { books, callId, limits } = this.#options;
    return books.topUp(callId, wanted, limits());
  }

  #ahead(amounts: Amounts): Amounts {
    const grown = dimensions.map((dimension) => {
      if (this.#lines.has(dimension) || !this.#isNear(dimension, amounts)) return [dimension, this.#hold[dimension]];
      const ahead = Math.ceil(amounts[dimension] * TOP_UP_FACTOR) + leastSteps[dimension];
      const ceiling = this.#options.ceiling[dimension];
      return [dimension, amounts[dimension] > ceiling ? ahead : Math.min(ahead, ceiling)];
    });
    return { ...this.#hold, ...Object.fromEntries(grown) };
  }

  /** What this call may hold in all: the limit less what is spent and what others hold (a refused top-up leaves its own hold out). */
  #left({ limit, spent, held }: Refusal): number {
    return Math.floor(limit - spent - held);
  }

  #stopAtLine(): void {
    if (this.#isStopped || this.#counted === null) return;
    for (const [dimension, refusal] of this.#lines) {
      if (!this.#isAtLine(dimension, this.#counted)) continue;
      this.#isStopped = true;
      this.#options.onLine(refusal, this.#counted);
      return;
    }
  }
}

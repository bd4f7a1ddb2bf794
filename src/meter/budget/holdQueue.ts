import type { Refusal } from '../../domain/budget.ts';
import type { AdmitAnswer } from '../../ledger/contract.ts';

/** What a call in the queue asks for. */
export interface HoldRequest {
  readonly ask: () => Promise<AdmitAnswer>;
  /** The call has left, or waited too long, and was admitted all the same: gives the hold back. */
  readonly release: () => void;
  /** `settlements` of the queue when the call was last asked about; what was settled since then has woken nobody. Now where left out. */
  readonly askedAt?: number;
}

interface Waiter extends HoldRequest {
  readonly resolve: (answer: AdmitAnswer) => void;
  readonly reject: (error: unknown) => void;
  readonly last: Refusal;
}

/**
 * Calls that only others' holds keep out. They are asked again in the order in which they came whenever something was settled;
 * after the time that they may wait the last refusal stands. Nobody is overtaken by a call that came later and needs as much.
 */
export class HoldQueue {
  readonly #waitMs: number;
  #waiters: Waiter[] = [];
  #asking: Promise<void> | null = null;
  #again = false;
  #settlements = 0;

  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  get length(): number {
    return this.#waiters.length;
  }

  /** How often something was settled. */
  get settlements(): number {
    return this.#settlements;
  }

  /** Resolves when the call is admitted, or refused for another reason than others' holds, or has waited long enough. */
  wait(request: HoldRequest, refusal: Refusal, signal: AbortSignal): Promise<AdmitAnswer> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#waiters = this.#waiters.filter((other) => other !== waiter);
      };
      const waiter: Waiter = {
        ...request,
        last: refusal,
        resolve: (answer) => {
          leave();
          resolve(answer);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const giveUp = (): void => waiter.resolve({ kind: 'refused', refusal });
      const timer = setTimeout(giveUp, this.#waitMs);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiters.push(waiter);
      if (signal.aborted) giveUp();
      else if ((request.askedAt ?? this.#settlements) !== this.#settlements) this.#askAgain();
    });
  }

  /** Something was settled, released or extended: asks those who wait again. */
  settled(): void {
    this.#settlements += 1;
    if (this.#waiters.length > 0) this.#askAgain();
  }

  #askAgain(): void {
    this.#again = true;
    this.#asking ??= this.#askAll().finally(() => {
      this.#asking = null;
    });
  }

  async #askAll(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      /** Scopes whose free part the first who waits for it did not fit in. */
      const full = new Set<string>();
      for (const waiter of [...this.#waiters]) {
        if (!this.#waiters.includes(waiter) || full.has(scopeKey(waiter.last))) continue;
        const answer = await this.#ask(waiter);
        if (answer?.kind === 'refused' && answer.refusal.reason === 'reserved') full.add(scopeKey(answer.refusal));
        else if (answer !== null) this.#answer(waiter, answer);
      }
    }
  }

  #answer(waiter: Waiter, answer: AdmitAnswer): void {
    if (this.#waiters.includes(waiter)) waiter.resolve(answer);
    else if (answer.kind === 'admitted') waiter.release();
  }

  async #ask(waiter: Waiter): Promise<AdmitAnswer | null> {
    try {
      return await waiter.ask();
    } catch (error) {
      waiter.reject(error);
      return null;
    }
  }
}

function scopeKey({ scope, dimension }: Refusal): string {
  const { kind } = scope;
  const which =
    kind === 'task' ? scope.taskId : kind === 'folder' ? `${scope.workspaceId} ${scope.period}` : scope.period;
  return `${kind} ${which} ${dimension}`;
}

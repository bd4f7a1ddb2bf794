import { AsyncLocalStorage } from 'node:async_hooks';
import type { Disposable } from '../domain/disposable.ts';
import {
  type HostOrders,
  type HostRefused,
  openOrders,
  type ShutAnswer,
  type ShutOrder,
} from '../protocol/hostFeed.ts';
import { apiOfPath, isUnbilledHost } from '../protocol/llmHosts.ts';
import type { CallWatcher } from './contract.ts';
import { type FetchTarget, installFetchGuard } from './fetchGuard.ts';
import { quietly } from './subscribe.ts';

export interface ShutBoardParts {
  readonly findCaller: () => string | null;
  /** Whether calls of this caller are looked at at all. */
  readonly concerns: (caller: string | null) => boolean;
  readonly onRefused: (refused: HostRefused) => void;
  /** Calls that the orders know nothing of yet. */
  readonly unbookedCalls: () => number;
  /** Resolves once the orders know of every call that has ended; null where they do. */
  readonly caughtUp: () => Promise<void> | null;
}

/** Keeps the meter's newest orders, and puts the guard of `fetch` in place while there is anything that it may have to stop. */
export class ShutBoard implements Disposable {
  readonly #parts: ShutBoardParts;
  readonly #callers = new AsyncLocalStorage<string>();
  #guard: Disposable | null = null;
  #orders: HostOrders = openOrders;

  constructor(parts: ShutBoardParts) {
    this.#parts = parts;
  }

  get orders(): HostOrders {
    return this.#orders;
  }

  /** Who made the call that is now going through our `fetch`; null where it does not, or nobody is known. */
  currentCaller(): string | null {
    return this.#callers.getStore() ?? null;
  }

  take(orders: HostOrders, watcher: CallWatcher): void {
    this.#orders = orders;
    if (!orders.hasHardBudget) {
      this.#guard?.dispose();
      this.#guard = null;
      return;
    }
    // Somebody may have made the global unchangeable: then calls are aborted instead.
    quietly(watcher, () => {
      this.#guard ??= installFetchGuard({
        watcher,
        refuse: (target, caller) => this.#answerFor(target, caller),
        findCaller: this.#parts.findCaller,
        beforeDeciding: (caller) => this.#beforeDeciding(caller),
        runAs: (caller, call) => this.#callers.run(caller, call),
      });
    });
  }

  /** For calls that `fetch` did not catch: the sentence with which they are aborted; null lets them go. */
  refusal(target: FetchTarget, caller: string | null): string | null {
    const shut = this.#shutFor(target);
    if (shut === null) return null;
    this.#parts.onRefused({ kind: 'refused', caller, how: 'aborted' });
    return shut.sentence;
  }

  dispose(): void {
    this.#guard?.dispose();
    this.#guard = null;
    this.#orders = openOrders;
  }

  /** Near the line a call waits until it is known what those before it came to: else a loop without a pause would run past it. */
  #beforeDeciding(caller: string | null): Promise<void> | null {
    const { hasHardBudget, shut, roomForCalls } = this.#orders;
    const { unbookedCalls, caughtUp, concerns } = this.#parts;
    if (!hasHardBudget || shut !== null || unbookedCalls() < roomForCalls || !concerns(caller)) return null;
    return caughtUp();
  }

  /** Dollars that are billed stop no call that bills none: local models, plans and logins with a subscription. */
  #shutFor({ origin, field }: FetchTarget): ShutOrder | null {
    const { shut } = this.#orders;
    if (shut === null || !shut.onlyBilled) return shut;
    const isUnbilled = isUnbilledHost(origin) || /^bearer\s+sk-ant-oat/i.test(field('authorization') ?? '');
    return isUnbilled ? null : shut;
  }

  #answerFor(target: FetchTarget, caller: string | null): ShutAnswer | null {
    const shut = this.#shutFor(target);
    if (shut === null) return null;
    if (!this.#parts.concerns(caller)) return null;
    this.#parts.onRefused({ kind: 'refused', caller, how: 'answered' });
    return shut.answers[apiOfPath(target.path)];
  }
}

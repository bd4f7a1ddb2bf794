import { AsyncLocalStorage } from 'node:async_hooks';
import type { Dimension } from '../domain/budget.ts';
import type { Clock } from '../domain/clock.ts';
import type { Disposable } from '../domain/disposable.ts';
import { type HostOrders, type HostRefused, openOrders, type ShutOrder } from '../protocol/hostFeed.ts';
import { apiOfPath, isUnbilledCall } from '../protocol/llmHosts.ts';
import type { CallsWanted, CallWatcher } from './contract.ts';
import { type Admission, type FetchTarget, installFetchGuard } from './fetchGuard.ts';
import { quietly } from './subscribe.ts';

export interface ShutBoardParts {
  readonly findCaller: () => string | null;
  /** Whether calls of this caller are looked at at all. */
  readonly concerns: (caller: string | null) => boolean;
  readonly onRefused: (refused: HostRefused) => void;
  /** Calls that were seen to begin and that the orders know nothing of yet. */
  readonly unbookedCalls: (wanted: CallsWanted) => number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/** A call that our `fetch` let go counts so long until it is seen to begin: VS Code asks for proxies first. One that never begins counts no longer. */
const BEGINS_WITHIN_MS = 5_000;

/** A call that went through our `fetch`. */
interface Passed {
  readonly caller: string | null;
  readonly isUnbilled: boolean;
  readonly taskId: string | null;
  readonly atMs: number;
}

interface Closed {
  readonly order: ShutOrder;
  /** Calls that are not booked filled the room of this dimension; null where the limit is used up. */
  readonly filled: Dimension | null;
}

/**
 * Keeps the meter's newest orders, and puts the guard of `fetch` in place while there is anything that it may have to stop. A call is decided
 * about once, at its beginning, from what is known here at that moment: what the orders leave, less the calls that they do not know of.
 */
export class ShutBoard implements Disposable {
  readonly #parts: ShutBoardParts;
  readonly #running = new AsyncLocalStorage<Passed>();
  /** Calls that were let go and not seen to begin. */
  readonly #passed = new Set<Passed>();
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
    return this.#running.getStore()?.caller ?? null;
  }

  take(orders: HostOrders, watcher: CallWatcher): void {
    this.#orders = orders;
    if (!orders.hasHardBudget) {
      this.#letGo();
      return;
    }
    // Somebody may have made the global unchangeable: then calls are aborted instead.
    quietly(watcher, () => {
      this.#guard ??= installFetchGuard({
        watcher,
        admit: (target, caller) => this.#admit(target, caller),
        findCaller: this.#parts.findCaller,
      });
    });
  }

  /** For calls that are seen to begin: the sentence with which one is aborted; null lets it go, as it does what our `fetch` let go. */
  refusal(target: FetchTarget, caller: string | null): string | null {
    const passed = this.#running.getStore();
    if (passed !== undefined && this.#passed.delete(passed)) return null;
    const closed = this.#closedFor(target);
    if (closed === null) return null;
    this.#tell(closed, { caller, how: 'aborted' });
    return closed.order.sentence;
  }

  dispose(): void {
    this.#letGo();
    this.#orders = openOrders;
  }

  #letGo(): void {
    this.#guard?.dispose();
    this.#guard = null;
    this.#passed.clear();
  }

  #admit(target: FetchTarget, caller: string | null): Admission {
    const isConcerned = this.#parts.concerns(caller);
    const closed = isConcerned ? this.#closedFor(target) : null;
    if (closed !== null) {
      this.#tell(closed, { caller, how: 'answered' });
      return { kind: 'answered', answer: closed.order.answers[apiOfPath(target.path)] };
    }
    const taskId = this.#orders.taskId ?? null;
    const passed = { caller, isUnbilled: isUnbilled(target), taskId, atMs: this.#parts.clock.monotonicMs() };
    if (isConcerned) this.#passed.add(passed);
    return { kind: 'goes', run: (call) => this.#running.run(passed, call) };
  }

  #tell({ filled }: Closed, refused: Pick<HostRefused, 'caller' | 'how'>): void {
    this.#parts.onRefused({ kind: 'refused', ...refused, ...(filled === null ? {} : { filled }) });
  }

  /** Dollars that are billed stop no call that bills none: local models, plans and logins with a subscription. */
  #closedFor(target: FetchTarget): Closed | null {
    const { shut, rooms } = this.#orders;
    if (shut === null && rooms.length === 0) return null;
    const concerns = ({ onlyBilled }: ShutOrder): boolean => !onlyBilled || !isUnbilled(target);
    if (shut !== null && concerns(shut)) return { order: shut, filled: null };
    const full = rooms.find(
      ({ calls, onlyEnded, taskId, full: order }) =>
        concerns(order) && this.#onTheWay({ onlyBilled: order.onlyBilled, onlyEnded, taskId }) >= calls,
    );
    return full === undefined ? null : { order: full.full, filled: full.dimension };
  }

  #onTheWay(wanted: CallsWanted): number {
    const begun = this.#parts.unbookedCalls(wanted);
    if (wanted.onlyEnded) return begun;
    const sinceMs = this.#parts.clock.monotonicMs() - BEGINS_WITHIN_MS;
    let passed = 0;
    for (const each of this.#passed) {
      if (each.atMs < sinceMs) this.#passed.delete(each);
      else if (wanted.onlyBilled && each.isUnbilled) continue;
      else if (wanted.taskId === null || wanted.taskId === each.taskId) passed += 1;
    }
    return begun + passed;
  }
}

function isUnbilled({ origin, field }: FetchTarget): boolean {
  return isUnbilledCall(origin, field('authorization'));
}

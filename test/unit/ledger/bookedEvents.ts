import type { CallRecord } from '../../../src/domain/call.ts';
import type { ImportedCall } from '../../../src/ledger/importContract.ts';
import type { Ledger } from '../../../src/ledger/openLedger.ts';
import { openBooks } from './importFixtures.ts';

/** What comes to the books: a call that a log tells of, or one that the wire has seen end. */
export type BookedEvent = { readonly told: ImportedCall } | { readonly finished: CallRecord };

export function applyEvent(ledger: Ledger, event: BookedEvent): void {
  if ('told' in event) ledger.writer.bookImport({ calls: [event.told], logs: [] });
  else ledger.writer.finish(event.finished);
}

export function ordersOf<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, index) => ordersOf(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

/** What a look at the books after these events shows. */
export function seenAfter<T>(events: readonly BookedEvent[], look: (ledger: Ledger) => T): T {
  const ledger = openBooks();
  try {
    for (const event of events) applyEvent(ledger, event);
    return look(ledger);
  } finally {
    ledger.close();
  }
}

/** What a look at the books shows after each order of these events. */
export function seenInAllOrders<T>(events: readonly BookedEvent[], look: (ledger: Ledger) => T): readonly T[] {
  return ordersOf(events).map((order) => seenAfter(order, look));
}

export function callsIn(ledger: Ledger): number {
  return ledger.reader.report({ by: 'model' }).reduce((sum, { calls }) => sum + calls, 0);
}

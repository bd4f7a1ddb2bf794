import type { CallRecord } from '../../domain/call.ts';
import {
  atLeastFigure,
  estimatedFigure,
  exactFigure,
  type Figure,
  knownValue,
  unknownFigure,
} from '../../domain/figure.ts';
import type { LiveCall } from '../../protocol/snapshot.ts';
import { addFigures } from './periodSpend.ts';
import type { Books } from './snapshotSource.ts';

const MS_PER_HOUR = 3_600_000;

/**
 * Billed dollars an hour over a window that ends now, calls in flight included. Subscription use is no bill and is left out. A
 * call without a price makes the rate a lower bound; books that cannot be read leave it unknown.
 */
export function spendRate(
  books: Pick<Books, 'billedOfWindowNanoUsd' | 'recent'> | null,
  live: readonly LiveCall[],
  { windowStartMs, windowMs }: { readonly windowStartMs: number; readonly windowMs: number },
): Figure {
  if (books === null) return unknownFigure;
  const ended = books.recent.filter(
    (call) => isBill(call) && call.startedAtMs + (call.durationMs ?? 0) >= windowStartMs,
  );
  const bounded = ended.some((call) => call.cost.costNanoUsd === null) ? atLeastFigure : exactFigure;
  const inFlight = live.filter((call) => call.auth !== 'subscription').map((call) => call.costNanoUsd);
  const sum = addFigures(bounded(books.billedOfWindowNanoUsd), inFlight);
  const perHour = Math.round(((knownValue(sum) ?? 0) * MS_PER_HOUR) / windowMs);
  if (sum.kind === 'atLeast') return atLeastFigure(perHour);
  return sum.kind === 'exact' ? exactFigure(perHour) : estimatedFigure(perHour);
}

/** As the books see it: use of a subscription is no bill, nor what only a log tells of where none says who paid. */
function isBill({ auth, source }: Pick<CallRecord, 'auth' | 'source'>): boolean {
  return auth !== 'subscription' && !(source === 'transcript' && auth === 'unknown');
}

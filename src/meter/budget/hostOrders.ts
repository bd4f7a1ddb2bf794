import { decideAdmission, graver } from '../../budget/decideAdmission.ts';
import { refusalSentence } from '../../budget/refusalSentence.ts';
import { type ApiKind, apiKinds } from '../../domain/api.ts';
import { type AccountState, type Amounts, type Dimension, dimensions, type Refusal } from '../../domain/budget.ts';
import { refusalFor } from '../../gateway/refusalShape.ts';
import type { HostOrders, HostRoom, ShutAnswer, ShutOrder } from '../../protocol/hostFeed.ts';
import { isHard } from './scopedLimits.ts';
import type { LimitedAccount } from './taskBoard.ts';

/** The least that any call comes to: what it will really need is not known before it is made. */
const leastCall: Amounts = { costNanoUsd: 1, thinkingTokens: 1, outputTokens: 1, toolCalls: 0, calls: 1 };

/** So many calls of which nothing is known are let end before the first of them is booked. */
const FIRST_CALLS = 8;
/** A window follows no more calls than about so many at once: a room for more cannot be filled. */
const MOST_CALLS = 500;
/** SDKs try a call again that others' holds kept out; by then those before it are booked. */
const RETRY_AFTER_S = '1';

/** A room with the refusal that its answers were made of. */
interface Room extends Omit<HostRoom, 'full'> {
  readonly onlyBilled: boolean;
  readonly refusal: Refusal;
}

/**
 * What a window is to know of the limits of its calls, so that it can decide about each at once. A call that the extension host makes itself
 * cannot be ended in the middle: it is refused once what is booked, and what the calls before it that are not booked mostly come to, has
 * used a limit up; the last one before that may go past it. `usualCall` is what calls came to elsewhere, for accounts without any; null where nothing is known.
 */
export function hostOrdersOf(
  limited: readonly LimitedAccount[],
  { taskId, usualCall }: { readonly taskId: string | null; readonly usualCall: Amounts | null },
): HostOrders {
  const hasHardBudget = limited.some(({ limits }) => isHard(limits));
  const refusal = usedUpLimit(limited);
  const shut = refusal === null ? null : orderOf(refusal, refusedOver(limited, true) === null);
  const rooms = roomsIn(limited, usualCall).map(({ refusal: filled, onlyBilled, ...room }) => ({
    ...room,
    full: orderOf(filled, onlyBilled),
  }));
  return { hasHardBudget, taskId, rooms, shut };
}

/** How a call is refused that calls which are not booked yet keep out of this dimension; null where none would be. */
export function filledLimit(
  limited: readonly LimitedAccount[],
  usualCall: Amounts | null,
  dimension: string,
): Refusal | null {
  return roomsIn(limited, usualCall).find((room) => room.dimension === dimension)?.refusal ?? null;
}

/** The narrowest room of each kind. */
function roomsIn(limited: readonly LimitedAccount[], usualCall: Amounts | null): readonly Room[] {
  const narrowest = new Map<string, Room>();
  for (const account of limited) {
    for (const dimension of dimensions) {
      const room = roomOf(account, dimension, usualCall);
      if (room === null || room.calls > MOST_CALLS) continue;
      const kind = `${room.onlyBilled} ${room.onlyEnded} ${room.taskId}`;
      if (room.calls < (narrowest.get(kind)?.calls ?? Number.POSITIVE_INFINITY)) narrowest.set(kind, room);
    }
  }
  return [...narrowest.values()];
}

/**
 * The gateway's rule with what calls mostly come to in place of its hold: a call goes while `spent + held` of all that are not booked is below
 * the limit. Holds of the gateway's own calls count only where a budget is strict: those of a steady one are what a call may come to at the most, and
 * the gateway lets others wait for them, which nothing here can. Null where there is no limit, or it is used up.
 */
function roomOf({ limits, account }: LimitedAccount, dimension: Dimension, usualCall: Amounts | null): Room | null {
  const limit = limits.limits[dimension];
  if (limit === null || limits.mode === 'warn') return null;
  const isCost = dimension === 'costNanoUsd';
  const adds = isCost && limits.countsSubscription;
  const spent = account.spent[dimension] + (adds ? account.spentSubscriptionNanoUsd : 0);
  if (spent >= limit) return null;
  const heldInAccount = account.held[dimension] + (adds ? account.heldSubscriptionNanoUsd : 0);
  const held = limits.mode === 'strict' ? heldInAccount : 0;
  const perCall = usualIn(account, dimension) ?? usualCall?.[dimension] ?? null;
  const calls = perCall === null ? FIRST_CALLS : fillingCalls(limit - spent - held - leastCall[dimension], perCall);
  const isExact = dimension === 'calls' && held === 0;
  const refusal: Refusal = {
    ...{ scope: limits.scope, dimension, limit, needed: perCall ?? 0 },
    ...(adds ? { countsSubscription: true as const } : {}),
    ...(isExact
      ? { reason: 'used-up', spent: limit, held: 0, openHolds: 0 }
      : {
          reason: 'reserved',
          spent,
          held: held + calls * (perCall ?? 0),
          openHolds: calls + (held > 0 ? account.openHolds : 0),
        }),
  };
  const taskId = limits.scope.kind === 'task' ? limits.scope.taskId : null;
  return { dimension, taskId, calls, onlyEnded: perCall === null, onlyBilled: isCost && !adds, refusal };
}

/** So many calls come to more than this; with fewer of them one more fits. */
function fillingCalls(amount: number, perCall: number): number {
  if (amount < 0) return 0;
  return perCall === 0 ? Number.POSITIVE_INFINITY : Math.floor(amount / perCall) + 1;
}

/** What a call of the account came to in the mean, subscription use included; null where it had none. */
function usualIn({ spent, spentSubscriptionNanoUsd }: AccountState, dimension: Dimension): number | null {
  if (dimension === 'calls') return 1;
  if (spent.calls === 0) return null;
  return (spent[dimension] + (dimension === 'costNanoUsd' ? spentSubscriptionNanoUsd : 0)) / spent.calls;
}

/** The limit that no call fits in any more, where there is one. */
export function usedUpLimit(limited: readonly LimitedAccount[]): Refusal | null {
  return refusedOver(limited, true) ?? refusedOver(limited, false);
}

function refusedOver(limited: readonly LimitedAccount[], isSubscription: boolean): Refusal | null {
  let found: Refusal | null = null;
  for (const { limits, account } of limited) {
    const refusal = decideAdmission({ scoped: limits, account, hold: leastCall, isSubscription });
    if (refusal?.reason === 'used-up') found = graver(found, refusal);
  }
  return found;
}

function orderOf(refusal: Refusal, onlyBilled: boolean): ShutOrder {
  const sentence = refusalSentence(refusal);
  // What others hold comes free: the call is worth trying again.
  const isTemporary = refusal.reason === 'reserved';
  const answers = Object.fromEntries(apiKinds.map((api) => [api, answerOf(api, sentence, isTemporary)]));
  return { sentence, onlyBilled, answers: answers as Record<ApiKind, ShutAnswer> };
}

function answerOf(api: ApiKind, message: string, isTemporary: boolean): ShutAnswer {
  const answer = refusalFor({
    ...{ api, message, provider: 'unnamed', agent: 'unknown', model: 'unknown' },
    ...{ asMessage: false, isTemporary, stream: false },
  });
  return isTemporary ? { ...answer, headers: [...answer.headers, 'Retry-After', RETRY_AFTER_S] } : answer;
}

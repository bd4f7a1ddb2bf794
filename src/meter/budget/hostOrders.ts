import { decideAdmission, graver } from '../../budget/decideAdmission.ts';
import { refusalSentence } from '../../budget/refusalSentence.ts';
import { type ApiKind, apiKinds } from '../../domain/api.ts';
import { type Amounts, dimensions, type Refusal } from '../../domain/budget.ts';
import { refusalFor } from '../../gateway/refusalShape.ts';
import type { HostOrders, ShutAnswer } from '../../protocol/hostFeed.ts';
import { isHard } from './scopedLimits.ts';
import type { LimitedAccount } from './taskBoard.ts';

/** The least that any call comes to. What it will really need is not known before it is made, and nothing holds it then. */
const leastCall: Amounts = { costNanoUsd: 1, thinkingTokens: 1, outputTokens: 1, toolCalls: 0, calls: 1 };

/**
 * What a window is to know of the limits of its calls. A call that the extension host makes itself reserves nothing and cannot be ended in
 * the middle: it is refused once a limit is used up, and the last one before that may go past it.
 */
export function hostOrdersOf(limited: readonly LimitedAccount[]): HostOrders {
  const hasHardBudget = limited.some(({ limits }) => isHard(limits));
  const refusal = usedUpLimit(limited);
  const roomForCalls = roomIn(limited);
  if (refusal === null) return { hasHardBudget, roomForCalls, shut: null };
  const sentence = refusalSentence(refusal);
  const answers = Object.fromEntries(apiKinds.map((api) => [api, answerOf(api, sentence)])) as Record<
    ApiKind,
    ShutAnswer
  >;
  return { hasHardBudget, roomForCalls, shut: { sentence, onlyBilled: refusedOver(limited, true) === null, answers } };
}

/** A call comes to more than the mean of those before it, and seldom to more than so many times as much. */
const TIMES_THE_MEAN = 4;

/** How many more calls surely fit, by what calls of each account came to so far. */
function roomIn(limited: readonly LimitedAccount[]): number {
  const rooms = limited.flatMap(({ limits, account }) =>
    dimensions.flatMap((dimension) => {
      const limit = limits.limits[dimension];
      if (limit === null || limits.mode === 'warn') return [];
      const adds = dimension === 'costNanoUsd' && limits.countsSubscription;
      const spent = account.spent[dimension] + (adds ? account.spentSubscriptionNanoUsd : 0);
      const held = account.held[dimension] + (adds ? account.heldSubscriptionNanoUsd : 0);
      const { calls } = account.spent;
      const mean = calls === 0 ? Number.POSITIVE_INFINITY : spent / calls;
      const ofCall = dimension === 'calls' ? 1 : Math.max(1, TIMES_THE_MEAN * mean);
      return [Math.max(0, Math.floor((limit - spent - held) / ofCall))];
    }),
  );
  return rooms.length === 0 ? 0 : Math.min(...rooms);
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

function answerOf(api: ApiKind, message: string): ShutAnswer {
  return refusalFor({
    ...{ api, message, provider: 'unnamed', agent: 'unknown', model: 'unknown' },
    ...{ asMessage: false, isTemporary: false, stream: false },
  });
}

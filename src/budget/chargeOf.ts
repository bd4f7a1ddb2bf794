import type { Amounts } from '../domain/budget.ts';
import type { CallRecord } from '../domain/call.ts';
import type { Usage } from '../domain/usage.ts';
import { bookableAmounts } from './amounts.ts';

/** What a call is charged to the accounts that it is booked in. */
export interface Charge {
  readonly amounts: Amounts;
  /** The cost is use of a subscription, at API prices, and is kept apart from billed dollars. */
  readonly isSubscription: boolean;
  /** Our estimate, and not the provider's report. */
  readonly isEstimated: boolean;
  /** The call has no price: its cost counts as 0, and whoever shows it says so. */
  readonly isUnpriced: boolean;
  /** Of the thinking tokens, those that are charged because nobody told how much was thinking. */
  readonly guessedThinkingTokens: number;
}

/**
 * What a finished call comes to. `hold` is what it had reserved, null where it had none.
 *
 * | the record says                                          | cost                        | tokens, tool calls      | estimated       |
 * |----------------------------------------------------------|-----------------------------|-------------------------|-----------------|
 * | output known, priced, not lost                           | the record's                | the record's            | unless reported |
 * | output known, thinking unknown                           | the record's                | all output is thinking  | unless reported |
 * | output known, no price, a hold                           | the hold's                  | the record's            | yes             |
 * | output known, no price, no hold                          | 0, counted as unpriced      | the record's            | unless reported |
 * | an error that used nothing (4xx, 5xx, nobody reached)    | the record's, 0 if unpriced | 0                       | no              |
 * | lost with its meter, or output unknown, a hold           | the whole hold              | the whole hold          | yes             |
 * | output unknown, no hold                                  | the record's, or 0 unpriced | what the record knows   | yes             |
 *
 * Every call counts as one call, refused ones too. Output is unknown only where something was sent and nothing of the answer was seen
 * or could be read: that is never given back as free. What is last known of a lost call is of some moment before its meter died. A whole hold is never less than what the record already knows. Authorisation of an
 * unknown kind counts as billed.
 */
export function chargeOf(record: CallRecord, hold: Amounts | null): Charge {
  const { outputTokens } = record.usage;
  const known = knownAmounts(record);
  const isSubscription = record.auth === 'subscription';
  const isEstimated = record.provenance !== 'reported';
  if (usedNothing(record)) return { ...nothingGuessed, amounts: known, isSubscription };
  const cost = record.cost.costNanoUsd;
  const guessedThinkingTokens = guessedThinkingOf(record);
  if ((outputTokens === null || record.status === 'lost') && hold !== null) {
    return wholeHoldCharge(largerOf(hold, known), isSubscription);
  }
  if (cost === null && hold !== null) {
    const amounts = bookableAmounts({ ...known, costNanoUsd: hold.costNanoUsd });
    return { ...nothingGuessed, amounts, isSubscription, isEstimated: true, guessedThinkingTokens };
  }
  return {
    amounts: known,
    isSubscription,
    isEstimated: isEstimated || outputTokens === null,
    isUnpriced: cost === null,
    guessedThinkingTokens,
  };
}

/** The charge of a call of which no record came: all that it had reserved, as an estimate. */
export function wholeHoldCharge(hold: Amounts, isSubscription: boolean): Charge {
  const amounts = bookableAmounts(hold);
  const guessedThinkingTokens = amounts.thinkingTokens;
  return { ...nothingGuessed, amounts, isSubscription, isEstimated: true, guessedThinkingTokens };
}

const nothingGuessed = { isEstimated: false, isUnpriced: false, guessedThinkingTokens: 0 };

function usedNothing({ status, usage }: CallRecord): boolean {
  return status === 'error' && usage.outputTokens === 0 && (usage.inputTokens ?? 0) === 0;
}

function knownAmounts(record: CallRecord): Amounts {
  return bookableAmounts({
    costNanoUsd: record.cost.costNanoUsd ?? 0,
    thinkingTokens: thinkingOf(record),
    outputTokens: record.usage.outputTokens ?? 0,
    toolCalls: record.usage.toolCalls,
    calls: 1,
  });
}

/** Part by part, since one part may tell its thinking while another does not; never less than what was seen streaming. */
function thinkingOf({ usage, parts, thinkingAtLeastTokens }: CallRecord): number {
  const thinking = usagesOf({ usage, parts }).reduce(
    (sum, part) => sum + (part.thinkingTokens ?? part.outputTokens ?? 0),
    0,
  );
  return Math.max(thinking, thinkingAtLeastTokens ?? 0);
}

/** Output of the parts that do not tell their thinking. */
function guessedThinkingOf(record: CallRecord): number {
  const silent = usagesOf(record).filter(({ thinkingTokens }) => thinkingTokens === null);
  const { thinkingTokens } = knownAmounts(record);
  const guessed = silent.reduce((sum, { outputTokens }) => sum + Math.ceil(outputTokens ?? 0), 0);
  return Number.isFinite(guessed) ? Math.min(thinkingTokens, Math.max(0, guessed)) : thinkingTokens;
}

function usagesOf({ usage, parts }: Pick<CallRecord, 'usage' | 'parts'>): readonly Usage[] {
  return parts.length > 0 ? parts.map((part) => part.usage) : [usage];
}

function largerOf(a: Amounts, b: Amounts): Amounts {
  return bookableAmounts({
    costNanoUsd: Math.max(a.costNanoUsd, b.costNanoUsd),
    thinkingTokens: Math.max(a.thinkingTokens, b.thinkingTokens),
    outputTokens: Math.max(a.outputTokens, b.outputTokens),
    toolCalls: Math.max(a.toolCalls, b.toolCalls),
    calls: Math.max(a.calls, b.calls),
  });
}

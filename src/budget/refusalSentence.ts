import type { BudgetScope, Refusal } from '../domain/budget.ts';
import { printWhole } from '../domain/format.ts';
import { printAmount } from './printAmount.ts';

/** What a sentence needs beside the numbers of the refusal. */
export interface RefusalWords {
  /** The model, for a call that has no price; null where it is not known. */
  readonly model: string | null;
}

const maxTitle = 60;

/**
 * What the agent shows and the user reads when a call is not admitted: one or two short sentences without markup. It says which limit, how
 * much is spent, and what helps. Some agents compact their history or try again where they read certain words, and none of those is in
 * it ("exceed", "too long", "token count", "context limit"); a test looks for them. The title is cut to 60 characters and stripped of
 * control characters, but is otherwise what the user wrote.
 */
export function refusalSentence(refusal: Refusal, { model }: RefusalWords = { model: null }): string {
  const subject = subjectOf(refusal);
  switch (refusal.reason) {
    case 'used-up':
      return `Outlay: ${subject} is used up: ${printAmount(refusal.dimension, refusal.spent)} spent. ${wayOut(refusal.scope)}`;
    case 'reserved':
      return `Outlay: ${subject} is reserved by ${callsInFlight(refusal.openHolds)}: ${spentAndHeld(refusal)}. Wait for them to end, or ${lowered(wayOut(refusal.scope))}`;
    case 'too-large':
      return `Outlay: this one call is too large for what is left of ${subject}: it may need ${printAmount(refusal.dimension, refusal.needed)}, with ${printAmount(refusal.dimension, Math.max(0, refusal.limit - refusal.spent))} left. ${wayOut(refusal.scope)}`;
    case 'unpriced':
      return `Outlay: ${modelWords(model)} has no price, so ${subject} cannot be kept. Set a price for it in Outlay's settings, or drop the dollar limit.`;
    case 'unavailable':
      return `Outlay: ${subject} cannot be checked, because Outlay's ledger cannot be written. Try again once the disk takes it, or drop the limit.`;
  }
}

/** A title as it may stand in a sentence: one line, no control or direction characters, at most 60 characters. */
export function titleInWords(title: string): string {
  const clean = title
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ')
    .replace(/ +/g, ' ')
    .trim();
  const characters = [...clean];
  return characters.length <= maxTitle
    ? clean
    : `${characters
        .slice(0, maxTitle - 1)
        .join('')
        .trimEnd()}…`;
}

function subjectOf({ scope, dimension, limit, countsSubscription }: Refusal): string {
  const counted = countsSubscription ? ', with subscription use at API prices' : '';
  return `${scopeWords(scope)} (${printAmount(dimension, limit)}${counted})`;
}

function scopeWords(scope: BudgetScope): string {
  switch (scope.kind) {
    case 'task':
      return `the budget of '${titleInWords(scope.title)}'`;
    case 'folder':
      return `this folder's limit ${perPeriod[scope.period]}`;
    case 'machine':
      return `this machine's limit ${perPeriod[scope.period]}`;
  }
}

const perPeriod = { day: 'for today', month: 'for this month' } as const;

function wayOut(scope: BudgetScope): string {
  return scope.kind === 'task' ? 'Extend it in the Outlay sidebar.' : "Raise it in Outlay's settings.";
}

function lowered(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function spentAndHeld({ dimension, spent, held }: Refusal): string {
  return `${printAmount(dimension, spent)} spent, ${printAmount(dimension, held)} held`;
}

function callsInFlight(openHolds: number): string {
  return openHolds === 1 ? '1 call in flight' : `${printWhole(openHolds)} calls in flight`;
}

function modelWords(model: string | null): string {
  return model === null || model === '' ? 'the model of this call' : `the model ${titleInWords(model)}`;
}

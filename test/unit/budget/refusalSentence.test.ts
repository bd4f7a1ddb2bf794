import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusalSentence, titleInWords } from '../../../src/budget/refusalSentence.ts';
import { type BudgetScope, dimensions, type Refusal, type RefusalReason } from '../../../src/domain/budget.ts';

const task: BudgetScope = { kind: 'task', taskId: 'task-1', title: 'Fix login' };

function refusal(change: Partial<Refusal> = {}): Refusal {
  return {
    reason: 'used-up',
    scope: task,
    dimension: 'costNanoUsd',
    limit: 5_000_000_000,
    spent: 4_980_000_000,
    held: 1_500_000_000,
    needed: 600_000_000,
    openHolds: 3,
    ...change,
  };
}

const reasons: readonly RefusalReason[] = ['used-up', 'reserved', 'too-large', 'unpriced', 'unavailable'];
const scopes: readonly BudgetScope[] = [
  task,
  { kind: 'folder', workspaceId: 'w1', period: 'day' },
  { kind: 'folder', workspaceId: 'w1', period: 'month' },
  { kind: 'machine', period: 'day' },
  { kind: 'machine', period: 'month' },
];

describe('the sentence of a refusal', () => {
  it('says that a task’s budget is used up', () => {
    expect(refusalSentence(refusal())).toBe(
      "Outlay: the budget of 'Fix login' ($5.00) is used up: $4.98 spent. Extend it in the Outlay sidebar.",
    );
  });

  it('says how many calls in flight reserve it', () => {
    const numbers = { reason: 'reserved', spent: 1_000_000_000, held: 3_900_000_000 } as const;
    expect(refusalSentence(refusal(numbers))).toBe(
      "Outlay: the budget of 'Fix login' ($5.00) is reserved by 3 calls in flight: $1.00 spent, $3.90 held. Wait for them to end, or extend it in the Outlay sidebar.",
    );
    expect(refusalSentence(refusal({ ...numbers, openHolds: 1 }))).toContain('by 1 call in flight:');
  });

  it('says where the dollars count subscription use as well', () => {
    expect(refusalSentence(refusal({ countsSubscription: true }))).toBe(
      "Outlay: the budget of 'Fix login' ($5.00, with subscription use at API prices) is used up: $4.98 spent. Extend it in the Outlay sidebar.",
    );
  });

  it('says that this one call is too large', () => {
    expect(refusalSentence(refusal({ reason: 'too-large' }))).toBe(
      "Outlay: this one call is too large for what is left of the budget of 'Fix login' ($5.00): it may need $0.60, with $0.02 left. Extend it in the Outlay sidebar.",
    );
  });

  it('says the two ways out where there is no price', () => {
    expect(refusalSentence(refusal({ reason: 'unpriced' }), { model: 'house-model' })).toBe(
      "Outlay: the model house-model has no price, so the budget of 'Fix login' ($5.00) cannot be kept. Set a price for it in Outlay's settings, or drop the dollar limit.",
    );
    expect(refusalSentence(refusal({ reason: 'unpriced' }))).toContain('the model of this call has no price');
  });

  it('says that the ledger cannot be written', () => {
    expect(refusalSentence(refusal({ reason: 'unavailable', scope: { kind: 'machine', period: 'day' } }))).toBe(
      "Outlay: this machine's limit for today ($5.00) cannot be checked, because Outlay's ledger cannot be written. Try again once the disk takes it, or drop the limit.",
    );
  });

  it.each([
    [{ kind: 'folder', workspaceId: 'w1', period: 'month' }, "this folder's limit for this month"],
    [{ kind: 'folder', workspaceId: 'w1', period: 'day' }, "this folder's limit for today"],
    [{ kind: 'machine', period: 'month' }, "this machine's limit for this month"],
  ] as const)('names the scope %o', (scope, words) => {
    expect(refusalSentence(refusal({ scope }))).toBe(
      `Outlay: ${words} ($5.00) is used up: $4.98 spent. Raise it in Outlay's settings.`,
    );
  });

  it.each([
    ['thinkingTokens', '(200,000 thinking tokens) is used up: 1 thinking token spent'],
    ['outputTokens', '(200,000 output tokens) is used up: 1 output token spent'],
    ['toolCalls', '(200,000 tool calls) is used up: 1 tool call spent'],
    ['calls', '(200,000 calls) is used up: 1 call spent'],
  ] as const)('counts %s in their own unit', (dimension, words) => {
    expect(refusalSentence(refusal({ dimension, limit: 200_000, spent: 1 }))).toContain(words);
  });

  it('is short, on one line, and has no word that makes an agent compact its history or try again', () => {
    const bad = /exceed|too long|token count|context|limit reached|rate.?limit|overloaded|maximum|insufficient/i;
    const found = reasons.flatMap((reason) =>
      scopes.flatMap((scope) =>
        dimensions.map((dimension) =>
          refusalSentence(refusal({ reason, scope, dimension, limit: 9e12, needed: 9e12 })),
        ),
      ),
    );
    expect(found.filter((text) => bad.test(text) || text.length > 260 || /[\n*_`<>[\]]/.test(text))).toEqual([]);
  });
});

describe('a title in a sentence', () => {
  it('is one line of at most 60 characters, without what a terminal or a reader would act on', () => {
    expect(titleInWords('Fix\nthe \u001b[31mlogin\u202e \u2028now')).toBe('Fix the [31mlogin now');
    expect(titleInWords('x'.repeat(10_000))).toBe(`${'x'.repeat(59)}…`);
    expect(titleInWords('🙂'.repeat(60))).toBe('🙂'.repeat(60));
  });

  it('keeps its bounds for any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 90 }), (title) => {
        const words = titleInWords(title);
        expect([...words].length).toBeLessThanOrEqual(60);
        expect(words).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

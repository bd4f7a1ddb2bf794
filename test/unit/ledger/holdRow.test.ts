import { describe, expect, it } from 'vitest';
import { chargeRowOf, holdOf, nameOfKeys } from '../../../src/ledger/holdRow.ts';
import { Names } from '../../../src/ledger/names.ts';
import { DamagedRow, openDatabase, type SqlRow, Statements } from '../../../src/ledger/sqlite.ts';

function namesWith(text: string) {
  const db = openDatabase(':memory:', { readOnly: false, busyMs: 0 });
  db.exec('CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT)');
  const names = new Names(new Statements(db));
  return { names, accounts: names.idOf(text) };
}

const key = new Uint8Array([1, 2, 3]);
const amounts = { nano_usd: 5, thinking_tokens: 4, output_tokens: 3, tool_calls: 2, calls: 1 };
const told = { costNanoUsd: 5, thinkingTokens: 4, outputTokens: 3, toolCalls: 2, calls: 1 };

const held = (accounts: number, change: SqlRow = {}): SqlRow => ({
  ...{ call_id: key, state: 'held', at_ms: 7, task: null, accounts, subscription: 0 },
  ...{ owner_pid: 12, owner_boot: 'boot', ...amounts, ...change },
});

const charged = (accounts: number, change: SqlRow = {}): SqlRow => ({
  ...{ call_id: key, at_ms: 7, task: 8, accounts, subscription: 0, estimated: 0, unpriced: 0 },
  ...{ guessed_thinking_tokens: 6, ...amounts, ...change },
});

describe('the row of a hold', () => {
  it('says whose it is, on which accounts, and what it reserves', () => {
    const { names, accounts } = namesWith(nameOfKeys(['task 8', 'day']));
    expect(holdOf(held(accounts), names)).toEqual({
      ...{ callKey: key, isOpen: true, atMs: 7, task: null, accountKeys: ['task 8', 'day'] },
      held: { amounts: told, isSubscription: false },
      owner: { pid: 12, bootId: 'boot' },
    });
    const other = holdOf(held(accounts, { state: 'settled', subscription: 1, task: 8 }), names);
    expect([other.isOpen, other.held.isSubscription, other.task]).toEqual([false, true, 8]);
  });

  it.each(['{"day": 1}', '"day"', 'not JSON'])('is damaged where its accounts are no list: %s', (text) => {
    const { names, accounts } = namesWith(text);
    expect(() => holdOf(held(accounts), names)).toThrow(DamagedRow);
    expect(() => holdOf(held(accounts), names)).toThrow(/a list of accounts is not readable/);
  });
});

describe('the row of a charge', () => {
  it('says what the call added, and each of its doubts by itself', () => {
    const { names, accounts } = namesWith(nameOfKeys(['day']));
    const none = { isSubscription: false, isEstimated: false, isUnpriced: false };
    const charge = { amounts: told, guessedThinkingTokens: 6 };
    expect(chargeRowOf(charged(accounts), names)).toEqual({
      ...{ callKey: key, atMs: 7, task: 8, accountKeys: ['day'], charge: { ...charge, ...none } },
    });
    const doubts = [
      ['subscription', 'isSubscription'],
      ['estimated', 'isEstimated'],
      ['unpriced', 'isUnpriced'],
    ] as const;
    for (const [column, name] of doubts) {
      expect(chargeRowOf(charged(accounts, { [column]: 1 }), names).charge).toEqual({
        ...charge,
        ...none,
        [name]: true,
      });
    }
  });
});

import type { Charge } from '../budget/chargeOf.ts';
import type { Amounts } from '../domain/budget.ts';
import type { Held } from './accounts.ts';
import type { Names } from './names.ts';
import type { Owner } from './owner.ts';
import { DamagedRow, integerOf, integerOrNull, type SqlRow, type SqlValue, textOf } from './sqlite.ts';

/** What a call reserved, or has reserved before it was settled. */
export interface HoldRow {
  readonly callKey: SqlValue;
  readonly isOpen: boolean;
  readonly atMs: number;
  readonly task: number | null;
  readonly accountKeys: readonly string[];
  readonly held: Held;
  readonly owner: Owner;
}

/** What a call has added to its accounts. */
export interface ChargeRow {
  readonly callKey: SqlValue;
  readonly atMs: number;
  readonly task: number | null;
  readonly accountKeys: readonly string[];
  readonly charge: Charge;
}

export function holdOf(row: SqlRow, names: Names): HoldRow {
  return {
    callKey: row['call_id'] ?? null,
    isOpen: row['state'] === 'held',
    atMs: integerOf(row, 'at_ms'),
    task: integerOrNull(row, 'task'),
    accountKeys: keysOf(names.textOf(integerOf(row, 'accounts'))),
    held: { amounts: amountsOf(row), isSubscription: row['subscription'] === 1 },
    owner: { pid: integerOf(row, 'owner_pid'), bootId: textOf(row, 'owner_boot') },
  };
}

export function chargeRowOf(row: SqlRow, names: Names): ChargeRow {
  return {
    callKey: row['call_id'] ?? null,
    atMs: integerOf(row, 'at_ms'),
    task: integerOrNull(row, 'task'),
    accountKeys: keysOf(names.textOf(integerOf(row, 'accounts'))),
    charge: {
      amounts: amountsOf(row),
      isSubscription: row['subscription'] === 1,
      isEstimated: row['estimated'] === 1,
      isUnpriced: row['unpriced'] === 1,
      guessedThinkingTokens: integerOf(row, 'guessed_thinking_tokens'),
    },
  };
}

/** The list of a row's accounts as one name, since most calls of a day share theirs. */
export function nameOfKeys(keys: readonly string[]): string {
  return JSON.stringify(keys);
}

/** In the order of the columns. */
export function amountValues(amounts: Amounts): readonly SqlValue[] {
  return [amounts.costNanoUsd, amounts.thinkingTokens, amounts.outputTokens, amounts.toolCalls, amounts.calls];
}

function amountsOf(row: SqlRow): Amounts {
  return {
    costNanoUsd: integerOf(row, 'nano_usd'),
    thinkingTokens: integerOf(row, 'thinking_tokens'),
    outputTokens: integerOf(row, 'output_tokens'),
    toolCalls: integerOf(row, 'tool_calls'),
    calls: integerOf(row, 'calls'),
  };
}

function keysOf(json: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(json);
    if (Array.isArray(value)) return value.map(String);
  } catch {
    // Reported below, as any other text that we cannot have written.
  }
  throw new DamagedRow('a list of accounts is not readable');
}

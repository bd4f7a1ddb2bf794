import type { Dimension } from '../domain/budget.ts';
import { printUsd, printWhole } from '../domain/format.ts';

const units: Readonly<Record<Exclude<Dimension, 'costNanoUsd'>, readonly [string, string]>> = {
  thinkingTokens: ['thinking token', 'thinking tokens'],
  outputTokens: ['output token', 'output tokens'],
  toolCalls: ['tool call', 'tool calls'],
  calls: ['call', 'calls'],
};

/** An amount of a dimension with its unit: "$5.00", "200,000 thinking tokens", "1 call". */
export function printAmount(dimension: Dimension, amount: number): string {
  if (dimension === 'costNanoUsd') return printUsd(amount);
  const [one, many] = units[dimension];
  return `${printWhole(amount)} ${amount === 1 ? one : many}`;
}

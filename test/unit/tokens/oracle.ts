import { Tiktoken } from 'js-tiktoken/lite';
import o200k from 'js-tiktoken/ranks/o200k_base';

const oracle = new Tiktoken(o200k);

/** js-tiktoken's own count. Quadratic in the length of a piece: keep pieces below a few hundred characters. */
export function oracleCount(text: string): number {
  return oracle.encode(text, [], []).length;
}

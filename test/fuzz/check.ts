import { isDeepStrictEqual } from 'node:util';

/** Ends a fuzzing run with a finding. */
export function check(condition: boolean, broken: string): void {
  if (!condition) throw new Error(`broken: ${broken}`);
}

export function checkSame(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`broken: ${what}\n  ${JSON.stringify(actual)}\n  ${JSON.stringify(expected)}`);
}

/** A count, an amount or a time that sums may rest on. */
export function checkFigure(value: number | null, what: string): void {
  check(value === null || (Number.isSafeInteger(value) && value >= 0), `${what} is ${value}`);
}

export function checkUnpolluted(): void {
  check(Reflect.get({}, 'polluted') === undefined, 'every object is polluted');
}

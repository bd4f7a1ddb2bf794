import type { RunListPrice } from '../domain/run.ts';
import { startOfNewest } from './rollups.ts';
import { integerOf, type Statements, textOf } from './sqlite.ts';

/** The rates of a call, or of several, as they are kept, and when the newest of them began. */
interface RatesAt {
  readonly rates: string;
  readonly startedAtMs: number;
}

/** The rates of the newest of a model's calls that had no modifier, else of the newest. */
export function listPriceOf(calls: readonly RatesAt[], model: string): RunListPrice | null {
  const priced = calls.flatMap(({ rates, startedAtMs }) => {
    const rate = ratesIn(rates, model);
    return rate === null ? [] : [{ ...rate, startedAtMs }];
  });
  const [best] = priced.toSorted(
    (a, b) => Number(a.isModified) - Number(b.isModified) || b.startedAtMs - a.startedAtMs,
  );
  return best?.price ?? null;
}

/** The list price of each model by its newest call, found through the rollups; models without a price are missing. O(models * log calls) after the rollups. */
export function latestPrices(statements: Statements): ReadonlyMap<string, RunListPrice> {
  const prices = new Map<string, RunListPrice>();
  const newest = statements.all(
    `SELECT (SELECT name FROM names WHERE id = r.model) AS model, max(r.newest) AS newest
     FROM rollups r WHERE r.priced > 0 GROUP BY r.model`,
  );
  for (const row of newest) {
    const model = textOf(row, 'model');
    const calls = statements.all(
      `SELECT (SELECT name FROM names WHERE id = rates) AS rates, started_at_ms AS started
       FROM calls WHERE started_at_ms = ? AND owner_pid IS NULL LIMIT 100`,
      startOfNewest(integerOf(row, 'newest')),
    );
    const named = calls.map((call) => ({ rates: textOf(call, 'rates'), startedAtMs: integerOf(call, 'started') }));
    const own = named.filter(({ rates }) => rates.includes(JSON.stringify(model)));
    const price = listPriceOf(own.length > 0 ? own : named, model);
    if (price !== null) prices.set(model, price);
  }
  return prices;
}

/** The rates of a model in the JSON that calls keep, by its name or, as providers name models with a date, the only one there is. */
export function ratesIn(
  json: string,
  model: string,
): { readonly price: RunListPrice; readonly isModified: boolean } | null {
  let entries: unknown;
  try {
    entries = JSON.parse(json);
  } catch {
    return null;
  }
  if (!Array.isArray(entries)) return null;
  const objects = entries.filter((entry): entry is object => typeof entry === 'object' && entry !== null);
  const entry = objects.find((candidate) => Reflect.get(candidate, 'model') === model) ?? objects[0];
  if (entry === undefined) return null;
  const rate = (name: string): number | null => {
    const value: unknown = Reflect.get(entry, name);
    return typeof value === 'number' ? value : null;
  };
  const input = rate('inputNanoUsdPerMtok');
  const output = rate('outputNanoUsdPerMtok');
  if (input === null || output === null) return null;
  const modifiers: unknown = Reflect.get(entry, 'modifiers');
  return {
    price: {
      inputNanoUsdPerMtok: input,
      outputNanoUsdPerMtok: output,
      cacheReadNanoUsdPerMtok: rate('cacheReadNanoUsdPerMtok'),
      cacheWriteNanoUsdPerMtok: rate('cacheWrite5mNanoUsdPerMtok'),
    },
    isModified: Array.isArray(modifiers) && modifiers.length > 0,
  };
}

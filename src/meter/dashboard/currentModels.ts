import { groupBy } from '../../analysis/groupBy.ts';
import { modelFamily } from '../../analysis/modelFamily.ts';
import type { BookModel, PriceBook } from '../../pricing/priceBook.ts';

/** Sections of the book that are catalogues of coding tools: what they sell, somebody codes with. */
const codingTools = ['github-copilot', 'cursor'] as const;

interface Versioned {
  readonly id: string;
  /** What its versions have in common. */
  readonly line: string;
  readonly major: number;
  readonly minor: number;
}

/**
 * Models that one would code with today, by maker, from the book alone: those of a maker's models that coding tools sell too (all with a price for cache
 * reads, which agents live on, where the tools sell none of them), of each line the newest version, and no line whose newest is two major versions (without
 * the tools' word one) behind the maker's newest. A maker's section may resell others' models: only its largest family counts. Ids are the first ones
 * of their entries. What an id does not tell (that a model is retired) is not known here.
 */
export function currentModels(book: PriceBook): ReadonlyMap<string, ReadonlySet<string>> {
  const sold = new Set(codingTools.flatMap((tool) => book.sections[tool]?.models.flatMap(({ ids }) => ids) ?? []));
  const makers = Object.entries(book.sections).filter(([, { firstParty }]) => firstParty);
  return new Map(
    makers.map(([maker, { models }]) => {
      const own = largestFamily(models);
      const forCode = own.filter(({ ids }) => ids.some((id) => sold.has(id)));
      const candidates = forCode.length > 0 ? forCode : own.filter(hasCachePrice);
      const behind = forCode.length > 0 ? 1 : 0;
      const versions = candidates.map(({ ids: [id = ''] }) => versionOf(id));
      const newestMajor = versions.reduce((most, { major }) => Math.max(most, major), 0);
      const lines = new Map<string, Versioned>();
      for (const version of versions) {
        const known = lines.get(version.line);
        if (known === undefined || isNewer(version, known)) lines.set(version.line, version);
      }
      return [
        maker,
        new Set([...lines.values()].filter(({ major }) => major >= newestMajor - behind).map(({ id }) => id)),
      ];
    }),
  );
}

function largestFamily(models: readonly BookModel[]): readonly BookModel[] {
  const families = groupBy(models, ({ ids: [id = ''] }) => modelFamily(id));
  return [...families.values()].reduce<readonly BookModel[]>(
    (most, own) => (own.length > most.length ? own : most),
    [],
  );
}

function hasCachePrice({ rows }: BookModel): boolean {
  return rows.some(({ cacheRead, output }) => cacheRead !== undefined && (output ?? 0) > 0);
}

function isNewer(a: Versioned, b: Versioned): boolean {
  return a.major > b.major || (a.major === b.major && a.minor > b.minor);
}

/** "claude-opus-4-8" and "claude-opus-4.8" are 4.8 of "claude-opus"; "24b" is a size and "2512" a date. An id without a version is version 0 of itself. */
function versionOf(id: string): Versioned {
  const words = id.split('-');
  for (const [at, word] of words.entries()) {
    const match = /^([a-z]*)(\d{1,2})(?:\.(\d{1,2}))?([a-z]*)$/.exec(word);
    const [, before = '', major = '', ownMinor, after = ''] = match ?? [];
    if (match === null || after === 'b') continue;
    const next = words[at + 1] ?? '';
    const isNextMinor = ownMinor === undefined && after === '' && /^\d{1,2}$/.test(next);
    const rest = [...words.slice(0, at), `${before}${after}`, ...words.slice(at + (isNextMinor ? 2 : 1))];
    return {
      id,
      line: rest.filter((part) => part !== '').join('-'),
      major: Number(major),
      minor: Number(ownMinor ?? (isNextMinor ? next : 0)),
    };
  }
  return { id, line: id, major: 0, minor: 0 };
}

import type { PriceBook } from '../../src/pricing/priceBook.ts';

/** One model a line, so that a change of prices reads as one in a diff. */
export function linesOfBook(book: PriceBook): string {
  const sections = Object.entries(book.sections).map(([name, { models, ...rest }]) => {
    const lines = models.map((model) => JSON.stringify(model)).join(',\n');
    return `${JSON.stringify(name)}:${JSON.stringify(rest).slice(0, -1)},"models":[\n${lines}\n]}`;
  });
  const { version, sources } = book;
  return `{"version":${JSON.stringify(version)},"sources":${JSON.stringify(sources)},"sections":{\n${sections.join(',\n')}\n}}\n`;
}

export function linesOfList(list: readonly object[]): string {
  return `[\n${list.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`;
}

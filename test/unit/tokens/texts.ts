import fc from 'fast-check';

/** One or more of every class that the pattern tells apart, and what makes it backtrack. */
const TELLING_PARTS = [
  ...['a', 'b', 's', 'r', 'e', 'l', 'd', 'A', 'B', 'S', 'É', 'ß', 'ǅ', 'ʰ', '漢', 'ア', 'א', '\u0301', '\u0903'],
  ...['1', '23', '٣', '½', 'Ⅷ', ' ', '  ', '\t', '\n', '\r', '\r\n', '\u00a0', '\u2028', '\u3000', '\ufeff'],
  ...['!', '=', '/', '_', "'", "'s", "'RE", '’', '€', '\u200d', '\ufe0f', '😀', '👩‍👩‍👧', '𝐀', '𝐚', '𐐷', '𞤀'],
  ...['\ud835', '\ud800', '\udc00', '\udfff', '\0', '\u0378', 'the', ' and', 'Word', '<|endoftext|>'],
];

export function tellingText(maxLength = 40): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...TELLING_PARTS), { maxLength }).map((parts) => parts.join(''));
}

/** Any UTF-16, lone surrogates included. */
export function anyText(maxLength = 60): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'binary', maxLength }),
    fc.string({ unit: 'grapheme', maxLength }),
    fc.string({ unit: 'grapheme-ascii', maxLength }),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength }).map((units) => String.fromCharCode(...units)),
  );
}

/** The text in deltas, cut anywhere, between the halves of a surrogate pair too. */
export function cutText(text: string, sizes: readonly number[]): string[] {
  const deltas: string[] = [];
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? 1);
    deltas.push(text.slice(at, at + size));
    at += size;
  }
  return deltas;
}

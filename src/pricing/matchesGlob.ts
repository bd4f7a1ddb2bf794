/**
 * Whether a whole text matches a pattern in which `*` stands for any run of characters, slashes included. Every other character
 * stands for itself, because model ids contain brackets, dots and question-mark-free punctuation. Never backtracks: each piece
 * between two stars is taken at its first place, which is enough for a pattern of this kind.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const pieces = pattern.split('*');
  const first = pieces[0] ?? '';
  if (pieces.length === 1) return text === first;
  const last = pieces.at(-1) ?? '';
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

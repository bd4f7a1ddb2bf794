/** How much is handed over at once: enough that writing costs nothing, far below the longest string there can be. */
const PIECE_CHARACTERS = 4_000_000;

/**
 * The text of a JSON object in pieces, indented by two, every entry of its lists on one line. Pairs of many models on many tasks come to more
 * characters than one string can hold, and indenting them would double that. Values must be plain data. O(characters).
 */
export function* jsonLines(value: object): Generator<string> {
  let piece = '{';
  let separator = '\n';
  for (const [name, field] of Object.entries(value) as [string, unknown][]) {
    piece += `${separator}  ${JSON.stringify(name)}: `;
    separator = ',\n';
    if (!Array.isArray(field) || field.length === 0) {
      piece += JSON.stringify(field, null, 2).replaceAll('\n', '\n  ');
      continue;
    }
    for (const [index, entry] of (field as readonly unknown[]).entries()) {
      piece += `${index === 0 ? '[' : ','}\n    ${JSON.stringify(entry)}`;
      if (piece.length < PIECE_CHARACTERS) continue;
      yield piece;
      piece = '';
    }
    piece += '\n  ]';
  }
  yield `${piece}\n}\n`;
}

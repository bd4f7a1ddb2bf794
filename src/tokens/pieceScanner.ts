/**
 * The `pat_str` of o200k as a hand-written scanner: `pieceEnd(text, at)` is where the pattern's match at `at` would end.
 *
 * A scanner because the compiled pattern takes four times as long, more than all the rest of counting, and because a backtracking
 * engine needs stack in proportion to the length of a run: four million Chinese characters end in a RangeError. The tests hold the
 * scanner against the pattern itself, and `SCANNED_PATTERN` against the one in the rank file. Character classes are asked from the engine's own `\p{}`
 * tables, one code point at a time and once each, so both always speak of the same version of Unicode.
 */
export const SCANNED_PATTERN = [
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+('s|'S|'t|'T|'re|'rE|'Re|'RE|'ve|'vE|'Ve|'VE|'m|'M|'ll|'lL|'Ll|'LL|'d|'D)?",
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*('s|'S|'t|'T|'re|'rE|'Re|'RE|'ve|'vE|'Ve|'VE|'m|'M|'ll|'lL|'Ll|'LL|'d|'D)?",
  '\\p{N}{1,3}',
  ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*',
  '\\s*[\\r\\n]+',
  '\\s+(?!\\S)',
  '\\s+',
].join('|');

/** Bits, so that the sets of the pattern are one `&` each. */
const UPPER = 1; // Lu, Lt
const LOWER = 2; // Ll
const CASELESS = 4; // Lm, Lo
const MARK = 8; // M: may begin a word, continue it, or stand among symbols
const NUMBER = 16;
const LINE_BREAK = 32; // \r, \n
const SPACE = 64; // \s without the line breaks
const SYMBOL = 128; // all the rest, lone surrogates included

const LETTER = UPPER | LOWER | CASELESS;
const HEAD = UPPER | CASELESS | MARK;
const BODY = LOWER | CASELESS | MARK;
const WHITE = SPACE | LINE_BREAK;
const SIGN = SYMBOL | MARK;

const APOSTROPHE = 0x27;
const SLASH = 0x2f;
const BLANK = 0x20;

/** Class of each code point seen so far; 0 is not asked yet. */
const classes = new Uint8Array(0x110000);

function classify(codePoint: number): number {
  const char = String.fromCodePoint(codePoint);
  let found = SYMBOL;
  if (/[\r\n]/.test(char)) found = LINE_BREAK;
  else if (/\s/u.test(char)) found = SPACE;
  else if (/[\p{Lu}\p{Lt}]/u.test(char)) found = UPPER;
  else if (/\p{Ll}/u.test(char)) found = LOWER;
  else if (/[\p{Lm}\p{Lo}]/u.test(char)) found = CASELESS;
  else if (/\p{M}/u.test(char)) found = MARK;
  else if (/\p{N}/u.test(char)) found = NUMBER;
  classes[codePoint] = found;
  return found;
}

function classAt(text: string, at: number): number {
  let code = text.charCodeAt(at);
  if (code >= 0xd800 && code <= 0xdbff) code = text.codePointAt(at) as number;
  return (classes[code] as number) || classify(code);
}

/** A code point is two units long exactly where a high surrogate is followed by a low one. */
function widthAt(text: string, at: number): number {
  const code = text.charCodeAt(at);
  if (code < 0xd800 || code > 0xdbff) return 1;
  return (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
}

function runEnd(text: string, from: number, set: number): number {
  let at = from;
  while (at < text.length && (classAt(text, at) & set) !== 0) at += widthAt(text, at);
  return at;
}

/** End of the piece that begins at `at`, which must be below `text.length` and not inside a surrogate pair. */
export function pieceEnd(text: string, at: number): number {
  const first = classAt(text, at);
  if ((first & LETTER) !== 0) return wordEnd(text, at);
  if (first === NUMBER) return numberEnd(text, at);
  const next = at + widthAt(text, at);
  if (first !== LINE_BREAK && next < text.length) {
    const second = classAt(text, next);
    // The pattern tries a leading mark as prefix of a small-letter word, then as such a word of its own, and never as prefix of capitals.
    if (first === MARK) return suffixEnd(text, Math.max(next, smallWordEnd(text, next)));
    if ((second & (LETTER | MARK)) !== 0) return wordEnd(text, next);
    if (text.charCodeAt(at) === BLANK && second === SYMBOL) return signsEnd(text, next);
  }
  if (first === MARK) return next;
  return first === SYMBOL ? signsEnd(text, next) : whiteEnd(text, at);
}

/** The first two alternatives from behind their optional prefix: a word with small letters, else a run of capitals. */
function wordEnd(text: string, from: number): number {
  const small = smallWordEnd(text, from);
  return suffixEnd(text, small >= 0 ? small : runEnd(text, from, UPPER));
}

/** `HEAD* BODY+` with its backtracking: where no small letter follows the head, the body is the last caseless letter or mark of it. */
function smallWordEnd(text: string, from: number): number {
  let at = from;
  let lastBodyEnd = -1;
  while (at < text.length) {
    const found = classAt(text, at);
    if ((found & HEAD) === 0) return found === LOWER ? runEnd(text, at, BODY) : lastBodyEnd;
    at += widthAt(text, at);
    if (found !== UPPER) lastBodyEnd = at;
  }
  return lastBodyEnd;
}

/** An English contraction, 's to 'll in any case, belongs to the word before it. */
function suffixEnd(text: string, at: number): number {
  if (text.charCodeAt(at) !== APOSTROPHE) return at;
  const letter = text.charAt(at + 1).toLowerCase();
  if (letter === 's' || letter === 't' || letter === 'm' || letter === 'd') return at + 2;
  const pair = letter + text.charAt(at + 2).toLowerCase();
  return pair === 're' || pair === 've' || pair === 'll' ? at + 3 : at;
}

function numberEnd(text: string, from: number): number {
  let at = from;
  for (let digits = 0; digits < 3 && at < text.length && classAt(text, at) === NUMBER; digits++)
    at += widthAt(text, at);
  return at;
}

function signsEnd(text: string, from: number): number {
  let at = runEnd(text, from, SIGN);
  while (at < text.length && (text.charCodeAt(at) === SLASH || classAt(text, at) === LINE_BREAK)) at++;
  return at;
}

/** The three whitespace alternatives: up to the last line break of the run, else all but the blank that the next word takes. */
function whiteEnd(text: string, from: number): number {
  let at = from;
  let lastBreakEnd = -1;
  while (at < text.length) {
    const found = classAt(text, at);
    if ((found & WHITE) === 0) break;
    at++;
    if (found === LINE_BREAK) lastBreakEnd = at;
  }
  if (lastBreakEnd >= 0) return lastBreakEnd;
  return at < text.length && at - from > 1 ? at - 1 : at;
}

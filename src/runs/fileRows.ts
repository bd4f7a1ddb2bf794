import { parse } from 'csv-parse/sync';
import { type ColumnMap, mapColumns, type RunColumn } from './runColumns.ts';

/** One row of a file, with its texts by column. */
export interface FileRow {
  /** Of the file, from 1; in a JSON array the entry, from 1. */
  readonly line: number;
  /** The text of a column; '' where the row has none. */
  readonly text: (column: RunColumn) => string;
}

export interface RowProblem {
  readonly line: number;
  readonly reason: string;
}

/** The rows of a file, or why the whole file is of no use. */
export type FileRows =
  | {
      readonly ok: true;
      readonly rows: readonly FileRow[];
      readonly problems: readonly RowProblem[];
      readonly columns: ColumnMap;
    }
  | { readonly ok: false; readonly refusal: string };

const delimiters = [',', ';', '\t', '|'] as const;
/** A record above it is a quote that was never closed, or no table. */
const MAX_RECORD_CHARACTERS = 1_000_000;

const refuse = (refusal: string): FileRows => ({ ok: false, refusal });

/**
 * Splits a file into rows: JSON lines, a JSON array of objects, or CSV with commas, semicolons, tabs or bars, whichever makes the most of the
 * first line. UTF-8 or UTF-16 with a byte order mark. Never throws.
 */
export function fileRows(bytes: Uint8Array): FileRows {
  const text = decode(bytes);
  if (text === null) return refuse('The file is no text in UTF-8 (or UTF-16 with its mark).');
  const start = text.trimStart();
  if (start === '') return refuse('The file is empty.');
  if (start.startsWith('[')) return arrayRows(start);
  return start.startsWith('{') ? lineRows(text) : csvRows(text);
}

function decode(bytes: Uint8Array): string | null {
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

function arrayRows(text: string): FileRows {
  try {
    const values: unknown = JSON.parse(text);
    if (Array.isArray(values))
      return objectRows(
        values.map((value, index) => ({ line: index + 1, value })),
        [],
      );
  } catch {
    // Said below; the parser's own words may quote the file.
  }
  return refuse('The file begins like a JSON array and is none.');
}

function lineRows(text: string): FileRows {
  const values: { line: number; value: unknown }[] = [];
  const problems: RowProblem[] = [];
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    if (line.trim() === '') return;
    try {
      values.push({ line: index + 1, value: JSON.parse(line) as unknown });
    } catch {
      problems.push({ line: index + 1, reason: 'is no JSON' });
    }
  });
  return objectRows(values, problems);
}

function objectRows(
  values: readonly { readonly line: number; readonly value: unknown }[],
  broken: readonly RowProblem[],
): FileRows {
  const problems = [...broken];
  const objects: { readonly line: number; readonly fields: ReadonlyMap<string, unknown> }[] = [];
  const names = new Set<string>();
  for (const { line, value } of values) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      problems.push({ line, reason: 'is no object' });
      continue;
    }
    const fields = new Map<string, unknown>(Object.entries(value));
    for (const name of fields.keys()) names.add(name);
    objects.push({ line, fields });
  }
  const columns = mapColumns([...names].map((name) => [name, name] as const));
  if (columns.problem !== null) return refuse(columns.problem.replace('the first line has', 'its objects have'));
  const rows = objects.map(
    ({ line, fields }): FileRow => ({
      line,
      text: (column) => textOf(fields.get(columns.at.get(column) ?? '')),
    }),
  );
  return { ok: true, rows, problems, columns };
}

/** Objects and lists are no values of a column; their text is refused by whatever reads the cell, or kept as a name. */
function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function csvRows(text: string): FileRows {
  // Spreadsheets name their separator in a line of its own.
  const named = /^sep=(.)\r?\n/i.exec(text);
  const table = named === null ? text : text.slice(named[0].length);
  const delimiter = named?.[1] ?? bestDelimiter(table);
  let records: readonly CsvRecord[];
  try {
    records = parseCsv(table, delimiter);
  } catch (error) {
    return refuse(csvRefusal(error, named === null ? 0 : 1));
  }
  const [header, ...rest] = records;
  const columns = mapColumns((header?.record ?? []).map((name, index) => [name, String(index)] as const));
  if (columns.problem !== null) return refuse(columns.problem);
  const width = header?.record.length ?? 0;
  const problems: RowProblem[] = [];
  const rows: FileRow[] = [];
  for (const { record, info } of rest) {
    const line = info.lines + (named === null ? 0 : 1);
    if (record.every((cell) => cell === '')) continue;
    // A separator at the end of every line makes an empty value too many.
    const isWhole =
      record.length === width || (record.length > width && record.slice(width).every((cell) => cell === ''));
    if (isWhole) rows.push({ line, text: (column) => record[Number(columns.at.get(column) ?? -1)] ?? '' });
    else problems.push({ line, reason: widthProblem(record, { width, delimiter }) });
  }
  return { ok: true, rows, problems, columns };
}

function parseCsv(text: string, delimiter: string, toLine?: number): readonly CsvRecord[] {
  const records: unknown = parse(text, {
    delimiter,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: MAX_RECORD_CHARACTERS,
    ...(toLine !== undefined && { to_line: toLine }),
  });
  return records as readonly CsvRecord[];
}

/** The separator under which the first line names most columns that mean something. */
function bestDelimiter(text: string): string {
  const firstLine = /^[^\r\n]*/.exec(text.trimStart())?.[0] ?? '';
  const scores = delimiters.map((delimiter) => {
    const names = firstLine.split(delimiter).map((name) => name.replaceAll('"', ''));
    return {
      delimiter,
      score: mapColumns(names.map((name, index) => [name, String(index)] as const)).at.size,
      width: names.length,
    };
  });
  return scores.toSorted((a, b) => b.score - a.score || b.width - a.width)[0]?.delimiter ?? ',';
}

function widthProblem(
  record: readonly string[],
  { width, delimiter }: { readonly width: number; readonly delimiter: string },
): string {
  const other = delimiters.find(
    (candidate) => candidate !== delimiter && record.join(delimiter).split(candidate).length === width,
  );
  const count = `has ${record.length} ${record.length === 1 ? 'value' : 'values'} where the first line has ${width}`;
  return other === undefined
    ? count
    : `${count}: it is separated by ${nameOf(other)}, the first line by ${nameOf(delimiter)}`;
}

function nameOf(delimiter: string): string {
  const names: Readonly<Record<string, string>> = { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'bars' };
  return names[delimiter] ?? JSON.stringify(delimiter);
}

function csvRefusal(error: unknown, linesBefore: number): string {
  const lines = typeof error === 'object' && error !== null && 'lines' in error ? Number(error.lines) : Number.NaN;
  const where = Number.isNaN(lines) ? '' : ` near line ${lines + linesBefore}`;
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  if (code === 'CSV_QUOTE_NOT_CLOSED' || code === 'CSV_MAX_RECORD_SIZE') {
    return `A quotation mark is opened and never closed${where}, so that nobody can tell where rows end.`;
  }
  if (code === 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE') {
    return `Text follows a closing quotation mark${where}, so that nobody can tell where the value ends; a mark inside a value is written twice.`;
  }
  return `The file is no table of separated values${where}.`;
}

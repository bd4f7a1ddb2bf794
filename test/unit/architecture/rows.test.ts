import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const projectDir = resolve(import.meta.dirname, '../../..');
const numbered = (letter: string, first: number, last: number): readonly string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => `${letter}${first + index}`);
const wanted = [
  ...[...numbered('A', 1, 17), ...numbered('B', 1, 12), ...numbered('B', 15, 17), ...numbered('C', 1, 12)],
  ...numbered('D', 1, 10),
  ...[...numbered('E', 1, 7), ...numbered('E', 10, 12)],
];

interface NamedTest {
  readonly row: string;
  readonly long: boolean;
  readonly path: string;
  readonly title: string;
}

interface Rows {
  readonly rows: readonly string[];
  readonly tests: readonly NamedTest[];
  /** Files of fuzz targets. */
  readonly fuzzed: readonly string[];
  readonly unread: readonly string[];
}

/** "## A1 Promise", then lines "- `file`: title", "- long `file`: title", "- fuzz `file`: a sentence" or "- open: a sentence". */
function parseRows(text: string): Rows {
  const rows: string[] = [];
  const tests: NamedTest[] = [];
  const fuzzed: string[] = [];
  const unread: string[] = [];
  for (const line of text.split('\n')) {
    const row = /^## ([A-Z]\d+) \S/.exec(line)?.[1];
    if (row !== undefined) rows.push(row);
    if (!line.startsWith('- ') || line.startsWith('- open: ')) continue;
    const target = /^- fuzz `([^`]+)`: \S/.exec(line)?.[1];
    if (target !== undefined) {
      fuzzed.push(target);
      continue;
    }
    const [, long, path, title] = /^- (long )?`([^`]+)`: (.+)$/.exec(line) ?? [];
    if (path === undefined || title === undefined) unread.push(line);
    else tests.push({ row: rows.at(-1) ?? '', long: long !== undefined, path, title });
  }
  return { rows, tests, fuzzed, unread };
}

/** The titles of a file's tests and suites, as they are written. */
function titlesOf(path: string): ReadonlySet<string> {
  const file = join(projectDir, path);
  if (!existsSync(file)) return new Set();
  const text = readFileSync(file, 'utf8');
  const titles = text.matchAll(
    /(?:\b(?:it|test|describe)|\))\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`)/g,
  );
  return new Set([...titles].map(([, one, two, three]) => (one ?? two ?? three ?? '').replace(/\\(.)/g, '$1')));
}

const { rows, tests, fuzzed, unread } = parseRows(readFileSync(join(projectDir, 'test/ROWS.md'), 'utf8'));

describe('test/ROWS.md', () => {
  it('has every row once, in order', () => {
    expect(rows).toEqual(wanted);
    expect(unread).toEqual([]);
  });

  it('names a test of npm test for every row', () => {
    const held = new Set(tests.filter(({ long }) => !long).map(({ row }) => row));
    expect(wanted.filter((row) => !held.has(row))).toEqual([]);
  });

  it('names only tests that exist', () => {
    const missing = tests.filter(({ path, title }) => !titlesOf(path).has(title));
    expect(missing.map(({ row, path, title }) => `${row}: ${path}: ${title}`)).toEqual([]);
  });

  it('names every fuzz target', () => {
    const targets = readdirSync(join(projectDir, 'test/fuzz/targets')).map((name) => `test/fuzz/targets/${name}`);
    expect([...new Set(fuzzed)].sort()).toEqual(targets.sort());
  });

  it('calls long what runs with the soak, and nothing else', () => {
    expect(tests.filter(({ long, path }) => long !== path.startsWith('test/soak/'))).toEqual([]);
  });
});

describe('the reader of rows', () => {
  it('sees a row without a test, a line that is none, and the kind of a test', () => {
    const read = parseRows(
      '## A1 One\n\n- `a.test.ts`: works\n- long `b.test.ts`: works long\n## A2 Two\n- something else\n- open: later\n- fuzz `f.ts`: in bits\n',
    );
    expect(read.rows).toEqual(['A1', 'A2']);
    expect(read.tests.map(({ row, long, title }) => [row, long, title])).toEqual([
      ['A1', false, 'works'],
      ['A1', true, 'works long'],
    ]);
    expect(read.fuzzed).toEqual(['f.ts']);
    expect(read.unread).toEqual(['- something else']);
    expect(titlesOf('test/no.test.ts').size).toBe(0);
  });
});

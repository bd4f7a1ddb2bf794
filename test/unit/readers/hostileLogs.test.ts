import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Observation, Reader, ReadProblem } from '../../../src/readers/contract.ts';
import { spanOfCall } from '../../../src/readers/counts.ts';
import { geminiCli } from '../../../src/readers/geminiCli/geminiCli.ts';
import { readers } from '../../../src/readers/registry.ts';
import { type BuiltHome, buildHome } from './builtHome.ts';
import { merged, withoutRetracted } from './mergedCalls.ts';
import { readHome } from './readHome.ts';

const removals: (() => void)[] = [];

afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

function build(agent: string): BuiltHome {
  const home = buildHome(agent);
  removals.push(home.remove);
  return home;
}

function readersOf(...agents: readonly string[]): readonly (readonly [string, Reader])[] {
  return readers.filter(({ agent }) => agents.includes(agent)).map((reader) => [reader.agent, reader]);
}

const strangeValues = fc.oneof(
  fc.constantFrom(null, -1, 1.5, 1e300, '9', '__proto__', [], {}, true, 2 ** 62),
  fc.jsonValue({ maxDepth: 2 }),
);

/** By what their fixtures have. Claude Code's and Codex's logs are damaged in tests of their own. */
const ofLines = readersOf('copilot', 'gemini-cli', 'qwen-code', 'continue', 'kimi', 'pi', 'aider');
const ofDocuments = readersOf('cline', 'roo-code', 'kilo', 'opencode', 'gemini-cli', 'amp', 'droid');
const ofDatabases = readersOf('copilot', 'kilo', 'opencode', 'goose', 'zed', 'cursor');

/** Files of a home that its reader reads, by their ending. */
function logsOf(reader: Reader, home: BuiltHome, ending: string): readonly string[] {
  return [...readHome(reader, home).positions.keys()].filter((path) => path.endsWith(ending));
}

function countsOf(observation: Observation): readonly (number | null)[] {
  return Object.values(observation.usage);
}

function expectSane(observations: readonly Observation[]): void {
  for (const observation of observations) {
    expect(countsOf(observation).every((count) => count === null || (Number.isSafeInteger(count) && count >= 0))).toBe(
      true,
    );
    expect(Number.isSafeInteger(observation.atMs)).toBe(true);
    expect(observation.atMs).toBeGreaterThanOrEqual(Date.UTC(1999, 0));
    expect(observation.atMs).toBeLessThan(Date.UTC(2100, 0));
    const { durationMs } = observation;
    expect(durationMs === null || (Number.isSafeInteger(durationMs) && durationMs >= 0)).toBe(true);
    expect(observation.keys.ownId).not.toBe('');
  }
}

describe('hostile logs', () => {
  it.each(ofLines)('of %s are read up to where they are cut, and on from there', (agent, reader) => {
    const home = build(agent);
    const whole = merged(readHome(reader, home).observations);
    for (const path of logsOf(reader, home, '.jsonl')) {
      const bytes = readFileSync(path);
      for (const share of [0, 0.2, 0.55, 0.98]) {
        writeFileSync(path, bytes);
        truncateSync(path, Math.floor(bytes.length * share));
        const torn = readHome(reader, home);
        writeFileSync(path, bytes);
        const rest = readHome(reader, home, torn);
        expect(rest.problems.length).toBeLessThanOrEqual(readHome(reader, home).problems.length);
        const kept = withoutRetracted(torn.observations, rest.retracted);
        expect(merged([...kept, ...rest.observations])).toEqual(whole);
      }
    }
  });

  it.each(ofDocuments)('of %s that are documents are told of where they are cut', (agent, reader) => {
    const home = build(agent);
    for (const path of logsOf(reader, home, '.json')) {
      const bytes = readFileSync(path);
      for (const share of [0, 0.2, 0.5, 0.9]) {
        writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * share)));
        const { observations, problems } = readHome(reader, home);
        expectSane(observations);
        expect(problems.some(({ code }) => code === 'malformed-json')).toBe(true);
      }
      writeFileSync(path, bytes);
    }
  });

  it.each([...ofLines, ...ofDocuments])(
    'of %s tell no count that is none, whatever value is where',
    (agent, reader) => {
      const home = build(agent);
      const paths = ['.jsonl', '.json'].flatMap((ending) => logsOf(reader, home, ending));
      for (const path of paths) {
        const text = readFileSync(path, 'utf8');
        fc.assert(
          fc.property(fc.nat(), strangeValues, (seed, value) => {
            writeFileSync(path, withOneReplaced(text, seed, value));
            expectSane(readHome(reader, home).observations);
          }),
          { numRuns: 10 },
        );
        writeFileSync(path, text);
      }
    },
  );

  it.each(ofDatabases)('of %s tell no count that is none, whatever value is in a row', (agent, reader) => {
    const home = build(agent);
    for (const path of databasesOf(home)) {
      const bytes = readFileSync(path);
      fc.assert(
        fc.property(fc.nat(), strangeValues, (seed, value) => {
          writeFileSync(path, bytes);
          replaceInRow(path, seed, value);
          expectSane(readHome(reader, home).observations);
        }),
        { numRuns: 20 },
      );
      writeFileSync(path, bytes);
    }
  });

  it.each([2 ** 62, -1, Number.NaN, '9', 8 * 24 * 60 * 60 * 1000])(
    'tell of a call by its end alone where it is said to have lasted %s',
    (duration) => {
      const problems: string[] = [];
      const sink = { call: () => undefined, problem: ({ code }: ReadProblem) => void problems.push(code) };
      expect(spanOfCall(1_800_000_000_000, duration, sink)).toEqual({ atMs: 1_800_000_000_000, durationMs: null });
      expect(problems).toEqual(['bad-count']);
    },
  );

  it.each(ofDatabases)('of %s that are no database, or of somebody else, are told of', (agent, reader) => {
    const home = build(agent);
    for (const path of databasesOf(home)) {
      writeFileSync(path, 'no database');
      expect(readHome(reader, home).problems.map(({ code }) => code)).toContain('unexpected-shape');
      rmSync(path);
      const db = new DatabaseSync(path);
      db.exec('CREATE TABLE somebody (id INTEGER); CREATE TABLE message (id TEXT); CREATE TABLE threads (id TEXT);');
      db.close();
      expectSane(readHome(reader, home).observations);
    }
  });
});

function databasesOf(home: BuiltHome): readonly string[] {
  const isOne = (path: string): boolean => path.endsWith('.db') || path.endsWith('.vscdb');
  const found = readdirSync(home.homeDir, { recursive: true, encoding: 'utf8' }).filter(isOne);
  return found.map((name) => join(home.homeDir, name));
}

/** One column of one row is another value; where it holds a JSON text, one value inside of it. */
function replaceInRow(path: string, seed: number, value: unknown): void {
  const db = new DatabaseSync(path);
  const cells = cellsOf(db);
  const cell = cells[seed % Math.max(1, cells.length)];
  if (cell !== undefined) {
    const { table, rowId, column, held } = cell;
    const isJson = typeof held === 'string' && held.startsWith('{');
    const put = isJson ? withOneReplaced(held, Math.floor(seed / cells.length), value) : columnOf(value);
    // What the table's own rules refuse cannot be in it.
    db.prepare(`UPDATE OR IGNORE "${table}" SET "${column}" = ? WHERE rowid = ?`).run(put, rowId);
  }
  db.close();
}

interface Cell {
  readonly table: string;
  readonly rowId: SQLOutputValue;
  readonly column: string;
  readonly held: SQLOutputValue;
}

function cellsOf(db: DatabaseSync): readonly Cell[] {
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").all();
  return tables.flatMap(({ name }) => {
    const table = String(name);
    // A key that is the row's number takes nothing else.
    const columns = db.prepare("SELECT name FROM pragma_table_info(?) WHERE NOT (pk AND type = 'INTEGER')").all(table);
    const statement = db.prepare(`SELECT rowid AS hostile_id, * FROM "${table}"`);
    statement.setReadBigInts(true);
    return statement.all().flatMap((row) =>
      columns.map((about) => {
        const column = String(about['name']);
        return { table, rowId: row['hostile_id'] ?? null, column, held: row[column] ?? null };
      }),
    );
  });
}

function columnOf(value: unknown): string | number | bigint | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 2 ** 63 ? BigInt(value) : value;
  return JSON.stringify(value);
}

/** The JSON texts of a file, one of whose values is another. */
function withOneReplaced(text: string, seed: number, value: unknown): string {
  const isLines = !text.trimStart().startsWith('[') && text.trim().includes('\n{');
  const parts = isLines ? text.trim().split('\n') : [text];
  const at = seed % parts.length;
  const parsed = JSON.parse(parts[at] ?? 'null') as unknown;
  const places: (readonly [object, string])[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const key of Object.keys(node)) {
      places.push([node, key]);
      walk((node as Record<string, unknown>)[key]);
    }
  };
  walk(parsed);
  const place = places[Math.floor(seed / parts.length) % Math.max(1, places.length)];
  if (place !== undefined) Object.defineProperty(place[0], place[1], { value, enumerable: true });
  return parts.with(at, JSON.stringify(parsed)).join('\n');
}

describe('what lies beside a log', () => {
  it('is not read where a link leads out of the root', () => {
    const homeDir = mkdtempSync(join(tmpdir(), 'outlay-beside-'));
    removals.push(() => rmSync(homeDir, { recursive: true }));
    const folderOf = (): readonly (string | null)[] =>
      readHome(geminiCli, { homeDir }).observations.map((call) => call.folder);
    const project = join(homeDir, '.gemini/tmp/shop');
    mkdirSync(join(project, 'chats'), { recursive: true });
    const record = { id: 'm', timestamp: '2026-01-01T00:00:00Z', type: 'gemini', tokens: { input: 1, output: 1 } };
    writeFileSync(join(project, 'chats/session-a.jsonl'), `${JSON.stringify(record)}\n`);
    writeFileSync(join(homeDir, 'secret'), '/home/mara/secret');
    symlinkSync(join(homeDir, 'secret'), join(project, '.project_root'));
    expect(folderOf()).toEqual([null]);
    rmSync(join(project, '.project_root'));
    writeFileSync(join(project, '.project_root'), '/home/mara/shop\n');
    expect(folderOf()).toEqual(['/home/mara/shop']);
  });
});

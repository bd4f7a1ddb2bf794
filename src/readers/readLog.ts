import { hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { looksLikeDatabase, openForeignDatabase } from '../ledger/openForeignDatabase.ts';
import type { JsonObject } from '../wire/json.ts';
import type {
  DocumentFormat,
  JsonValue,
  LineContext,
  LinesFormat,
  Observation,
  ReadableFile,
  ReadProblem,
  ReadSink,
  SqliteFormat,
} from './contract.ts';
import { type FoundLog, isInside } from './findLogs.ts';
import { createJsonKernel, type JsonKernel } from './jsonKernel.ts';
import { type Needle, readLines } from './lineReader.ts';
import { parseRecord, weldedRecord } from './parseRecord.ts';
import { RecordSkimmer, type WantedFields } from './recordSkimmer.ts';

/** What is kept of a log between two reads. */
export interface LogPosition {
  readonly offset: number;
  readonly lines: number;
  /** A digest of bytes before the offset; what does not fit it any more was cut or replaced, and is read from its start. */
  readonly fingerprint: string;
  readonly state: JsonValue;
}

export interface LogProblem extends ReadProblem {
  /** 1 for the first; null where a problem belongs to no line. */
  readonly line: number | null;
}

export interface LogRead {
  readonly position: LogPosition;
  /** The file was read from its start although it had been read before. */
  readonly isAnew: boolean;
  /** See `LineParser`. */
  readonly retracted?: readonly string[];
  readonly awaits?: string | null;
}

export interface LogSink {
  call(observation: Observation): void;
  problem(problem: LogProblem): void;
}

export interface ReadLogOptions {
  readonly log: FoundLog;
  /** Null for a log that was never read. */
  readonly from: LogPosition | null;
  readonly context: LineContext;
}

export const maxLineBytes = 16 * 1024 * 1024;
const maxDocumentBytes = 64 * 1024 * 1024;
const maxBesideBytes = 16 * 1024 * 1024;
const fingerprintBytes = 256;
const shortLineBytes = 256;

const bufferBytes = 512 * 1024;
const begin: LogPosition = { offset: 0, lines: 0, fingerprint: '', state: null };

interface Workbench {
  /** Null where this Node runs no WebAssembly: all is done without it then, and comes to the same. */
  readonly kernel: JsonKernel | null;
  readonly buffer: Buffer;
}

let bench: Workbench | null = null;

/** Made for the first log that is read: most programs that could read one never do. */
function workbench(): Workbench {
  if (bench === null) {
    const kernel = createJsonKernel(bufferBytes);
    bench = { kernel, buffer: kernel?.text ?? Buffer.allocUnsafeSlow(bufferBytes) };
  }
  return bench;
}

/** Reads what is new in a log. Never throws; what cannot be read is a problem, and the position stays. */
export function readLog(options: ReadLogOptions, sink: LogSink): LogRead {
  const { log, from } = options;
  const stays: LogRead = { position: from ?? begin, isAnew: false };
  let file: number | null = null;
  try {
    file = openInside(log);
    const { format } = log.root;
    if (format.kind === 'lines') return readLineLog({ ...options, format, file }, sink);
    if (format.kind === 'document') return readDocument(format, { log, file }, sink);
    closeSync(file);
    file = null;
    return readDatabase(format, options, sink);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return stays;
    const problem = error instanceof Refused ? error.problem : unreadable(error);
    sink.problem({ ...problem, line: null });
    return stays;
  } finally {
    if (file !== null) closeSync(file);
  }
}

/** The first whole line of a log of lines, at most 512 KB of it; null where there is none or it cannot be read. */
export function firstLineOf(log: FoundLog): string | null {
  try {
    const file = openInside(log);
    try {
      // A buffer of its own, since a log that asks for another's lineage is being read with the shared one.
      const own = Buffer.allocUnsafe(Math.min(bufferBytes, fstatSync(file).size));
      const got = readSync(file, own, 0, own.length, 0);
      const end = own.subarray(0, got).indexOf(0x0a);
      return end < 0 && got === bufferBytes ? null : textOf(own.subarray(0, end < 0 ? got : end));
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

/** Visits the records with a needle of a log of lines, from its start. Never throws; what cannot be read is left out. */
export function eachRecordOf(log: FoundLog, visit: (record: JsonObject) => void): void {
  const { format } = log.root;
  if (format.kind !== 'lines') return;
  const visitLine = (bytes: Buffer): void => {
    const record = parseRecord(textOf(bytes));
    if (record !== null) visit(record);
  };
  const nothing = (): void => undefined;
  try {
    const file = openInside(log);
    try {
      const read = (into: Buffer, at: number): number => readSync(file, into, 0, into.length, at);
      const needles = format.needles?.map(needleOf) ?? null;
      // A buffer of its own, since the log that asks for this one is being read with the other.
      const own = Buffer.allocUnsafeSlow(bufferBytes);
      readLines(
        { read, from: begin, needles, maxLineBytes, buffer: own },
        { line: visitLine, skipped: nothing, tooLong: nothing, tail: visitLine },
      );
    } finally {
      closeSync(file);
    }
  } catch {
    // Whoever reads that log for itself tells what is wrong with it.
  }
}

const needles = new Map<string, Needle>();

function needleOf(text: string): Needle {
  let needle = needles.get(text);
  if (needle === undefined) {
    needle = createNeedle(Buffer.from(text));
    needles.set(text, needle);
  }
  return needle;
}

function createNeedle(needle: Buffer): Needle {
  const { kernel } = workbench();
  const find = kernel?.finder(needle) ?? null;
  return (bytes, from) => {
    // Lines that do not fit into the kernel's text are searched by Node.
    if (find === null || bytes.buffer !== kernel?.heap.buffer) return bytes.indexOf(needle, from);
    const start = bytes.byteOffset;
    const found = find(start + from, start + bytes.length);
    return found < 0 ? found : found - start;
  };
}

class Refused extends Error {
  readonly problem: ReadProblem;
  constructor(problem: ReadProblem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Opens a regular file that lies in its root when it is open, whatever was renamed meanwhile. A FIFO cannot hold this up. */
function openInside(log: Pick<FoundLog, 'path' | 'realRoot'>): number {
  const file = openSync(log.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const opened = fstatSync(file);
    if (!opened.isFile()) throw new Refused({ code: 'not-a-file', detail: 'not a regular file' });
    const real = realpathSync.native(log.path);
    const there = statSync(real);
    if (!isInside(real, log.realRoot) || there.ino !== opened.ino || there.dev !== opened.dev) {
      throw new Refused({ code: 'outside-root', detail: 'the file does not lie in its folder' });
    }
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function readLineLog(
  options: ReadLogOptions & { readonly format: LinesFormat; readonly file: number },
  sink: LogSink,
): LogRead {
  const { log, format, file, from } = options;
  const isSame = from !== null && fitsFingerprint(file, from);
  const start = isSame ? from : begin;
  const parser = format.open(readable(log), start.state, options.context);
  let lineNow = start.lines;
  const lineSink: ReadSink = {
    call: (observation) => sink.call(observation),
    problem: (problem) => sink.problem({ ...problem, line: lineNow }),
  };
  const parse = (record: JsonObject | null, line: number): void => {
    lineNow = line;
    if (record !== null) parser.line(record, lineSink);
  };
  const needles = format.needles?.map(needleOf) ?? null;
  const skimmer = skimmerOf(format);
  let stateBeforeTail: JsonValue | undefined;
  const place = readLines(
    {
      read: (into, at) => readSync(file, into, 0, into.length, at),
      from: start,
      needles,
      maxLineBytes,
      buffer: workbench().buffer,
    },
    {
      line(bytes, line) {
        const skimmed = skimmer?.skim(bytes) ?? null;
        if (skimmed !== null) {
          parse(skimmed, line);
          return;
        }
        const text = textOf(bytes);
        if (isBlank(text)) return;
        const record = parseRecord(text);
        if (record === null) sink.problem({ ...malformed(text), line });
        parse(record ?? weldedRecord(text), line);
      },
      skipped(bytes, line) {
        if (!isPlausible(bytes)) sink.problem({ ...malformed(''), line });
      },
      tooLong: (line) => sink.problem({ code: 'too-long', detail: 'a line of more than 16 MB', line }),
      tail(bytes, line) {
        // A last line without a break counts where it is whole, and is read once more when its file has grown.
        stateBeforeTail = parser.state();
        if (needles?.some((needle) => needle(bytes, 0) >= 0) ?? true) parse(parseRecord(textOf(bytes)), line);
      },
    },
  );
  const state = stateBeforeTail === undefined ? parser.state() : stateBeforeTail;
  parser.pause?.(lineSink);
  const position = { ...place, fingerprint: fingerprintOf(file, place.offset), state };
  const retracted = parser.retracted?.() ?? [];
  return { position, isAnew: from !== null && !isSame, retracted, awaits: parser.awaits?.() ?? null };
}

/** One a list of fields, since it learns what lines repeat. */
const skimmers = new Map<WantedFields, RecordSkimmer>();

function skimmerOf({ fields = null }: LinesFormat): RecordSkimmer | null {
  const { kernel } = workbench();
  if (fields === null || kernel === null) return null;
  let skimmer = skimmers.get(fields);
  if (skimmer === undefined) {
    skimmer = new RecordSkimmer(kernel, fields);
    skimmers.set(fields, skimmer);
  }
  return skimmer;
}

function readDocument(
  format: DocumentFormat,
  { log, file }: { readonly log: FoundLog; readonly file: number },
  sink: LogSink,
): LogRead {
  const bytes = bytesOf(file, Math.min(format.maxBytes, maxDocumentBytes));
  format.parse(bytes, readable(log), withoutLine(sink));
  return { position: { ...begin, offset: bytes.length }, isAnew: false };
}

function bytesOf(file: number, maxBytes: number): Buffer {
  const { size } = fstatSync(file);
  if (size > maxBytes) throw new Refused({ code: 'too-long', detail: 'the file is too large' });
  const bytes = Buffer.alloc(size);
  let filled = 0;
  for (let got = -1; got !== 0 && filled < size; filled += got)
    got = readSync(file, bytes, filled, size - filled, filled);
  return bytes.subarray(0, filled);
}

function readable(log: FoundLog): ReadableFile {
  return {
    path: log.path,
    relativePath: log.relativePath,
    mtimeMs: log.mtimeMs,
    beside: (path) => besideOf(log, path),
  };
}

function besideOf(log: FoundLog, path: string): Buffer | null {
  try {
    const file = openInside({ path: join(dirname(log.path), path), realRoot: log.realRoot });
    try {
      return bytesOf(file, maxBesideBytes);
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

function readDatabase(format: SqliteFormat, { log, from }: ReadLogOptions, sink: LogSink): LogRead {
  if (!looksLikeDatabase(log.path)) throw new Refused({ code: 'unexpected-shape', detail: 'no SQLite database' });
  const db = openForeignDatabase(log.path);
  try {
    const state = format.read(db, log, { state: from?.state ?? null, sink: withoutLine(sink) });
    return { position: { ...begin, offset: log.sizeBytes, state }, isAnew: false };
  } finally {
    db.close();
  }
}

function withoutLine(sink: LogSink): ReadSink {
  return {
    call: (observation) => sink.call(observation),
    problem: (problem) => sink.problem({ ...problem, line: null }),
  };
}

function fitsFingerprint(file: number, from: LogPosition): boolean {
  return from.offset <= fstatSync(file).size && fingerprintOf(file, from.offset) === from.fingerprint;
}

/** Of the first bytes and of the last ones before the offset. */
function fingerprintOf(file: number, offset: number): string {
  if (offset === 0) return '';
  const bytes = Buffer.alloc(2 * fingerprintBytes);
  const length = Math.min(fingerprintBytes, offset);
  readSync(file, bytes, 0, length, 0);
  readSync(file, bytes, fingerprintBytes, length, offset - length);
  return hash('sha1', bytes, 'base64');
}

function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

function malformed(text: string): ReadProblem {
  const isDeep = text.length > 65_536 && looksWhole(text);
  return isDeep
    ? { code: 'too-deep', detail: 'a line nests too deep or is no JSON object' }
    : { code: 'malformed-json', detail: 'a line is no JSON object' };
}

function looksWhole(text: string): boolean {
  return text.startsWith('{') && text.trimEnd().endsWith('}');
}

/** Whether a line that nobody needs looks like an object, or is blank. Short ones are parsed, which costs little. */
function isPlausible(bytes: Buffer): boolean {
  if (bytes.length <= shortLineBytes) {
    const text = textOf(bytes);
    return isBlank(text) || parseRecord(text) !== null;
  }
  let first = 0;
  let last = bytes.length - 1;
  while (first < last && isSpace(bytes[first])) first++;
  while (last > first && isSpace(bytes[last])) last--;
  return bytes[first] === 0x7b && bytes[last] === 0x7d;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0d || byte === 0x09;
}

function unreadable(error: unknown): ReadProblem {
  return { code: 'unreadable', detail: `cannot be read (${codeOf(error)})` };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'error';
}

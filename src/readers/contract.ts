import type { ApiKind, AuthKind, ProviderId } from '../domain/api.ts';
import type { NanoUsd } from '../domain/money.ts';
import type { Usage, UsagePart } from '../domain/usage.ts';
import type { ForeignDatabase } from '../ledger/openForeignDatabase.ts';
import type { JsonObject } from '../wire/json.ts';
import type { WantedFields } from './recordSkimmer.ts';

/** Where logs are looked for. With `--home DIR` the environment is empty, so that no override variable leads out of that home. */
export interface Place {
  readonly homeDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** The user's own, of which settings of editors may move folders; not with `--home DIR`. */
  readonly isOwn?: boolean;
  /** What editors' settings say, by their names; see `withEditorSettings`. */
  readonly settings?: Readonly<Record<string, readonly string[]>>;
}

/**
 * What names a call, strongest first. The first that is not null is its identity: two observations of transcripts with the same
 * identity are one call, over all files and agents of one provider. The others join it to what the gateway or the host saw.
 */
export interface ObservationKeys {
  /** The provider's message or response id ("msg_...", "resp_...", "chatcmpl-..."). Alone it identifies a call. */
  readonly responseId: string | null;
  /** The provider's request id ("req_..."). */
  readonly requestId: string | null;
  /**
   * What identifies the call inside the agent's own logs where the provider's ids are missing, for example "<session>/<row id>".
   * It must be the same in every copy of the record, and is made unique with the agent's name by whoever books it. Never empty.
   */
  readonly ownId: string;
}

/** One call as an agent's log tells of it. Times are those of the log; counts follow `Usage`: each token in one field only. */
export interface Observation {
  readonly provider: ProviderId;
  readonly api: ApiKind;
  readonly model: string;
  readonly keys: ObservationKeys;
  /** The agent's own session id: for a sub-agent its parent's, where the log tells. */
  readonly session: string;
  readonly subAgent: string | null;
  /** The working folder, an absolute path; null where the log does not tell. */
  readonly folder: string | null;
  readonly branch: string | null;
  readonly atMs: number;
  readonly durationMs: number | null;
  readonly usage: Usage;
  /** Only where the call has more than one; they add up to `usage`. */
  readonly parts?: readonly UsagePart[];
  /**
   * True where the log has only the sum of several calls (a session's total): no tier by the size of one request applies to it, and
   * it is no single call to count. It is over what was called from `atMs` for `durationMs`, until it was written: calls of that time and
   * session that are known one by one are taken out of it.
   */
  readonly isSum: boolean;
  /** A sum over whatever models a session had, of which `model` is one. */
  readonly isOfAllModels?: boolean;
  /**
   * `reported`: the provider's own count. `estimated`: the agent counted for itself. `partial`: known to be lower than the truth
   * (a placeholder, an aborted turn).
   */
  readonly provenance: 'reported' | 'estimated' | 'partial';
  /** What the provider charged, as the log has it; null where the log has none or computes it from list prices of its own. */
  readonly billedNanoUsd: NanoUsd | null;
  /** `unknown` unless the log tells. Subscription use is shown at API prices and never as a bill. */
  readonly auth: AuthKind;
  readonly effort: string | null;
  readonly serviceTier: string | null;
  readonly speed: string | null;
  readonly inferenceGeo: string | null;
}

/** Fields that most logs do not have; spread first: `{ ...plainObservation, model, keys, ... }`. */
export const plainObservation = {
  subAgent: null,
  folder: null,
  branch: null,
  durationMs: null,
  isSum: false,
  provenance: 'reported',
  billedNanoUsd: null,
  auth: 'unknown',
  effort: null,
  serviceTier: null,
  speed: null,
  inferenceGeo: null,
} as const;

export type ReadProblemCode =
  | 'malformed-json'
  | 'too-long'
  | 'too-deep'
  | 'bad-count'
  | 'bad-encoding'
  | 'unexpected-shape'
  | 'unreadable'
  | 'outside-root'
  | 'not-a-file';

/** Something that could not be read. `detail` never quotes the log. The engine adds the file, and the line where it knows it. */
export interface ReadProblem {
  readonly code: ReadProblemCode;
  readonly detail: string;
}

export interface ReadSink {
  call(observation: Observation): void;
  problem(problem: ReadProblem): void;
}

/** A file as a parser may know of it. Parsers do no I/O: what they need of the path is in here. */
export interface SourceFile {
  readonly path: string;
  /** The path below its root, with "/" on every platform. */
  readonly relativePath: string;
  readonly mtimeMs: number;
}

/** A file that is being read. */
export interface ReadableFile extends SourceFile {
  /**
   * Another file of the same root, by its path from this file's folder with "/", at most 16 MB of it: for what is told once beside a log,
   * such as its folder. Null where there is none, or it cannot be read. A change of it alone causes a new reading of a document that names
   * it in `beside`, and of nothing else.
   */
  beside(path: string): Uint8Array | null;
}

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/** A session and the one that it was forked from, or that started it. */
export interface Lineage {
  readonly id: string;
  readonly parentId: string | null;
}

export interface LineContext {
  /**
   * Visits the records with a needle of another session's log of this reader, from its start. Returns false where no log names that
   * session in its lineage. Reads the file: only for what a parser cannot do without.
   */
  eachRecord(sessionId: string, visit: (record: JsonObject) => void): boolean;
}

/**
 * Reads one JSONL file from wherever it was left. Never throws for what is in the file. What it must remember between two reads
 * (the model of the turn, say) goes through `state`, which is kept with the file's offset.
 */
export interface LineParser {
  /** The object of a whole line, parsed within bounds. Only lines with one of the format's needles come here. */
  line(record: JsonObject, sink: ReadSink): void;
  /** Called when the file has no more whole lines for now. Also: push what was held back until the next line. */
  pause?(sink: ReadSink): void;
  /** The own ids under which an earlier reading may have told of calls that are another log's, or have another name by now. */
  retracted?(): readonly string[];
  /** The session whose log may yet tell that calls of this one are its own; null once that is settled. */
  awaits?(): string | null;
  /** Small, since it is kept for each file; null for nothing to remember. */
  state(): JsonValue;
}

/** A log that only grows: followed line by line, torn last lines waited for, resumed at a byte offset. */
export interface LinesFormat {
  readonly kind: 'lines';
  /**
   * Byte strings of which a line must hold at least one, or it is not parsed (it is still checked to look like an object). Choose
   * what survives whitespace: `"usage"` rather than `"usage":{`. Null: every line is parsed. Lines that are no JSON objects are told of
   * by the engine.
   */
  readonly needles: readonly string[] | null;
  /** `state` is what this parser returned for the file before; null for a new file, or one that was cut or replaced. */
  open(file: ReadableFile, state: JsonValue, context: LineContext): LineParser;
  /**
   * The fields that the parser looks at, where most of a line is text that it does not: it may get records without any other field.
   * Null or absent: records are whole.
   */
  readonly fields?: WantedFields | null;
  /**
   * Of a file, for formats whose logs repeat each other's records. The first record is null where its line is no record, or longer than
   * 512 KB, as a prompt with a picture in it may be.
   */
  lineage?(firstRecord: JsonObject | null, relativePath: string): Lineage | null;
}

/** A file that is rewritten as a whole. Read again when size or mtime changed; what was read before merges with it. */
export interface DocumentFormat {
  readonly kind: 'document';
  /** Larger files are a problem; at most 64 MB. */
  readonly maxBytes: number;
  /** The files beside a document that tell of its calls too: it is read again when the size of one has changed, or one has come. */
  beside?(relativePath: string): readonly string[];
  parse(bytes: Uint8Array, file: ReadableFile, sink: ReadSink): void;
}

/** A database of the agent's. It is read from an unchanging copy or as such, never written, and no file is made beside it. */
export interface SqliteFormat {
  readonly kind: 'sqlite';
  /**
   * `state` is what this function returned last for this file, null at first: for example the largest row id, so that only new rows
   * are read. Check with `db.has(table, ...columns)` before asking: versions differ.
   */
  read(db: ForeignDatabase, file: SourceFile, about: { readonly state: JsonValue; readonly sink: ReadSink }): JsonValue;
}

export type SourceFormat = LinesFormat | DocumentFormat | SqliteFormat;

/** A folder (or one file) of logs. Links that lead out of it are not followed, nor is anything but regular files read. */
export interface SourceRoot {
  /** Absolute. Need not exist. */
  readonly path: string;
  /** Whether a file is one of these logs, by its path below the root with "/"; called with "" where the root is the file itself. */
  accepts(relativePath: string): boolean;
  /** Folders below the root that are not gone into, by their relative path. */
  skipsFolder?(relativePath: string): boolean;
  /** How deep folders are gone into: 0 reads the root's own files only. */
  readonly maxDepth: number;
  readonly format: SourceFormat;
}

/** All that Outlay knows of one agent's logs. A new one is a folder here and a line in `registry.ts`. */
export interface Reader {
  /** As the gateway calls the agent: "claude-code", "codex", ... */
  readonly agent: string;
  /** As people call it: "Claude Code". */
  readonly title: string;
  /** The variables that move its logs, in the order in which they count; SECURITY.md names them. */
  readonly variables: readonly string[];
  /** The settings of VS Code that move its logs; SECURITY.md names them. */
  readonly settings?: readonly string[];
  /** Pure: looks at nothing but its argument. */
  paths(place: Place): readonly SourceRoot[];
}

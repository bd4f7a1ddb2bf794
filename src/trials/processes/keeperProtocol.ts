/** The first line that a keeper reads, as JSON: what to run. After it come `cancel` lines; the end of the stream means that nobody is left who waits. */
export interface KeptCommand {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** A file for its standard input; null for none. */
  readonly stdinPath: string | null;
  /** Gets what it prints, bounded; mode 0600. */
  readonly outputPath: string;
  readonly timeoutMs: number;
  /** Names every process of the command, by a variable of its environment. */
  readonly marker: string;
  /** Removed where nobody is left who would do it. */
  readonly orphanedFolder: string | null;
}

/** What a keeper prints, a line each. */
export type KeeperLine =
  | { readonly kind: 'started'; readonly group: number }
  | ({ readonly kind: 'ended' } & KeptResult);

export interface KeptResult {
  /** Null where a signal ended it, or it never started. */
  readonly code: number | null;
  readonly timedOut: boolean;
  readonly cancelled: boolean;
  /** Why it could not be started, in a sentence. */
  readonly startProblem: string | null;
  readonly durationMs: number;
}

/** Every process of a run has it in its environment, so that even one that left its group is found. */
export const MARKER_VARIABLE = 'OUTLAY_TRIAL_RUN';

export const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** A place of a log that could not be read. `detail` never quotes the log. */
export interface ImportProblemView {
  readonly file: string;
  /** 1 for the first; null where the problem is none of a line. */
  readonly line: number | null;
  readonly code: string;
  readonly detail: string;
}

/** What an import came to. `outlay import --json` prints it. Stable interface. */
export interface ImportReport {
  /** Logs that were found. */
  readonly files: number;
  /** Of those, the ones in which something was new. */
  readonly filesRead: number;
  /** Different calls that the read logs told of. */
  readonly calls: number;
  /** Calls that were not in the books. */
  readonly new: number;
  /** Observations of calls that were: copies in other logs, later snapshots, calls that the gateway carried. */
  readonly merged: number;
  /** Calls of a time that the user deleted; they do not come back. */
  readonly forgotten: number;
  readonly agents: readonly string[];
  /** At most 1,000. */
  readonly problems: readonly ImportProblemView[];
  readonly problemCount: number;
  readonly cancelled: boolean;
}

export interface ImportParams {
  /** Every agent's logs below this home, override variables left out; null for the user's own. */
  readonly homeDir: string | null;
  /** One agent's logs only. */
  readonly agent: string | null;
}

/** Import requests of the control API. */
export interface ImportControlMap {
  /** Imports what is new and answers when it is done. */
  readonly importLogs: { readonly params: ImportParams; readonly result: ImportReport };
}

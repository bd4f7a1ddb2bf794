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
  /** The new calls at API prices; what has no price is left out. It is no bill. */
  readonly newCostUsd: number;
  /** When the first of the new calls was made; null for none. */
  readonly firstCallAt: string | null;
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
  /**
   * Add what the meter read by itself before anybody asked, so that whoever tells the user of the first import has all of it. Only with all of
   * the user's own logs; left out is no.
   */
  readonly withUntold?: boolean;
}

export interface ImportState {
  readonly isRunning: boolean;
  /** Logs with something new, and those of them that are read. */
  readonly files: number;
  readonly filesDone: number;
}

/** Import requests of the control API. */
export interface ImportControlMap {
  /** Imports what is new and answers when it is done. */
  readonly importLogs: { readonly params: ImportParams; readonly result: ImportReport };
  /** How far the import is that runs. */
  readonly importState: { readonly params: Record<string, never>; readonly result: ImportState };
  /** Ends the import that runs after the logs that it is reading; the next one goes on from there. */
  readonly cancelImport: { readonly params: Record<string, never>; readonly result: Record<string, never> };
}

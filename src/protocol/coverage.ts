/** The one click that changes how an agent is seen; an enumeration, never a command id. */
export const coverageActions = [
  'observe',
  'stopObserving',
  'connectCline',
  'disconnectCline',
  'openTerminalsSetting',
  'openChildProcessSetting',
  'openIgnoreSetting',
] as const;

export type CoverageActionId = (typeof coverageActions)[number];

/** How calls of an agent are seen. `transcript` is for readers of agents' own files. */
export const coverageWays = ['gateway', 'host', 'transcript', 'none'] as const;

export type CoverageWay = (typeof coverageWays)[number];

/** What a budget can do: end a call in the middle or before it, refuse the next one, or nothing. */
export const coverageStops = ['ends', 'refuses', 'none'] as const;

export type CoverageStop = (typeof coverageStops)[number];

/** What a line is about: an agent that is installed or calls, or a kind of call, whoever makes it. */
export const coverageSubjects = ['agent', 'kind'] as const;

export type CoverageSubject = (typeof coverageSubjects)[number];

/** How one agent's calls, or calls of one kind, are seen. */
export interface CoverageLine {
  readonly id: string;
  readonly about: CoverageSubject;
  readonly label: string;
  readonly way: CoverageWay;
  readonly stop: CoverageStop;
  /** Null where none was seen: of an agent this week, of a kind of call in this window. Of a kind that is not seen: its last beginning. */
  readonly lastCallAtMs: number | null;
  /** One sentence. */
  readonly detail: string;
  readonly action: CoverageStep | null;
}

export interface CoverageStep {
  readonly id: CoverageActionId;
  /** On its button. */
  readonly text: string;
  /** What it changes, and how that is undone: two sentences. */
  readonly changes: string;
}

import type {
  Comparison,
  EffectivePricePage,
  Frontier,
  FrontierAxis,
  HistoryCell,
  HistoryKey,
  HistoryPeriod,
  ModelName,
  WhatIf,
} from '../analysis/contract.ts';
import type { CallOutliers } from '../analysis/thinkingContract.ts';
import type { CallRecord } from '../domain/call.ts';
import type { Figure } from '../domain/figure.ts';
import type { CorrectedCost } from '../domain/logCorrection.ts';
import type { RunOrigin } from '../domain/run.ts';
import type { RunControlMap } from './runs.ts';

/** What the user chose that changes figures. Everything else (page, open folds, hidden tables) is the webview's own. */
export interface DashboardQuery {
  /** Kinds of runs that are put together; null leaves the choice to the meter: the one origin with the most runs. */
  readonly origins: readonly RunOrigin[] | null;
  /** Bring runs of other dates to the newest list price. */
  readonly reprice: boolean;
  /** Models that are left out of the comparison, by their verbatim name or by label. */
  readonly without: readonly string[];
  /** Weights of the input and output list price in the figure that models are ranked by; each at least 0, not both 0. */
  readonly priceWeights: { readonly input: number; readonly output: number };
  readonly axis: FrontierAxis;
  readonly historyPeriod: HistoryPeriod;
  readonly historyKey: HistoryKey;
  /** `WhatIfSubject.id` of what is repriced; null leaves the choice to the meter. */
  readonly subject: string | null;
  /** A part of the title of the tasks that can be repriced; '' lists the newest. */
  readonly findTask: string;
  /** A call that is shown in full; null for none. */
  readonly call: string | null;
}

export const defaultDashboardQuery: DashboardQuery = {
  origins: null,
  reprice: true,
  without: [],
  priceWeights: { input: 1, output: 1 },
  axis: 'cost',
  historyPeriod: 'day',
  historyKey: 'model',
  subject: null,
  findTask: '',
  call: null,
};

/** Runs that may be compared, by where they come from. */
export interface OriginChoice {
  readonly origin: RunOrigin;
  /** For display: "Trials", "Own tasks", "Import leaderboard". */
  readonly label: string;
  readonly runs: number;
  readonly tasks: number;
  readonly isChosen: boolean;
  /** For an import: its name, and what removing it means in words. Null for the user's own work. */
  readonly removal: { readonly name: string; readonly sentence: string } | null;
}

/** The usage of a task or of a month: what "what if" can reprice. */
export interface WhatIfSubject {
  readonly id: string;
  /** "This month with claude-opus-4-8", "Fix the login (active, so far)". */
  readonly title: string;
  /** What it is listed under: "Active task", "This month". */
  readonly group: string;
}

export interface WhatIfResult extends WhatIf {
  /** Used here, one that one would code with today, or any other of the price book. */
  readonly standing: 'in use' | 'current' | 'other';
}

export interface WhatIfPage {
  readonly subjects: readonly WhatIfSubject[];
  /** Of the subject that `results` are about; null where there is no usage yet. */
  readonly subject: string | null;
  /** What it came to, in nano-USD; null where unpriced. */
  readonly costNanoUsd: number | null;
  /** The work is not finished: all figures are of what it used so far. */
  readonly isSoFar: boolean;
  /** Models of the price book, those that were used here first, then current ones, then all others, each by how near their list price is. */
  readonly results: readonly WhatIfResult[];
  readonly sentence: string;
  /** How the figures are to be read. */
  readonly notes: readonly string[];
}

/** The frontier as it stood at one moment: the runs that had begun by then. */
export interface FrontierMoment {
  readonly untilMs: number;
  readonly frontier: Frontier;
}

/** A sum of history as it is shown. */
export interface HistoryEntry extends HistoryCell {
  readonly cost: Figure;
  /** What it may come to where logs tell too little: an estimate beside the cost, in no sum. Null for nothing to say. */
  readonly corrected: CorrectedCost | null;
}

/** The whole of what the dashboard shows. Always complete, never a difference. */
export interface DashboardData {
  readonly generatedAtMs: number;
  /** As answered; `origins` and `subject` hold what the meter chose where they were left to it. */
  readonly query: DashboardQuery;
  readonly origins: readonly OriginChoice[];
  readonly effective: EffectivePricePage;
  readonly history: readonly HistoryEntry[];
  readonly comparison: Comparison;
  /** Oldest first; empty where no run has a date. */
  readonly moments: readonly FrontierMoment[];
  readonly whatIf: WhatIfPage;
  /** Every model that could be compared, those that are left out as well. */
  readonly modelNames: readonly ModelName[];
  /** Calls that thought far more than their model usually does on this kind of request, of the newest calls. */
  readonly callOutliers: CallOutliers;
  /** Titles of tasks by the id that history and runs name them by; a task without one is shown by its id. */
  readonly taskTitles: Readonly<Record<string, string>>;
  /** The call of `query.call`; null for none, or one that is gone. */
  readonly call: CallRecord | null;
}

/** An answer of the meter: the data, or how far it is. Asking again with the same query goes on waiting for the same work. */
export type DashboardAnswer =
  | { readonly state: 'ready'; readonly data: DashboardData }
  | { readonly state: 'working'; readonly doneShare: number };

/** Dashboard requests of the control API. */
export interface DashboardControlMap {
  /** `again`: work it out anew, whatever is kept. */
  readonly dashboard: {
    readonly params: { readonly query: DashboardQuery; readonly again: boolean };
    readonly result: DashboardAnswer;
  };
  /** Ends the work that is under way for this query; other windows that wait for it start it anew when they ask again. */
  readonly cancelDashboard: {
    readonly params: { readonly query: DashboardQuery };
    readonly result: Record<string, never>;
  };
}

/** What a panel asks the meter for. */
export type DashboardRequests = DashboardControlMap & Pick<RunControlMap, 'removeImport'>;

/** What the extension knows beside the data. */
export interface DashboardState {
  readonly meter: 'off' | 'starting' | 'running' | 'failed';
  /** One sentence where the figures cannot be had, or could not be brought up to date; else null. */
  readonly problem: string | null;
  /** The last data that came, also while newer is worked out. */
  readonly data: DashboardData | null;
  /** 0 to 1 while figures are worked out; null otherwise. */
  readonly progress: number | null;
  /** Calls were booked since `data` was worked out. */
  readonly isStale: boolean;
  readonly demo: boolean;
}

/** Messages from the extension to the dashboard; always whole states. */
export interface ToDashboard {
  readonly state: DashboardState;
}

export const exportKinds = ['png', 'csv'] as const;

export type ExportKind = (typeof exportKinds)[number];

/** Messages from the dashboard to the extension. */
export interface FromDashboard {
  /** The page listens; the query is the one that it was left with. */
  readonly ready: { readonly query: DashboardQuery };
  readonly query: { readonly query: DashboardQuery };
  readonly refresh: Record<string, never>;
  readonly cancel: Record<string, never>;
  readonly retry: Record<string, never>;
  readonly turnOn: Record<string, never>;
  readonly openTerminal: Record<string, never>;
  readonly newTask: Record<string, never>;
  /** Begins a trial: the same task for several models. */
  readonly newTrial: Record<string, never>;
  /** Removes an import with its runs; the user has said yes. */
  readonly removeImport: { readonly name: string };
  /** Asks where to save. `content` is base64 for a picture, text for a table; `name` is a file name without folder. */
  readonly exportFile: { readonly name: string; readonly kind: ExportKind; readonly content: string };
}

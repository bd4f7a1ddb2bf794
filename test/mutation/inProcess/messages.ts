/** What the test runner asks of the process that holds the tests, and what that answers. Ids are `file#suite > test`. */
export interface MutantOrder {
  readonly kind: 'mutant';
  readonly mutantId: string;
  /** In the order in which they are to be run. */
  readonly testIds: readonly string[];
  /** How often the mutant may be executed before it counts as endless; null where Stryker knows no bound. */
  readonly hitLimit: number | null;
  /** What each test took in the first run, in milliseconds. */
  readonly baselineMs: Readonly<Record<string, number>>;
}

export type Order = { readonly kind: 'dryRun' } | MutantOrder;

export interface RanTest {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  readonly tookMs: number;
  /** Null when the test passed. */
  readonly failure: string | null;
}

export type Coverage = Readonly<Record<string, number>>;

export interface DryRunAnswer {
  readonly kind: 'dryRun';
  readonly tests: readonly RanTest[];
  readonly coverage: {
    readonly static: Coverage;
    readonly perTest: Readonly<Record<string, Coverage>>;
  };
}

export type MutantAnswer =
  | { readonly kind: 'survived'; readonly testCount: number }
  | { readonly kind: 'killed'; readonly testCount: number; readonly testId: string; readonly failure: string }
  /** The mutant was executed too often, or a test of it did not end though it was given more time. */
  | { readonly kind: 'endless'; readonly reason: string }
  /** The test fails without the mutant as well now: an earlier mutant left something. Only a new process can tell. */
  | { readonly kind: 'spoilt'; readonly testId: string; readonly failure: string };

export type Answer = { readonly kind: 'loaded' } | DryRunAnswer | MutantAnswer;

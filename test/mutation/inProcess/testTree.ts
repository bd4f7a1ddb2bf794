/** The tests of one process, as the shim of Vitest collects them while their files are loaded. */
export type TestFunction = (...args: readonly unknown[]) => unknown;

export interface Suite {
  readonly name: string;
  readonly parent: Suite | null;
  readonly beforeAll: TestFunction[];
  readonly afterAll: TestFunction[];
  readonly beforeEach: TestFunction[];
  readonly afterEach: TestFunction[];
}

export interface CollectedTest {
  readonly id: string;
  readonly name: string;
  readonly file: string;
  readonly suite: Suite;
  readonly body: () => unknown;
  /** The limit that the test names itself, in milliseconds; null when it names none. */
  readonly limitMs: number | null;
}

export const newSuite = (name: string, parent: Suite | null): Suite => ({
  name,
  parent,
  beforeAll: [],
  afterAll: [],
  beforeEach: [],
  afterEach: [],
});

/** From the outermost suite to `suite` itself. */
export function suitesFromRoot(suite: Suite): readonly Suite[] {
  const found: Suite[] = [];
  for (let at: Suite | null = suite; at !== null; at = at.parent) found.unshift(at);
  return found;
}

/** What is being collected now, and the cleanups of the test that runs now. One process collects once: this is its state. */
export const collecting: {
  file: string;
  suite: Suite;
  readonly tests: CollectedTest[];
  readonly ids: Set<string>;
  finishing: TestFunction[] | null;
} = { file: '', suite: newSuite('', null), tests: [], ids: new Set(), finishing: null };

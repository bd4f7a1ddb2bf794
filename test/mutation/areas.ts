/** What mutation testing changes, and the tests that have to notice. */
export interface MutationArea {
  /** The sources that are mutated. Sources without logic (types, tables, generated data) are left out by `!`. */
  readonly mutate: readonly string[];
  /** The tests that run against each mutant. */
  readonly tests: readonly string[];
  /**
   * Tests of `tests` that take longer than all the others: every cut of every recording, and megabytes against the limits. A
   * mutant that only they would notice counts as survived.
   */
  readonly leaveOut: readonly string[];
}

export const mutationAreas = {
  wire: {
    mutate: ['src/wire/**/*.ts'],
    tests: ['test/unit/wire/**/*.test.ts'],
    leaveOut: [
      'test/unit/wire/eventStreamCuts.test.ts',
      'test/unit/wire/recordingsCutAndCompressed.test.ts',
      'test/unit/wire/requestBounds.test.ts',
      'test/unit/wire/responseBounds.test.ts',
    ],
  },
  pricing: {
    mutate: ['src/pricing/**/*.ts'],
    tests: ['test/unit/pricing/**/*.test.ts'],
    leaveOut: [],
  },
  ledger: {
    mutate: ['src/ledger/**/*.ts', '!src/ledger/ledgerWorker.ts'],
    tests: ['test/unit/ledger/**/*.test.ts'],
    // Their work is done by processes of their own, in which no mutant is active.
    leaveOut: [
      'test/unit/ledger/budgetCrash.test.ts',
      'test/unit/ledger/crash.test.ts',
      'test/unit/ledger/fullDisk.test.ts',
    ],
  },
  authorisation: {
    mutate: ['src/gateway/admission.ts', 'src/meter/control/*.ts'],
    tests: ['test/unit/gateway/admission.test.ts', 'test/unit/meter/control*.test.ts'],
    leaveOut: [],
  },
  gateway: {
    mutate: ['src/gateway/**/*.ts', '!src/gateway/admission.ts'],
    tests: ['test/unit/gateway/**/*.test.ts'],
    leaveOut: ['test/unit/gateway/pathVariants.test.ts', 'test/unit/gateway/rawRequests.test.ts'],
  },
} satisfies Record<string, MutationArea>;

export type MutationAreaName = keyof typeof mutationAreas;

export const mutationAreaNames = Object.keys(mutationAreas) as MutationAreaName[];

export const isMutationArea = (name: string): name is MutationAreaName => Object.hasOwn(mutationAreas, name);

/** The variable through which `run.ts` tells Stryker's configuration, and that of Vitest, which area it is. */
export const mutationAreaVariable = 'OUTLAY_MUTATION_AREA';

/** The area of this process. */
export function mutationAreaHere(): { readonly name: MutationAreaName; readonly area: MutationArea } {
  const name = process.env[mutationAreaVariable] ?? '';
  if (!isMutationArea(name)) {
    throw new Error(`${mutationAreaVariable} is "${name}"; the areas are ${mutationAreaNames.join(', ')}.`);
  }
  return { name, area: mutationAreas[name] };
}

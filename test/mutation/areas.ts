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

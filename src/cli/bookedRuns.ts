import type { Run } from '../domain/run.ts';
import { CliError } from './cliError.ts';

/** The runs that a comparison is to be about, and what was left out before. */
export interface BookedRuns {
  readonly runs: readonly Run[];
  readonly sharedTasks: number;
  readonly otherOrigins: number;
  /** For stderr: which sources were kept apart, and how to ask for them. */
  readonly notes: readonly string[];
}

/** The runs of a data folder of one origin, or of all. */
export function bookedRuns(_dataDir: string, _origin: string | null): BookedRuns {
  throw new CliError('Runs of a data folder cannot be read yet; compare a file with --runs FILE.');
}

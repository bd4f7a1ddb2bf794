import type { TrialRecord } from '../../protocol/trials.ts';
import { isTrialId, type TrialStore } from '../../trials/trialStore.ts';
import { CliError } from '../cliError.ts';
import type { CliIo } from '../cliIo.ts';
import type { TrialValues } from './trialOptions.ts';

/** One `outlay trial <verb>`. */
export interface TrialCall {
  readonly dataDir: string;
  readonly store: TrialStore;
  /** What follows the verb. */
  readonly words: readonly string[];
  readonly values: TrialValues;
  readonly io: CliIo;
}

/** The trial whose id was given. @throws CliError where there is none. */
export async function oneTrial({ store, words }: Pick<TrialCall, 'store' | 'words'>): Promise<TrialRecord> {
  const [id, ...rest] = words;
  if (id === undefined || rest.length > 0) {
    throw new CliError('This needs the id of one trial; "outlay trial list" shows them.', 2);
  }
  const record = isTrialId(id) ? await store.load(id) : null;
  if (record === null) throw new CliError(`There is no trial "${id}"; "outlay trial list" shows them.`);
  return record;
}

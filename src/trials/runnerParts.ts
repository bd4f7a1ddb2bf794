import type { Clock } from '../domain/clock.ts';
import type { TrialRecord } from '../protocol/trials.ts';
import type { UserFacts } from './agents/trialAgent.ts';
import type { KeeperProgram } from './processes/keeper.ts';
import type { TrialBooks } from './trialBooks.ts';
import type { TrialStore } from './trialStore.ts';

/** What a trial runs with. */
export interface RunnerParts {
  readonly store: TrialStore;
  readonly books: TrialBooks;
  readonly keeper: KeeperProgram;
  readonly user: UserFacts;
  readonly clock: Clock;
  /** Where worktrees are made: outside of the repository. */
  readonly worktreeRoot: string;
  /** Called with every new state. */
  readonly onChange: (record: TrialRecord) => void;
}

/** How often the books and the requests to cancel are looked at. */
export const POLL_MS = 400;

/** The user's environment for commands of a run, without what would lead git elsewhere. */
export function plainEnvironment(env: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !elsewhere.test(entry[0]),
    ),
  );
}

/** What ties git to one repository or to a place in it, as `git rev-parse --local-env-vars` lists it and hooks get it. */
const elsewhere =
  /^(GIT_(DIR|WORK_TREE|IMPLICIT_WORK_TREE|INDEX_FILE|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|QUARANTINE_PATH|NAMESPACE|PREFIX|CONFIG|GRAFT_FILE|INTERNAL_SUPER_PREFIX|SHALLOW_FILE|REPLACE_REF_BASE|ATTR_SOURCE)|CLAUDECODE|ELECTRON_RUN_AS_NODE)$/;

export function shellCommand(command: string, platform: NodeJS.Platform): readonly string[] {
  return platform === 'win32' ? ['cmd.exe', '/d', '/s', '/c', command] : ['/bin/sh', '-c', command];
}

import { type Event, extensions, type Uri } from 'vscode';
import type { Disposable } from '../../domain/disposable.ts';
import type { GitCommit, GitReads } from './readBranchFacts.ts';

/** The part of the built-in git extension's API (version 1) that is used; all of it only reads. */
export interface GitApi {
  readonly repositories: readonly GitRepository[];
  readonly onDidOpenRepository: Event<GitRepository>;
  readonly onDidCloseRepository: Event<GitRepository>;
  getRepository(uri: Uri): GitRepository | null;
}

export interface GitRepository {
  readonly rootUri: Uri;
  readonly state: {
    readonly HEAD: { readonly name?: string; readonly commit?: string } | undefined;
    readonly onDidChange: Event<void>;
  };
  getBranch(name: string): Promise<{ readonly upstream?: { readonly remote: string; readonly name: string } }>;
  getCommit(ref: string): Promise<GitCommit>;
  getMergeBase(a: string, b: string): Promise<string | undefined>;
  log(options: { readonly maxEntries: number; readonly range?: string }): Promise<readonly GitCommit[]>;
}

/** What the git extension exports. Its API can be had while the user has git switched on. */
interface GitExtension {
  readonly enabled: boolean;
  readonly onDidChangeEnablement: Event<boolean>;
  getAPI(version: 1): GitApi;
}

/**
 * Calls back with the API of the git extension, now and whenever git is switched on again; never where the extension is missing. It is
 * never needed, only useful.
 */
export async function whenGitIsOn(use: (git: GitApi) => void): Promise<Disposable> {
  try {
    const extension = extensions.getExtension<GitExtension>('vscode.git');
    if (extension === undefined) return nothing;
    const git = extension.isActive ? extension.exports : await extension.activate();
    if (git.enabled) use(git.getAPI(1));
    return git.onDidChangeEnablement((isOn) => {
      if (isOn) use(git.getAPI(1));
    });
  } catch {
    return nothing;
  }
}

const nothing: Disposable = { dispose: () => undefined };

/** A repository as `readBranchFacts` asks it. A question that git cannot answer has no answer. */
export function readsOf(repository: GitRepository): GitReads {
  return {
    head: () => repository.state.HEAD?.name ?? null,
    resolve: async (ref) => (await orNull(repository.getCommit(ref)))?.hash ?? null,
    mergeBase: async (a, b) => (await orNull(repository.getMergeBase(a, b))) ?? null,
    log: async (maxEntries, range) =>
      (await orNull(repository.log({ maxEntries, ...(range === null ? {} : { range }) }))) ?? [],
    upstreamOf: async (branch) => {
      const upstream = (await orNull(repository.getBranch(branch)))?.upstream;
      return upstream === undefined ? null : `${upstream.remote}/${upstream.name}`;
    },
  };
}

async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch {
    return null;
  }
}

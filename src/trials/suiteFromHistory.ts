import type { ProposedTask } from '../protocol/trials.ts';
import { GitError, git } from './git/gitCommand.ts';
import type { RepositoryFacts } from './git/inspectRepository.ts';

const LOOKED_AT = 1_000;
/** A commit of more is no single task. */
const MOST_FILES = 40;
const SHORTEST_PROMPT = 20;

/**
 * Commits of the current branch that changed both code and tests, newest first; of a merged branch, all that the merge brought. The user
 * picks and edits: a message is seldom the whole task.
 */
export async function suiteFromHistory(facts: RepositoryFacts, limit: number): Promise<readonly ProposedTask[]> {
  const format = '%x01%H%x00%P%x00%B%x00';
  const log = await git(
    [
      'log',
      '-n',
      String(LOOKED_AT),
      '--first-parent',
      '--diff-merges=first-parent',
      '--no-renames',
      '--name-status',
      '-z',
      `--format=${format}`,
      facts.head,
    ],
    { cwd: facts.folder },
  );
  const found: ProposedTask[] = [];
  for (const entry of log.split('\u0001')) {
    const task = await taskOf(entry, facts);
    if (task !== null) found.push(task);
    if (found.length >= limit) break;
  }
  return found;
}

async function taskOf(entry: string, facts: RepositoryFacts): Promise<ProposedTask | null> {
  const [commit = '', parents = '', message = '', ...rest] = entry.split('\0');
  const [start, merged] = parents.split(' ');
  if (!start) return null;
  const changes = changesIn(rest);
  if (changes.length === 0 || changes.length > MOST_FILES) return null;
  const tests = changes.filter(({ path, status }) => isTest(path) && status !== 'D');
  const code = changes.filter(({ path }) => isCode(path) && !isTest(path));
  if (tests.length === 0 || code.length === 0) return null;
  const prompt = await promptOf(message, merged, facts);
  if (prompt === null || prompt.length < SHORTEST_PROMPT) return null;
  const subject = prompt.split('\n')[0] ?? '';
  return {
    name: `${commit.slice(0, 10)} ${subject}`.slice(0, 80),
    ...{ prompt, start },
    checkFiles: { commit, paths: tests.map(({ path }) => path) },
    codeFiles: code.length,
  };
}

function changesIn(parts: readonly string[]): readonly { readonly status: string; readonly path: string }[] {
  const words = parts.map((part) => part.replace(/^\n/, '')).filter((part) => part !== '');
  return words.flatMap((status, index) => {
    const path = words[index + 1];
    return index % 2 === 0 && path !== undefined ? [{ status, path }] : [];
  });
}

/** Of a merge that says nothing but that it is one, the newest commit that it brought. Trailers are none of a model's business. */
async function promptOf(message: string, merged: string | undefined, facts: RepositoryFacts): Promise<string | null> {
  let text = message;
  if (merged !== undefined && /^Merge (branch|pull request|remote)/.test(message)) {
    const [, ...body] = message.split('\n');
    text = body.join('\n').trim();
    if (text === '') text = await git(['log', '-1', '--format=%B', merged], { cwd: facts.folder }).catch(ignoreGit);
  }
  const lines = text
    .split('\n')
    .filter((line) => !/^(Co-authored-by|Signed-off-by|Reviewed-by|Change-Id|Fixes|Closes|Refs?): /i.test(line));
  return lines.join('\n').trim() || null;
}

function ignoreGit(error: unknown): string {
  if (error instanceof GitError) return '';
  throw error;
}

/** By the names that test runners look for. */
function isTest(path: string): boolean {
  const parts = path.toLowerCase().split('/');
  const name = parts.pop() ?? '';
  if (parts.some((part) => ['test', 'tests', '__tests__', 'spec', 'specs', 'testing'].includes(part)))
    return isCode(path);
  return (
    /(^test_|_test\.|_spec\.|\.test\.|\.spec\.)/.test(name) || /(Test|Tests|Spec)\.(java|kt|cs|swift|scala)$/.test(path)
  );
}

function isCode(path: string): boolean {
  return /\.(c|cc|cpp|cs|ex|exs|go|h|hpp|java|js|jsx|kt|lua|mjs|cjs|php|pl|py|rb|rs|scala|sh|svelte|swift|ts|tsx|vue|zig)$/.test(
    path,
  );
}

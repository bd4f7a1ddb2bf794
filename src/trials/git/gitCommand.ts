import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A git command that did not work, in a sentence. */
export class GitError extends Error {}

export interface GitOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

const MAX_BYTES = 256 * 1024 * 1024;
const TIMEOUT_MS = 10 * 60_000;

/**
 * Runs git and resolves to what it printed. Nothing of the user's is run by it (no hooks, no watcher) and no file of the user's is
 * refreshed on the way. Variables that would lead git to another repository are left out.
 *
 * @throws GitError with git's own first line.
 */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  return (await gitBytes(args, options)).toString();
}

/** The same for what is not all text. */
export async function gitBytes(args: readonly string[], options: GitOptions): Promise<Buffer> {
  const { code, stdout, stderr } = await runGit(args, options);
  if (code === 0) return stdout;
  const said = stderr.trim().split('\n')[0] ?? '';
  throw new GitError(`git ${verbOf(args)} failed: ${said === '' ? `exit code ${code}` : said}`);
}

/** The same for commands whose exit code is an answer. Rejects only where git cannot be started at all. */
export async function tryGit(
  args: readonly string[],
  options: GitOptions,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const { code, stdout, stderr } = await runGit(args, options);
  return { code, stdout: stdout.toString(), stderr };
}

function runGit(
  args: readonly string[],
  { cwd, env = {}, timeoutMs = TIMEOUT_MS }: GitOptions,
): Promise<{ readonly code: number; readonly stdout: Buffer; readonly stderr: string }> {
  const quiet = ['-c', 'core.hooksPath=/dev/null', '-c', 'core.fsmonitor=false', '-c', 'gc.auto=0'];
  const limits = { maxBuffer: MAX_BYTES, timeout: timeoutMs, windowsHide: true, encoding: 'buffer' as const };
  return new Promise((resolve, reject) => {
    execFile(
      'git',
      [...quiet, ...args],
      { cwd, env: { ...gitEnvironment(), ...env }, ...limits },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ code: 0, stdout, stderr: stderr.toString() });
        if (error.code === 'ENOENT' && error.syscall?.startsWith('spawn')) {
          // The system says the same of both.
          return reject(
            new GitError(
              existsSync(cwd)
                ? 'git is not installed: it was not found on the PATH. Trials need git 2.32 or newer.'
                : `There is no folder ${cwd}.`,
            ),
          );
        }
        const said = error.killed ? `git ${verbOf(args)} took too long` : stderr.toString();
        resolve({ code: typeof error.code === 'number' ? error.code : 1, stdout, stderr: said });
      },
    );
  });
}

/** The command, for sentences: what stands before it are options of git. */
function verbOf(args: readonly string[]): string {
  return args.find((word, index) => !word.startsWith('-') && args[index - 1] !== '-c') ?? '';
}

function gitEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^GIT_(?!SSH|SSL|EXEC_PATH|CONFIG_GLOBAL|CONFIG_SYSTEM|CONFIG_NOSYSTEM)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    // A trial has the pointers of Git LFS: its filter finds no server in a copy, and would keep it from being made.
    GIT_LFS_SKIP_SMUDGE: '1',
    LC_ALL: 'C.UTF-8',
  };
}

import { execFile, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';

export interface ProgramAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** The `outlay` command that comes with this extension: trials are its work, so that they outlive the window. */
export class TrialProgram {
  readonly #script: string;
  readonly #dataDir: string;

  constructor(script: string, dataDir: string) {
    this.#script = script;
    this.#dataDir = dataDir;
  }

  /** Runs `outlay trial <words>` and waits for its answer. */
  ask(words: readonly string[], cwd: string): Promise<ProgramAnswer> {
    return new Promise((resolve) => {
      const options = { cwd, env: programEnvironment(), maxBuffer: MAX_ANSWER_BYTES, windowsHide: true };
      execFile(process.execPath, this.#words(words), options, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, stdout, stderr: stderr || (error !== null && stdout === '' ? error.message : '') });
      });
    });
  }

  /**
   * Starts `outlay trial <words>` on its own. With `stopsWithWindow` it ends its runs when this extension host is gone, else it goes on.
   * Resolves to the exit code when it ends; what it says goes to `logPath`.
   */
  async start(
    words: readonly string[],
    {
      cwd,
      logPath,
      stopsWithWindow,
    }: { readonly cwd: string; readonly logPath: string; readonly stopsWithWindow: boolean },
  ): Promise<{ readonly ended: Promise<number | null> }> {
    const log = await open(logPath, 'a', 0o600);
    try {
      const child = spawn(process.execPath, this.#words([...words, ...(stopsWithWindow ? ['--with-parent'] : [])]), {
        cwd,
        env: programEnvironment(),
        detached: true,
        stdio: [stopsWithWindow ? 'pipe' : 'ignore', 'ignore', log.fd],
        windowsHide: true,
      });
      child.stdin?.on('error', () => undefined);
      if (!stopsWithWindow) child.unref();
      const ended = new Promise<number | null>((resolve) => {
        child.once('error', () => resolve(null));
        child.once('exit', (code) => resolve(code));
      });
      return { ended };
    } finally {
      await log.close();
    }
  }

  #words(words: readonly string[]): readonly string[] {
    return [this.#script, 'trial', ...words, '--data-dir', this.#dataDir];
  }
}

/** The editor's environment without its own switches, so that agents find what a terminal would give them. */
function programEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS$|NODE_DEBUG)/.test(name),
  );
  return { ...Object.fromEntries(entries), ELECTRON_RUN_AS_NODE: '1' };
}

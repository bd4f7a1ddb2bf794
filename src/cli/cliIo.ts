/** What a command may touch of the process that it runs in. */
export interface CliIo {
  readonly stdout: (text: string) => void;
  /** For what need not be UTF-8. */
  readonly stdoutBytes: (bytes: Uint8Array) => void;
  readonly stderr: (text: string) => void;
  /** Characters in a line of the terminal. */
  readonly width: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly homeDir: string;
  /** Folder of the launchers that come with this program. */
  readonly launcherDir: string;
  /** Folder of the bundled threads; everything runs in this thread without it. */
  readonly workerDir?: string;
  /** Folder of the programs that this one starts: the meter, and the keeper of a trial's processes. */
  readonly programDir: string;
  /** Called when this process is asked to end, and with `--with-parent` when its standard input does. Returns what takes it back. */
  readonly onInterrupt: (listener: () => void, withParent: boolean) => () => void;
  /** How somebody without a window starts the meter of a data folder, in a sentence. */
  readonly meterHint: (dataDir: string) => string;
  /** Runs a command on this terminal and resolves to its exit code; 127 where there is no such command. */
  readonly run: (
    file: string,
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
  ) => Promise<number>;
}

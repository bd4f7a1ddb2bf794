/** Ends a command with one sentence on stderr: exit code 2 for arguments that make no sense, 1 for everything else. */
export class CliError extends Error {
  readonly exitCode: 1 | 2;

  constructor(sentence: string, exitCode: 1 | 2 = 1) {
    super(sentence);
    this.exitCode = exitCode;
  }
}

import { keepCommand } from './keepCommand.ts';

// The entry of `dist/trialKeeper.js`: one command, and what it started, for as long as somebody waits for it.
void keepCommand(process.stdin, (line) => process.stdout.write(`${JSON.stringify(line)}\n`)).then(() =>
  process.exit(0),
);

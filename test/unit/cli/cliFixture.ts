import type { CliIo } from '../../../src/cli/cliIo.ts';
import { runCli } from '../../../src/cli/runCli.ts';
import type { CallRecord } from '../../../src/domain/call.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in this process, with nothing of this machine's own folders in reach. */
export async function run(args: readonly string[], change: Partial<CliIo> = {}): Promise<CliRun> {
  let stdout = '';
  let stderr = '';
  const code = await runCli(args, {
    stdout: (text) => {
      stdout += text;
    },
    stdoutBytes: (bytes) => {
      stdout += Buffer.from(bytes).toString();
    },
    stderr: (text) => {
      stderr += text;
    },
    width: 100,
    env: {},
    platform: 'linux',
    homeDir: '/nonexistent',
    launcherDir: '/nonexistent',
    programDir: '/nonexistent',
    onInterrupt: () => () => undefined,
    meterHint: (dataDir) => `Start the meter on ${dataDir}.`,
    run: () => Promise.reject(new Error('Nothing is run here.')),
    ...change,
  });
  return { code, stdout, stderr };
}

/** Books calls into the ledger of a folder, as a meter that has ended would have left them. */
export function book(dataDir: string, records: readonly CallRecord[]): void {
  const ledger = openLedger({ path: ledgerPathOf(dataDir), clock: systemClock, log: () => undefined });
  ledger.writer.apply(records.map((record) => ({ kind: 'finish', record })));
  ledger.close();
}

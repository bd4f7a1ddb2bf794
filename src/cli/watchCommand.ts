import { setTimeout as delay } from 'node:timers/promises';
import { printWhole } from '../domain/format.ts';
import type { CliIo } from './cliIo.ts';
import { type ImportArgs, importOnce } from './importCommand.ts';

const everyMs = 1000;

/**
 * Imports what is new, again and again, and prints a line for each time that there was something. Ends with the signal, or after
 * `rounds` times. With a meter on the folder the meter imports.
 */
export async function runWatch(
  args: ImportArgs,
  io: CliIo,
  end: { readonly signal?: AbortSignal; readonly rounds?: number } = {},
): Promise<void> {
  for (let round = 0; round < (end.rounds ?? Number.POSITIVE_INFINITY) && !end.signal?.aborted; round++) {
    const report = await importOnce(args, io);
    const changed = report.new + report.merged + report.problems.length;
    if (args.json) {
      if (changed > 0 || round === 0) io.stdout(`${JSON.stringify({ at: new Date().toISOString(), ...report })}\n`);
    } else if (changed > 0 || round === 0) {
      io.stdout(
        `${new Date().toISOString()} ${printWhole(report.new)} new calls, ${printWhole(report.merged)} merged, ${printWhole(report.problemCount)} problems\n`,
      );
    }
    await delay(everyMs, undefined, end.signal === undefined ? {} : { signal: end.signal }).catch(() => undefined);
  }
}

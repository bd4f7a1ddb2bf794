import { resolve } from 'node:path';
import { systemClock } from '../domain/clock.ts';
import { exactFigure } from '../domain/figure.ts';
import { formatUsd, printWhole } from '../domain/format.ts';
import { claimDataFolder } from '../meter/claimDataFolder.ts';
import { importedAgents, importIntoFolder } from '../meter/import/importIntoFolder.ts';
import type { ImportReport } from '../protocol/imports.ts';
import { CliError } from './cliError.ts';
import type { CliIo } from './cliIo.ts';
import { askMeter } from './meterClient.ts';
import { printable } from './printable.ts';

export interface ImportArgs {
  readonly dataDir: string;
  /** Null for the user's own home, with the override variables. */
  readonly home: string | null;
  readonly agent: string | null;
  readonly json: boolean;
}

/** A first import of years of logs takes a while. */
const timeoutMs = 3_600_000;
const shownProblems = 20;

/** Imports agents' logs: through the meter where one runs, since it keeps the books, else by itself and without starting one. */
export async function runImport(args: ImportArgs, io: CliIo): Promise<void> {
  const report = await importOnce(args, io);
  io.stdout(args.json ? `${JSON.stringify(report, null, 2)}\n` : importText(report));
}

/** One import; throws a sentence where nothing can be booked. */
export async function importOnce(args: ImportArgs, io: CliIo): Promise<ImportReport> {
  if (args.agent !== null && !importedAgents.includes(args.agent)) {
    throw new CliError(`"${args.agent}" is no agent whose logs are read; they are ${importedAgents.join(', ')}.`, 2);
  }
  return importReport({ ...args, home: args.home === null ? null : resolve(args.home) }, io);
}

async function importReport({ dataDir, home, agent }: ImportArgs, io: CliIo): Promise<ImportReport> {
  const claim = await claimDataFolder(dataDir, systemClock);
  if (claim.kind === 'blocked') throw new CliError(claim.text);
  if (claim.kind === 'running') {
    const answer = await askMeter(dataDir, 'importLogs', { homeDir: home, agent }, timeoutMs);
    if (answer.state === 'answered') return answer.result;
    throw new CliError(answer.state === 'refused' ? answer.sentence : 'The meter has ended; try again.');
  }
  try {
    if (claim.unwritable !== null) throw new CliError(claim.unwritable);
    const place = {
      homeDir: home ?? io.homeDir,
      env: home === null ? io.env : {},
      platform: io.platform,
      isOwn: home === null,
    };
    const log = (sentence: string) => io.stderr(`${sentence}\n`);
    return await importIntoFolder({
      ...{ dataDir, agent, place, log },
      workerDir: io.workerDir ?? null,
      clock: systemClock,
    });
  } finally {
    claim.release();
  }
}

function importText(report: ImportReport): string {
  const { files, calls, merged, forgotten, agents, problems, problemCount } = report;
  const from = agents.length === 0 ? '' : ` of ${agents.join(', ')}`;
  const lines = [
    `${count(files, 'file', 'files')}${from}: ${count(calls, 'call', 'calls')}, ${printWhole(report.new)} new, ${printWhole(merged)} merged, ${count(problemCount, 'problem', 'problems')}.`,
  ];
  if (report.new > 0)
    lines.push(`The new ones come to ${formatUsd(exactFigure(Math.round(report.newCostUsd * 1e9)))} at API prices.`);
  if (forgotten > 0) lines.push(`${count(forgotten, 'call', 'calls')} of a time that you deleted did not come back.`);
  for (const { file, line, code, detail } of problems.slice(0, shownProblems)) {
    lines.push(`${printable(file)}${line === null ? '' : `:${line}`}: ${code}, ${detail}`);
  }
  if (problemCount > shownProblems) lines.push(`... and ${printWhole(problemCount - shownProblems)} more.`);
  return `${lines.join('\n')}\n`;
}

function count(number: number, one: string, many: string): string {
  return `${printWhole(number)} ${number === 1 ? one : many}`;
}

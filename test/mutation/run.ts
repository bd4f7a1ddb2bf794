import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isMutationArea, mutationAreaNames, mutationAreaVariable } from './areas.ts';

/**
 * Mutation testing: `npm run test:mutation [area ...] [options of Stryker]`, all areas when none is named. Results are kept
 * under reports/mutation and only what changed is tried again; `--force` tries everything. Fails when an area's score is below
 * the least that is allowed.
 */
const leastScore = 85;

type Status =
  | 'Killed'
  | 'Survived'
  | 'Timeout'
  | 'NoCoverage'
  | 'RuntimeError'
  | 'CompileError'
  | 'Ignored'
  | 'Pending';

interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: Status }[] }>>;
}

function runStryker(area: string, options: readonly string[]): Promise<number> {
  const argv = ['node_modules/@stryker-mutator/core/bin/stryker.js', 'run', 'stryker.config.mjs', ...options];
  const child = spawn(process.execPath, argv, {
    stdio: 'inherit',
    env: { ...process.env, [mutationAreaVariable]: area },
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

/** What became of the mutants; the score is the share of those that were noticed, in percent, of all that could be. */
function scoreOf(area: string) {
  const report: MutationReport = JSON.parse(readFileSync(`reports/mutation/${area}.json`, 'utf8'));
  const mutants = Object.values(report.files).flatMap((file) => file.mutants);
  const count = (status: Status) => mutants.filter((mutant) => mutant.status === status).length;
  const killed = count('Killed');
  const timeout = count('Timeout');
  const survived = count('Survived');
  const noCoverage = count('NoCoverage');
  const score = (100 * (killed + timeout)) / (killed + timeout + survived + noCoverage);
  return { area, score, killed, timeout, survived, noCoverage };
}

const args = process.argv.slice(2);
const named = args.filter((arg) => !arg.startsWith('-'));
const unknown = named.find((name) => !isMutationArea(name));
if (unknown !== undefined) throw new Error(`There is no area "${unknown}"; there are ${mutationAreaNames.join(', ')}.`);

const rows: string[] = [];
for (const area of named.length > 0 ? named : mutationAreaNames) {
  const startMs = Date.now();
  const code = await runStryker(
    area,
    args.filter((arg) => arg.startsWith('-')),
  );
  const seconds = Math.round((Date.now() - startMs) / 1_000);
  if (code !== 0) {
    rows.push(`${area.padEnd(14)} Stryker ended with ${code}`);
    process.exitCode = 1;
    continue;
  }
  const { score, killed, timeout, survived, noCoverage } = scoreOf(area);
  if (!(score >= leastScore)) process.exitCode = 1;
  const counts = [killed, timeout, survived, noCoverage].map((value) => String(value).padStart(9)).join('');
  rows.push(`${area.padEnd(14)}${score.toFixed(1).padStart(7)}${counts}${String(seconds).padStart(9)}`);
}
console.log(`\narea            score   killed  timeout survived uncovered  seconds   (at least ${leastScore})`);
for (const row of rows) console.log(row);

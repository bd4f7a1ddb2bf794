import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchRow, BenchSection } from './benchSection.ts';
import { benchBudget } from './budget.ts';
import { benchCompare } from './compare.ts';
import { benchDashboard } from './dashboard.ts';
import { benchGateway } from './gateway.ts';
import { benchImport } from './import.ts';
import { benchInHost } from './inHost.ts';
import { benchStart } from './start.ts';
import { benchTokens } from './tokens.ts';
import { benchTrials } from './trials.ts';

const benches: Readonly<Record<string, (seconds: number) => Promise<BenchSection>>> = {
  gateway: (seconds) => benchGateway({ seconds }),
  tokens: () => benchTokens(),
  budget: () => benchBudget(),
  dashboard: () => benchDashboard(),
  'in-host': () => benchInHost(),
  import: () => benchImport(),
  start: () => benchStart(),
  compare: () => benchCompare(),
  trials: () => benchTrials(),
};

/** A section as the file keeps it: with the time it was measured at, and how busy the machine was then. */
type KeptSection = BenchSection & { readonly at?: string; readonly load?: readonly number[] };

/**
 * Runs the benches named (all by default), prints their tables and writes `bench.json` into the project. Sections of benches that
 * were not run stay as they were.
 */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { seconds: { type: 'string', default: '60' } },
    allowPositionals: true,
  });
  const names = positionals.length > 0 ? positionals : Object.keys(benches);
  const sections: KeptSection[] = [];
  for (const name of names) {
    const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
    if (!bench) throw new Error(`There is no bench "${name}"; there are ${Object.keys(benches).join(', ')}.`);
    const section = await bench(Number(values.seconds));
    sections.push({ ...section, at: new Date().toISOString(), load: loadavg() });
    process.stdout.write(`\n${section.name}\n${table(section.rows)}\n`);
  }
  const path = join(import.meta.dirname, '../../bench.json');
  const kept = keptSections(path).filter(({ name }) => !names.includes(name));
  const inOrder = Object.keys(benches).flatMap((name) => [...sections, ...kept].filter((one) => one.name === name));
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model ?? 'unknown', node: process.version };
  writeFileSync(path, `${JSON.stringify({ machine, sections: inOrder }, null, 2)}\n`);
  process.stdout.write(
    `\nwritten to bench.json (load ${loadavg()
      .map((value) => value.toFixed(1))
      .join(', ')})\n`,
  );
  const missed = sections.flatMap(({ rows }) => rows).filter((row) => row.reached === false);
  if (missed.length > 0) process.stdout.write(`${missed.length} targets were missed\n`);
}

function keptSections(path: string): readonly KeptSection[] {
  if (!existsSync(path)) return [];
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly sections: readonly KeptSection[] }).sections;
}

function table(rows: readonly BenchRow[]): string {
  const cells = rows.map((row) => [
    row.metric,
    `${Number(row.value.toPrecision(4))} ${row.unit}`,
    row.target ?? '',
    row.reached === undefined ? '' : row.reached ? 'reached' : 'MISSED',
    row.note ?? '',
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

await main();

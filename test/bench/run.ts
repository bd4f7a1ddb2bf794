import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BenchRow, BenchSection } from './benchSection.ts';
import { benchBudget } from './budget.ts';
import { benchGateway } from './gateway.ts';
import { benchStart } from './start.ts';
import { benchTokens } from './tokens.ts';

const benches: Readonly<Record<string, (seconds: number) => Promise<BenchSection>>> = {
  gateway: (seconds) => benchGateway({ seconds }),
  tokens: () => benchTokens(),
  budget: () => benchBudget(),
  start: () => benchStart(),
};

/** Runs the benches named (all by default), prints their tables and writes `bench.json` into the project. */
async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    options: { seconds: { type: 'string', default: '60' } },
    allowPositionals: true,
  });
  const names = positionals.length > 0 ? positionals : Object.keys(benches);
  const sections: BenchSection[] = [];
  for (const name of names) {
    const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
    if (!bench) throw new Error(`There is no bench "${name}"; there are ${Object.keys(benches).join(', ')}.`);
    const section = await bench(Number(values.seconds));
    sections.push(section);
    process.stdout.write(`\n${section.name}\n${table(section.rows)}\n`);
  }
  const machine = { cores: cpus().length, cpu: cpus()[0]?.model ?? 'unknown', node: process.version, load: loadavg() };
  const path = join(import.meta.dirname, '../../bench.json');
  writeFileSync(path, `${JSON.stringify({ at: new Date().toISOString(), machine, sections }, null, 2)}\n`);
  process.stdout.write(`\nwritten to bench.json (load ${machine.load.map((value) => value.toFixed(1)).join(', ')})\n`);
  const missed = sections.flatMap(({ rows }) => rows).filter((row) => row.reached === false);
  if (missed.length > 0) process.stdout.write(`${missed.length} targets were missed\n`);
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

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import versions from '../../scripts/versions.json' with { type: 'json' };
import type { ImportReport } from '../../src/protocol/imports.ts';
import { cacheDir, nodePath, projectDir } from '../support/toolchain.ts';
import type { BenchRow, BenchSection } from './benchSection.ts';
import { firstStart } from './firstStart.ts';
import { followLatency } from './followLatency.ts';
import { type GeneratedHome, generateClaudeHome } from './importHome.ts';

const size = { bytes: 1024 ** 3, files: 2600 };
const rounds = 5;

interface Run {
  readonly wallMs: number;
  /** Of the process and all that it started. */
  readonly peakBytes: number;
  readonly stdout: string;
}

/**
 * A cold import of a gibibyte, and one with nothing new, beside ccusage's report of the same home. Runs take turns, so that what else the
 * machine does meets both; the medians' ratio counts. Both must come to the same output tokens.
 */
export async function benchImport(): Promise<BenchSection> {
  const { home, generated } = homeOnce();
  const ccusage = ccusagePath();
  const dataDir = join(cacheDir, 'bench-import-data');
  const importArgs = [join(projectDir, 'dist/cli.js'), 'import', '--home', home, '--data-dir', dataDir, '--json'];
  const cold: Run[] = [];
  const again: Run[] = [];
  const peer: Run[] = [];
  for (let round = 0; round < rounds; round++) {
    rmSync(dataDir, { recursive: true, force: true });
    cold.push(await measure(nodePath(), importArgs, {}));
    again.push(await measure(nodePath(), importArgs, {}));
    if (ccusage !== null) peer.push(await measure(ccusage, ['claude', 'daily', '--json', '--offline'], { HOME: home }));
  }
  rmSync(dataDir, { recursive: true, force: true });
  const report: ImportReport = JSON.parse(cold[0]?.stdout ?? '{}');
  if (report.new !== generated.calls) throw new Error(`${report.new} calls were imported of ${generated.calls}.`);
  return {
    name: 'import',
    rows: [
      ...rowsOf({ cold, again, peer, generated }),
      ...(await followLatency()),
      ...(await firstStart(home, generated.calls)),
    ],
  };
}

/** Where `npm run bench` put it; null where it could not be had. */
function ccusagePath(): string | null {
  const native = `@ccusage/ccusage-${process.platform}-${process.arch}`;
  const name = process.platform === 'win32' ? 'ccusage.exe' : 'ccusage';
  const path = join(cacheDir, `peers/ccusage-${versions.peers.ccusage.version}/node_modules`, native, 'bin', name);
  return existsSync(path) ? path : null;
}

function rowsOf(runs: {
  readonly cold: readonly Run[];
  readonly again: readonly Run[];
  readonly peer: readonly Run[];
  readonly generated: GeneratedHome;
}): BenchRow[] {
  const wall = (all: readonly Run[]): number => median(all.map(({ wallMs }) => wallMs));
  const peak = (all: readonly Run[]): number => median(all.map(({ peakBytes }) => peakBytes)) / 1024 ** 2;
  const rows = [
    { metric: 'calls in the home', value: runs.generated.calls, unit: 'calls' },
    { metric: 'cold import, wall time', value: wall(runs.cold), unit: 'ms' },
    { metric: 'cold import, peak memory', value: peak(runs.cold), unit: 'MiB' },
    {
      metric: 'restart with nothing new',
      ...{ value: wall(runs.again), unit: 'ms', target: '< 300', reached: wall(runs.again) < 300 },
    },
  ];
  if (runs.peer.length === 0) return rows;
  const wallRatio = wall(runs.cold) / wall(runs.peer);
  const peakRatio = peak(runs.cold) / peak(runs.peer);
  return [
    ...rows,
    { metric: 'ccusage, wall time', value: wall(runs.peer), unit: 'ms' },
    { metric: 'ccusage, peak memory', value: peak(runs.peer), unit: 'MiB' },
    { metric: 'wall time to ccusage', value: wallRatio, unit: 'x', target: '<= 1', reached: wallRatio <= 1 },
    { metric: 'peak memory to ccusage', value: peakRatio, unit: 'x', target: '<= 1', reached: peakRatio <= 1 },
  ];
}

/** The home is the same each time and takes longer to write than to read: it is kept in the cache. */
function homeOnce(): { readonly home: string; readonly generated: GeneratedHome } {
  const home = join(cacheDir, 'bench-import-home');
  const note = join(home, 'generated.json');
  if (!existsSync(note)) {
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true });
    writeFileSync(note, JSON.stringify(generateClaudeHome(home, size)));
  }
  return { home, generated: JSON.parse(readFileSync(note, 'utf8')) };
}

function measure(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Run> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } });
    let stdout = '';
    let peakBytes = 0;
    const timer = setInterval(() => {
      peakBytes = Math.max(peakBytes, residentBytes(child.pid ?? 0));
    }, 10);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.on('close', (code) => {
      clearInterval(timer);
      if (code === 0) resolve({ wallMs: performance.now() - startMs, peakBytes, stdout });
      else reject(new Error(`${program} ended with ${code}.`));
    });
  });
}

/** Resident memory of a process and its children; 0 where the system does not tell. */
function residentBytes(pid: number): number {
  try {
    const kib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
    return children.reduce((sum, child) => sum + residentBytes(child), kib * 1024);
  } catch {
    return 0;
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

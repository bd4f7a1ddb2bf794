import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BenchSection } from './benchSection.ts';
import type { LoadPlan, LoadResult } from './gatewayLoad.ts';

type Row = BenchSection['rows'][number];

interface Path {
  readonly name: string;
  readonly url: string;
  readonly pid: number | null;
}

const kinds = [
  ['firstUs', 'to first byte'],
  ['eventUs', 'between chunks'],
] as const;

/** On a quiet machine even the last percent of direct events is there within this. */
const quietUs = 3_000;

const nginxBinary = '/usr/sbin/nginx';
const meterScript = join(import.meta.dirname, '../../dist/meter.js');

/**
 * Latency that the gateway adds, next to a direct connection and to nginx, in one run: each way in turn, several times.
 * Everything runs on this machine, client and upstream included, so ratios count rather than figures.
 */
export async function benchGateway({ seconds }: { readonly seconds: number }): Promise<BenchSection> {
  const folder = mkdtempSync(join(tmpdir(), 'outlay-bench-'));
  const running: ChildProcess[] = [];
  const rows: Row[] = [];
  try {
    const paths = await startPaths(folder, running, rows);
    const shares = [
      { streams: 1, everyMs: 20, share: 0.2 },
      { streams: 16, everyMs: 50, share: 0.2 },
      { streams: 64, everyMs: 100, share: 0.2 },
      { streams: 50, everyMs: 50, share: 0.4 },
    ];
    for (const { streams, everyMs, share } of shares) {
      const rounds = streams === 1 ? 10 : 3;
      const events = Math.max(5, Math.round((seconds * share * 1_000) / (paths.length * (rounds + 1) * everyMs)));
      const plan = { urls: paths.map(({ url }) => url), streams, events, everyMs, padding: 80, rounds };
      const before = paths.map(cpuUs);
      const results = await load(plan, running);
      rows.push(...latencyRows(paths, plan, results), ...cpuRows(paths, plan, before));
    }
    rows.push(...memoryRows(paths));
  } finally {
    await Promise.all(running.map(stop));
    rmSync(folder, { recursive: true, force: true });
  }
  return { name: 'gateway', rows };
}

async function startPaths(folder: string, running: ChildProcess[], rows: Row[]): Promise<Path[]> {
  const upstream = await startNode([script('gatewayUpstream.ts')], running);
  const origin = `http://127.0.0.1:${upstream.port}`;
  const host = await startNode([script('gatewayHost.ts'), origin], running);
  const paths: Path[] = [
    { name: 'direct', url: `${origin}/v1/messages`, pid: null },
    { name: 'gateway', url: `${host.baseUrls?.['anthropic']}/v1/messages`, pid: host.pid },
  ];
  if (existsSync(meterScript)) {
    const options = ['--data-dir', join(folder, 'data'), '--port', '0', '--upstream', `anthropic=${origin}`];
    const meter = await startNode([meterScript, ...options], running);
    paths.push({ name: 'meter', url: `${meter.baseUrls?.['anthropic']}/v1/messages`, pid: meter.pid });
  } else rows.push(missing('meter', 'dist/meter.js has not been built, so only the byte path was measured.'));
  if (existsSync(nginxBinary)) paths.push(await startNginx(folder, upstream.port, running));
  else
    rows.push(
      missing(
        'nginx',
        `${nginxBinary} is not installed (Debian's package "nginx"), so there is no limit to compare with.`,
      ),
    );
  return paths;
}

function latencyRows(paths: readonly Path[], plan: LoadPlan, results: readonly LoadResult[]): Row[] {
  const load = `${plan.streams} x ${Math.round(1_000 / plan.everyMs)}/s`;
  const [direct] = results;
  if (direct === undefined) return [];
  const nginx = results[paths.findIndex(({ name }) => name === 'nginx')];
  const busy = percentile(direct.eventUs, 99) > quietUs;
  return paths.flatMap(({ name }, i) => {
    const result = results[i];
    if (result === undefined) return [];
    const rows = kinds.flatMap(([kind, what]) =>
      [50, 99].map((percent): Row => {
        const value = Math.round(percentile(result[kind], percent));
        if (i === 0) return { metric: `direct: ${what} p${percent}, ${load}`, value, unit: 'us' };
        const base = percentile(direct[kind], percent);
        const limit = nginx === undefined || name === 'nginx' ? null : percentile(nginx[kind], percent) - base;
        const row = {
          metric: `${name}: added ${what} p${percent}, ${load}`,
          value: Math.round(value - base),
          unit: 'us',
        };
        return kind === 'firstUs' || name === 'nginx'
          ? row
          : { ...row, ...verdict({ added: row.value, limit, percent, busy, plan }) };
      }),
    );
    return result.lost === 0
      ? rows
      : [...rows, { metric: `${name}: events lost, ${load}`, value: result.lost, unit: 'events' }];
  });
}

/** A machine on which even a direct event comes late at times says nothing about a proxy: no verdict then. */
function verdict(measured: {
  added: number;
  limit: number | null;
  percent: number;
  busy: boolean;
  plan: LoadPlan;
}): Partial<Row> {
  const { added, limit, percent, busy, plan } = measured;
  const busyNote = 'No verdict: the machine was busy, direct events came late too.';
  if (percent === 99)
    return plan.streams !== 50
      ? {}
      : { target: '<= 1000 us', ...(busy ? { note: busyNote } : { reached: added <= 1_000 }) };
  if (limit === null) return {};
  const target = "<= 2x nginx's";
  if (busy || limit <= 0) return { target, note: busyNote };
  return { target, reached: added <= 2 * limit, note: `${(added / limit).toFixed(1)}x nginx's.` };
}

/** Processor time an event, the least noisy of the figures: what a path takes from the agents it serves. */
function cpuRows(paths: readonly Path[], plan: LoadPlan, before: readonly (number | null)[]): Row[] {
  const events = plan.streams * plan.events * (plan.rounds + 1);
  return paths.flatMap((path, i) => {
    const [from, to] = [before[i] ?? null, cpuUs(path)];
    if (from === null || to === null) return [];
    const metric = `${path.name}: CPU an event, ${plan.streams} x ${Math.round(1_000 / plan.everyMs)}/s`;
    return [{ metric, value: Math.round((to - from) / events), unit: 'us' }];
  });
}

/** Of the process's main thread, from its start; null where the system does not tell. */
function cpuUs({ pid }: Path): number | null {
  const file = `/proc/${pid}/schedstat`;
  if (pid === null || !existsSync(file)) return null;
  return Number(readFileSync(file, 'utf8').split(' ')[0]) / 1_000;
}

function memoryRows(paths: readonly Path[]): Row[] {
  return paths.flatMap(({ name, pid }) => {
    if (pid === null || !existsSync(`/proc/${pid}/status`)) return [];
    const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kb === undefined
      ? []
      : [{ metric: `${name}: RSS after the run`, value: Math.round(Number(kb) / 1024), unit: 'MB' }];
  });
}

function missing(name: string, note: string): Row {
  return { metric: `${name}: measured`, value: 0, unit: 'runs', note };
}

function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
}

async function load(plan: LoadPlan, running: ChildProcess[]): Promise<LoadResult[]> {
  const child = spawnNode([script('gatewayLoad.ts'), JSON.stringify(plan)], running);
  return JSON.parse(await firstLine(child)) as LoadResult[];
}

async function startNode(args: readonly string[], running: ChildProcess[]) {
  const child = spawnNode(args, running);
  const ready = JSON.parse(await firstLine(child)) as { port: number; baseUrls?: Record<string, string> };
  return { ...ready, pid: child.pid ?? null };
}

function spawnNode(args: readonly string[], running: ChildProcess[]): ChildProcess {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  return child;
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('The process has no output.');
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => {
    throw new Error('A process of the benchmark ended before it said anything.');
  });
  const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
  ended.catch(() => {});
  return line;
}

/** One worker, buffering off, connections kept: nginx as the limit of what a proxy can do here. */
async function startNginx(folder: string, upstreamPort: number, running: ChildProcess[]): Promise<Path> {
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  writeFileSync(
    config,
    `daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream up { server 127.0.0.1:${upstreamPort}; keepalive 256; }
  server {
    listen 127.0.0.1:${port} backlog=1024; tcp_nodelay on;
    location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off; }
  }
}
`,
  );
  const child = spawn(nginxBinary, ['-c', config, '-p', folder], { stdio: ['ignore', 'ignore', 'ignore'] });
  running.push(child);
  await reachable(port);
  return { name: 'nginx', url: `http://127.0.0.1:${port}/v1/messages`, pid: child.pid ?? null };
}

async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answered = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body: '{"events":1,"everyMs":1,"padding":0}',
    }).then(
      (res) => res.text().then(() => true),
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('nginx did not start.');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

function script(name: string): string {
  return join(import.meta.dirname, name);
}

if (process.argv[1] === import.meta.filename) {
  const seconds = Number(process.argv[2] ?? 20);
  const { rows } = await benchGateway({ seconds });
  for (const { metric, value, unit, target, reached, note } of rows) {
    const outcome = reached === undefined ? 'not judged' : reached ? 'reached' : 'not reached';
    const goal = target === undefined ? '' : `  ${target}: ${outcome}`;
    console.log(
      `${metric.padEnd(52)} ${String(value).padStart(8)} ${unit}${goal}${note === undefined ? '' : `  ${note}`}`,
    );
  }
}

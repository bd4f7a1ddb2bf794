import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import versions from '../../scripts/versions.json' with { type: 'json' };
import { meterNodeFlags } from '../../src/protocol/meterFlags.ts';
import type { BenchRow } from './benchSection.ts';
import type { Target } from './gatewayLoad.ts';
import { requestBody } from './gatewayScript.ts';

/** A way from the load to the upstream. */
export interface Path extends Target {
  readonly name: PathName;
  /** Of the process in between; null where there is none. */
  readonly pid: number | null;
}

export type PathName = 'direct' | 'gateway' | 'meter' | 'nginx' | 'portkey';

const root = resolve(import.meta.dirname, '../..');
const cacheDir = resolve(root, process.env['OUTLAY_CACHE'] || '.cache');
const nginxPlaces = ['/usr/sbin/nginx', join(cacheDir, 'nginx/usr/sbin/nginx')];
const meterScript = join(root, 'dist/meter.js');
const { package: portkeyPackage, version: portkeyVersion, bin: portkeyBin } = versions.peers.portkey;
const portkeyScript = join(cacheDir, `peers/portkey-${portkeyVersion}/node_modules`, portkeyPackage, portkeyBin);

/** Upstream, gateways and load clients as processes of their own, and their end. */
export class GatewayPaths {
  readonly #running = new Set<ChildProcess>();
  readonly #folder = mkdtempSync(join(tmpdir(), 'outlay-bench-'));
  #origin = '';
  #upstreamPort = 0;

  async startUpstream(): Promise<void> {
    const { port } = await this.#startNode([script('gatewayUpstream.ts')]);
    this.#upstreamPort = port;
    this.#origin = `http://127.0.0.1:${port}`;
  }

  /** Starts those that can be had; a row with a note says which cannot. */
  async start(names: readonly PathName[], rows: BenchRow[]): Promise<Path[]> {
    const paths: Path[] = [];
    for (const name of names) {
      const path = await this.#startOne(name);
      if (typeof path !== 'string') paths.push(path);
      else rows.push({ metric: `${name}: measured`, value: 0, unit: 'runs', note: path });
    }
    return paths;
  }

  /** Runs a plan in a process of its own. */
  async load<Result>(plan: { readonly kind: string }): Promise<Result> {
    const child = this.#spawnNode([script('gatewayLoad.ts'), JSON.stringify(plan)]);
    const result = JSON.parse(await firstLine(child)) as Result;
    await this.#end(child);
    return result;
  }

  async stopPath({ pid }: Path): Promise<void> {
    const child = [...this.#running].find((running) => running.pid === pid);
    if (child !== undefined) await this.#end(child);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((child) => this.#end(child)));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The path, or why it cannot be measured. */
  #startOne(name: PathName): Promise<Path | string> {
    switch (name) {
      case 'direct':
        return Promise.resolve({ name, url: `${this.#origin}/v1/messages`, headers: {}, pid: null });
      case 'gateway':
        return this.#startOwn(name, [script('gatewayHost.ts'), this.#origin]);
      case 'meter':
        return this.#startMeter();
      case 'nginx':
        return this.#startNginx();
      case 'portkey':
        return this.#startPortkey();
    }
  }

  async #startMeter(): Promise<Path | string> {
    if (!existsSync(meterScript)) return 'dist/meter.js has not been built, so only the byte path was measured.';
    const data = mkdtempSync(join(this.#folder, 'data-'));
    const options = ['--data-dir', data, '--port', '0', '--upstream', `anthropic=${this.#origin}`];
    return this.#startOwn('meter', [...meterNodeFlags, meterScript, ...options]);
  }

  async #startOwn(name: PathName, args: readonly string[]): Promise<Path> {
    const { pid, baseUrls } = await this.#startNode(args);
    return { name, url: `${baseUrls?.['anthropic']}/v1/messages`, headers: {}, pid };
  }

  /** One worker, buffering off, connections kept: nginx as the limit of what a proxy can do here. */
  async #startNginx(): Promise<Path | string> {
    const binary = nginxPlaces.find((place) => existsSync(place));
    if (binary === undefined) return 'nginx is not installed, so there is no limit to compare with.';
    const port = await freePort();
    const folder = mkdtempSync(join(this.#folder, 'nginx-'));
    writeFileSync(join(folder, 'nginx.conf'), nginxConfig({ folder, port, upstreamPort: this.#upstreamPort }));
    const child = spawn(binary, ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' });
    return this.#reachable({ name: 'nginx', url: `http://127.0.0.1:${port}/v1/messages`, headers: {} }, child);
  }

  async #startPortkey(): Promise<Path | string> {
    if (!existsSync(portkeyScript))
      return `${portkeyPackage} ${portkeyVersion} is not in the cache (npm run bench gets it).`;
    const port = await freePort();
    const args = ['--import', script('portkeyPreload.ts'), portkeyScript, `--port=${port}`, '--headless'];
    const child = spawn(process.execPath, args, { stdio: 'ignore', env: { ...process.env, NODE_ENV: 'production' } });
    const headers = {
      'x-portkey-provider': 'anthropic',
      'x-portkey-custom-host': `${this.#origin}/v1`,
      'x-api-key': 'bench',
      'anthropic-version': '2023-06-01',
    };
    return this.#reachable({ name: 'portkey', url: `http://127.0.0.1:${port}/v1/messages`, headers }, child);
  }

  async #reachable(target: Omit<Path, 'pid'>, child: ChildProcess): Promise<Path> {
    this.#running.add(child);
    const body = requestBody({ events: 1, everyMs: 0, padding: 0 });
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const headers = { 'content-type': 'application/json', ...target.headers };
      const answered = await fetch(target.url, { method: 'POST', headers, body }).then(
        async (res) => (await res.text()).includes('message_stop'),
        () => false,
      );
      if (answered) return { ...target, pid: child.pid ?? null };
      await delay(50);
    }
    throw new Error(`${target.name} did not start.`);
  }

  async #startNode(args: readonly string[]) {
    const child = this.#spawnNode(args);
    const ready = JSON.parse(await firstLine(child)) as { port: number; baseUrls?: Record<string, string> };
    return { ...ready, pid: child.pid ?? null };
  }

  #spawnNode(args: readonly string[]): ChildProcess {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#running.add(child);
    return child;
  }

  async #end(child: ChildProcess): Promise<void> {
    this.#running.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
}

/** Processor time of the main thread from its start; null where the system does not tell. */
export function cpuUsOf({ pid }: Path): number | null {
  const file = `/proc/${pid}/schedstat`;
  if (pid === null || !existsSync(file)) return null;
  return Number(readFileSync(file, 'utf8').split(' ')[0]) / 1_000;
}

/** Resident memory of the process and the processes that it started; null where the system does not tell. */
export function rssMbOf({ pid }: { readonly pid: number | null }): number | null {
  if (pid === null || !existsSync(`/proc/${pid}/status`)) return null;
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const children = globSync(`/proc/${pid}/task/*/children`).flatMap(
    (file) => readFileSync(file, 'utf8').match(/\d+/g) ?? [],
  );
  return children.reduce((sum, child) => sum + (rssMbOf({ pid: Number(child) }) ?? 0), Number(kb ?? 0) / 1_024);
}

/** The highest resident memory while some work runs, looked at four times a second. */
export async function peakRssMb(path: Path, work: Promise<unknown>): Promise<number | null> {
  let peak = rssMbOf(path);
  const timer = setInterval(() => {
    const now = rssMbOf(path);
    if (now !== null) peak = Math.max(peak ?? 0, now);
  }, 250);
  await work.finally(() => clearInterval(timer));
  return peak;
}

function nginxConfig({ folder, port, upstreamPort }: { folder: string; port: number; upstreamPort: number }): string {
  return `daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 8192; }
http {
  access_log off; client_max_body_size 0; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  upstream up { server 127.0.0.1:${upstreamPort}; keepalive 256; }
  server {
    listen 127.0.0.1:${port} backlog=4096; tcp_nodelay on;
    location / { proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off; proxy_request_buffering off; }
  }
}
`;
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function script(name: string): string {
  return join(import.meta.dirname, name);
}

import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { commandLineToken } from '../../src/gateway/commandLineToken.ts';
import type { MeterLock } from '../../src/protocol/control.ts';
import { callControl } from '../../src/protocol/controlClient.ts';
import { anthropicEvents, anthropicModel, anthropicUsage } from '../support/anthropicStream.ts';
import {
  eventually,
  type MeterProcess,
  newDataDir,
  projectDir,
  runCli,
  type StartOptions,
  startMeterProcess,
} from '../support/meterProcess.ts';
import { type PaceableUpstream, startPaceableUpstream } from '../support/paceableUpstream.ts';

const stops: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

function dataDir(): string {
  const folder = newDataDir();
  stops.push(() => folder.dispose());
  return folder.path;
}

async function meter(options: StartOptions): Promise<MeterProcess> {
  const started = await startMeterProcess(options);
  stops.push(() => started.kill());
  return started;
}

/** Answers every call with the small stream, all at once unless a test holds it. */
async function upstream(hold: Promise<void> = Promise.resolve()): Promise<PaceableUpstream> {
  const started = await startPaceableUpstream((_request, response) => {
    const events = anthropicEvents();
    response.writeHead(200, { 'content-type': 'text/event-stream', 'request-id': 'req_made_up' });
    response.write(events.slice(0, 4).join(''));
    void hold.then(() => response.end(events.slice(4).join('')));
  });
  stops.push(() => started.close());
  return started;
}

function callClaude(base: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${base}/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': 'sk-ant-api03-made-up',
      'user-agent': 'claude-cli/2.1.330 (external, cli)',
      'x-claude-code-session-id': 'session-1',
      ...headers,
    },
    body: JSON.stringify({
      model: anthropicModel,
      stream: true,
      messages: [{ role: 'user', content: 'a made-up prompt' }],
    }),
  });
}

interface CallRow {
  readonly status: string;
  readonly session: string;
  readonly provenance: string;
  readonly costUsd: number | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly thinkingTokens: number | null;
}

async function calls(path: string): Promise<readonly CallRow[]> {
  const { stdout } = await runCli(['calls', '--data-dir', path, '--json']);
  return JSON.parse(stdout);
}

describe('the meter process', () => {
  it('prints its address with the token in every base URL, in the form that SDKs take', async () => {
    const { ready } = await meter({ dataDir: dataDir() });
    expect(ready.pid).toBeGreaterThan(0);
    for (const [name, url] of Object.entries(ready.baseUrls)) {
      // Codex's stands on a command line and has a token of its own.
      const token = name === 'codex' ? commandLineToken(ready.token) : ready.token;
      expect(url.startsWith(`http://127.0.0.1:${ready.port}/${token}/default/`)).toBe(true);
    }
    expect(ready.baseUrls['anthropic']).not.toMatch(/\/v1$/);
    expect(ready.baseUrls['openai']).toMatch(/\/v1$/);
    expect(ready.baseUrls['gemini']).not.toContain('v1beta');
  });

  it('carries a stream unchanged and shows it in `calls` and `report`', async () => {
    const path = dataDir();
    const provider = await upstream();
    const { ready } = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    const response = await callClaude(ready.baseUrls['anthropic'] ?? '');
    expect(await response.text()).toBe(anthropicEvents().join(''));
    const [row] = await eventually(
      () => calls(path),
      (rows) => rows.length === 1,
    );
    expect(row).toMatchObject({ status: 'ok', session: 'session-1', provenance: 'reported', ...anthropicUsage });
    const report = JSON.parse((await runCli(['report', '--by', 'model', '--data-dir', path, '--json'])).stdout);
    expect(report).toMatchObject([
      { key: anthropicModel, auth: 'key', calls: 1, ...anthropicUsage, costUsd: row?.costUsd },
    ]);
  });

  it('ends on SIGTERM with 0 and books a stream that it had to break off', async () => {
    const path = dataDir();
    const provider = await upstream(new Promise(() => undefined));
    const running = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    const response = await callClaude(running.ready.baseUrls['anthropic'] ?? '');
    const body = response.text().catch(() => 'broken off');
    expect(await running.stop()).toBe(0);
    expect(await body).toBe('broken off');
    expect(await calls(path)).toMatchObject([{ status: 'truncated', provenance: 'partial', inputTokens: 1200 }]);
  });

  it('comes back after kill -9 on the same port with the same token, and marks the call that it lost', async () => {
    const path = dataDir();
    const provider = await upstream(new Promise(() => undefined));
    const first = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    const response = await callClaude(first.ready.baseUrls['anthropic'] ?? '');
    const body = response.text().catch(() => 'broken off');
    // The interim figures are on disk when the snapshot tells the input that message_start reported.
    const lock = await first.lock();
    await eventually(
      () => callControl(lock, 'snapshot', {}),
      (snapshot) => snapshot.live[0]?.inputTokens.kind === 'exact',
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    await first.kill();
    expect(await body).toBe('broken off');
    const second = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    expect(second.ready.port).toBe(first.ready.port);
    expect(second.ready.token).toBe(first.ready.token);
    const rows = await eventually(
      () => calls(path),
      (found) => found.length === 1,
    );
    expect(rows).toMatchObject([{ status: 'lost', provenance: 'partial', inputTokens: 1200 }]);
  });

  it('retires its token when somebody else has taken its port', async () => {
    const path = dataDir();
    const first = await meter({ dataDir: path });
    await first.kill();
    const squatter = createServer();
    await new Promise<void>((resolve) => {
      squatter.listen(first.ready.port, '127.0.0.1', resolve);
    });
    stops.push(() => squatter.close());
    const second = await meter({ dataDir: path });
    expect(second.ready.port).not.toBe(first.ready.port);
    expect(second.ready.token).not.toBe(first.ready.token);
    const snapshot = await callControl(await second.lock(), 'snapshot', {});
    expect(snapshot.notices.map((notice) => notice.text).join()).toContain('must be relaunched');
  });

  it('is one, however many start at once', async () => {
    const path = dataDir();
    const started = await Promise.all(Array.from({ length: 6 }, () => meter({ dataDir: path })));
    expect(new Set(started.map(({ ready }) => ready.pid)).size).toBe(1);
    expect(new Set(started.map(({ ready }) => ready.token)).size).toBe(1);
  });

  it('keeps gateway token and control token apart', async () => {
    const { ready, lock } = await meter({ dataDir: dataDir() });
    const { port, controlToken } = await lock();
    await expect(callControl({ port, controlToken: ready.token }, 'status', {})).rejects.toThrow();
    const withControlToken = (ready.baseUrls['anthropic'] ?? '').replace(ready.token, controlToken);
    expect((await callClaude(withControlToken)).status).toBe(401);
  });

  it('hands over to a newer version while a call runs, and its successor books that call', async () => {
    const path = dataDir();
    let release = (): void => undefined;
    const provider = await upstream(
      new Promise((resolve) => {
        release = resolve;
      }),
    );
    const older = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    const response = await callClaude(older.ready.baseUrls['anthropic'] ?? '');
    const { inFlight } = await callControl(await older.lock(), 'handover', { version: '9.0.0' });
    expect(inFlight).toBe(1);
    const newer = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    expect(newer.ready).toMatchObject({ port: older.ready.port, token: older.ready.token });
    expect(newer.ready.pid).not.toBe(older.ready.pid);
    release();
    expect(await response.text()).toBe(anthropicEvents().join(''));
    const rows = await eventually(
      () => calls(path),
      (found) => found.some((row) => row.status === 'ok'),
    );
    expect(rows).toMatchObject([{ status: 'ok', ...anthropicUsage }]);
    await eventually(
      async () => older.child.exitCode,
      (code) => code === 0,
    );
  });

  it('books a call itself that ends after a handover to which nobody came', async () => {
    const path = dataDir();
    let release = (): void => undefined;
    const provider = await upstream(
      new Promise((resolve) => {
        release = resolve;
      }),
    );
    const older = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    const response = await callClaude(older.ready.baseUrls['anthropic'] ?? '');
    await callControl(await older.lock(), 'handover', { version: '9.0.0' });
    const ended = once(older.child, 'exit');
    release();
    expect(await response.text()).toBe(anthropicEvents().join(''));
    expect((await ended)[0]).toBe(0);
    expect(await calls(path)).toMatchObject([{ status: 'ok', ...anthropicUsage }]);
  });

  it('hands over once, however many windows ask', async () => {
    const path = dataDir();
    const older = await meter({ dataDir: path });
    const lock = await older.lock();
    const ended = once(older.child, 'exit');
    await Promise.allSettled(
      Array.from({ length: 4 }, () => callControl(lock, 'handover', { version: '9.0.0' }, { timeoutMs: 4000 })),
    );
    expect((await ended)[0]).toBe(0);
    expect(older.errorText().split('handing over')).toHaveLength(2);
    const newer = await meter({ dataDir: path });
    expect(newer.ready).toMatchObject({ port: older.ready.port, token: older.ready.token });
  });

  it('ends on SIGTERM after a handover too, and its successor books the call that it broke off', async () => {
    const path = dataDir();
    const provider = await upstream(new Promise(() => undefined));
    const older = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    const response = await callClaude(older.ready.baseUrls['anthropic'] ?? '');
    const body = response.text().catch(() => 'broken off');
    await callControl(await older.lock(), 'handover', { version: '9.0.0' });
    await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    expect(await older.stop()).toBe(0);
    expect(await body).toBe('broken off');
    expect(await calls(path)).toMatchObject([{ status: 'truncated', provenance: 'partial', inputTokens: 1200 }]);
  });

  it('retires its token when it is told to use another port', async () => {
    const path = dataDir();
    const first = await meter({ dataDir: path });
    await first.stop();
    const free = createServer();
    await new Promise<void>((resolve) => {
      free.listen(0, '127.0.0.1', resolve);
    });
    const address = free.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise((resolve) => {
      free.close(resolve);
    });
    const second = await meter({ dataDir: path, port });
    expect(second.ready.port).toBe(port);
    expect(second.ready.token).not.toBe(first.ready.token);
  });

  it('carries calls although counting fails at every start, without starting it over and over', async () => {
    const build = dataDir();
    cpSync(join(projectDir, 'dist'), join(build, 'dist'), { recursive: true });
    writeFileSync(join(build, 'dist/observeWorker.js'), 'throw new Error("a quoted prompt");');
    const provider = await upstream();
    const running = await meter({
      dataDir: dataDir(),
      upstreams: { anthropic: provider.origin },
      program: join(build, 'dist/meter.js'),
    });
    const deaths = () => running.errorText().split('worker ended').length - 1;
    await eventually(
      async () => deaths(),
      (count) => count > 5,
    );
    for (let attempt = 0; attempt < 3; attempt++) {
      const response = await callClaude(running.ready.baseUrls['anthropic'] ?? '');
      expect(await response.text()).toBe(anthropicEvents().join(''));
    }
    expect(deaths()).toBe(6);
    expect(running.errorText()).not.toContain('a quoted prompt');
    expect(await running.stop()).toBe(0);
  });

  it('passes calls through and books none while metering is off', async () => {
    const path = dataDir();
    const provider = await upstream();
    const running = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    const lock = await running.lock();
    await callControl(lock, 'configure', { metering: false, priceOverrides: [], retentionDays: 0 });
    const response = await callClaude(running.ready.baseUrls['anthropic'] ?? '');
    expect(await response.text()).toBe(anthropicEvents().join(''));
    await callControl(lock, 'configure', { metering: true, priceOverrides: [], retentionDays: 0 });
    await (await callClaude(running.ready.baseUrls['anthropic'] ?? '', { 'x-claude-code-session-id': 'later' })).text();
    const rows = await eventually(
      () => calls(path),
      (found) => found.length > 0,
    );
    expect(rows.map((row) => row.session)).toEqual(['later']);
  });

  it('books nothing from its very start when it was started as a bare pass-through', async () => {
    const path = dataDir();
    const provider = await upstream();
    const upstreams = { anthropic: provider.origin };
    const running = await meter({ dataDir: path, upstreams, extraArguments: ['--pass-through'] });
    const base = running.ready.baseUrls['anthropic'] ?? '';
    expect(await (await callClaude(base)).text()).toBe(anthropicEvents().join(''));
    await callControl(await running.lock(), 'configure', { metering: true, priceOverrides: [], retentionDays: 0 });
    await (await callClaude(base, { 'x-claude-code-session-id': 'later' })).text();
    const rows = await eventually(
      () => calls(path),
      (found) => found.length > 0,
    );
    expect(rows.map((row) => row.session)).toEqual(['later']);
  });

  it('sets a damaged ledger aside, goes on and says so', async () => {
    const path = dataDir();
    writeFileSync(join(path, 'ledger.sqlite'), 'this is no ledger'.repeat(1000));
    const provider = await upstream();
    const running = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    await eventually(
      async () => readdirSync(path),
      (names) => names.some((name) => name.startsWith('ledger.damaged-')),
    );
    await (await callClaude(running.ready.baseUrls['anthropic'] ?? '')).text();
    await eventually(
      () => calls(path),
      (rows) => rows.length === 1,
    );
    expect(readdirSync(path).some((name) => name.startsWith('ledger.damaged-'))).toBe(true);
    const snapshot = await callControl(await running.lock(), 'snapshot', {});
    expect(snapshot.notices.map((notice) => notice.text).join()).toContain('was damaged');
  });

  it('carries calls although its data folder cannot be written', async () => {
    const blocked = join(dataDir(), 'a-file');
    writeFileSync(blocked, '');
    const provider = await upstream();
    const { ready } = await meter({ dataDir: join(blocked, 'books'), upstreams: { anthropic: provider.origin } });
    const response = await callClaude(ready.baseUrls['anthropic'] ?? '');
    expect(await response.text()).toBe(anthropicEvents().join(''));
  });

  it('carries a path that it does not know and says that it is not metered', async () => {
    const path = dataDir();
    const provider = await upstream();
    const running = await meter({ dataDir: path, upstreams: { openai: provider.origin } });
    const response = await fetch(`${running.ready.baseUrls['openai']}/embeddings`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(200);
    await response.text();
    expect(provider.seen[0]?.url).toBe('/v1/embeddings');
    const lock = await running.lock();
    const snapshot = await eventually(
      () => callControl(lock, 'snapshot', {}),
      ({ notices }) => notices.length > 0,
    );
    expect(snapshot.notices[0]?.text).toContain('POST /embeddings');
    expect(await calls(path)).toEqual([]);
  });

  it('tells of the subscription windows in the headers of a response until it is asked to forget, and writes none of it', async () => {
    const path = dataDir();
    const resetsAtS = Math.ceil(Date.now() / 1000) + 3600;
    const provider = await startPaceableUpstream((_request, response) => {
      response.writeHead(200, {
        'content-type': 'text/event-stream',
        'anthropic-ratelimit-unified-5h-utilization': '0.4273',
        'anthropic-ratelimit-unified-5h-reset': String(resetsAtS),
      });
      response.end(anthropicEvents().join(''));
    });
    stops.push(() => provider.close());
    const running = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    const answer = await fetch(`${running.ready.baseUrls['anthropic']}/v1/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer sk-ant-oat01-made-up' },
      body: JSON.stringify({ model: anthropicModel, stream: true, messages: [] }),
    });
    await answer.text();
    const lock = await running.lock();
    const { quotas } = await eventually(
      () => callControl(lock, 'snapshot', {}),
      (snapshot) => snapshot.quotas.length > 0 && snapshot.recent.length > 0,
    );
    expect(quotas).toMatchObject([
      {
        provider: 'anthropic',
        auth: 'subscription',
        windows: [{ id: '5h', usedShare: 0.4273, resetsAtMs: resetsAtS * 1000 }],
      },
    ]);
    const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const file of files) {
      const bytes = readFileSync(join(file.parentPath, file.name));
      for (const text of ['0.4273', String(resetsAtS), 'ratelimit']) expect(bytes.includes(text)).toBe(false);
    }
    await callControl(lock, 'deleteData', { beforeMs: null });
    expect((await callControl(lock, 'snapshot', {})).quotas).toEqual([]);
  });

  it('books no call for a request without the token', async () => {
    const path = dataDir();
    const provider = await upstream();
    const { ready } = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    const response = await callClaude((ready.baseUrls['anthropic'] ?? '').replace(ready.token, 'x'.repeat(43)));
    expect(response.status).toBe(401);
    expect(provider.seen).toEqual([]);
    expect(await calls(path)).toEqual([]);
  });

  it("prices by the user's overrides from the moment they are set, and reports the ones that are wrong", async () => {
    const path = dataDir();
    const provider = await upstream();
    const running = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    const priceOverrides = [
      { match: 'anthropic/claude-*', inputUsdPerMtok: 1_000, outputUsdPerMtok: 0, cacheReadUsdPerMtok: 0 },
      { match: 'x', inputUsdPerMtok: 'a lot' },
    ];
    const { problems } = await callControl(await running.lock(), 'configure', {
      metering: true,
      priceOverrides,
      retentionDays: 0,
    });
    expect(problems).toHaveLength(1);
    await (await callClaude(running.ready.baseUrls['anthropic'] ?? '')).text();
    const [row] = await eventually(
      () => calls(path),
      (rows) => rows.length === 1,
    );
    expect(row?.costUsd).toBe(1.2);
  });

  it('keeps no key and no prompt on disk', async () => {
    const path = dataDir();
    const provider = await upstream();
    const running = await meter({ dataDir: path, upstreams: { anthropic: provider.origin } });
    const canary = 'canary-3f9a1c';
    const url = `${running.ready.baseUrls['anthropic']}/v1/messages?key=${canary}`;
    const body = { model: anthropicModel, system: canary, messages: [{ role: 'user', content: canary }] };
    const headers = { 'x-api-key': canary, authorization: `Bearer ${canary}`, cookie: canary, 'x-anything': canary };
    await (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).text();
    await eventually(
      () => calls(path),
      (rows) => rows.length === 1,
    );
    await running.stop();
    expect(running.errorText()).not.toContain(canary);
    for (const name of readdirSync(path)) {
      if (statSync(join(path, name)).isFile()) expect(readFileSync(join(path, name)).includes(canary)).toBe(false);
    }
  });

  it('writes its address for its owner only', async () => {
    const path = dataDir();
    await meter({ dataDir: path });
    expect(statSync(join(path, 'meter.json')).mode & 0o777).toBe(0o600);
  });
});

describe('MeterLock', () => {
  it('holds what clients need to find the meter again', async () => {
    const running = await meter({ dataDir: dataDir() });
    const lock: MeterLock = await running.lock();
    expect(lock).toMatchObject({ port: running.ready.port, token: running.ready.token, pid: running.ready.pid });
  });
});

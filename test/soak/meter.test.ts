import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { callClaude, cleanUp, dataDir, meter, smallUpstream } from '../process/rig.ts';
import { anthropicEvents } from '../support/anthropicStream.ts';
import { fuzzAuthorisation } from '../support/fuzzAuthorisation.ts';
import { eventually, type MeterProcess } from '../support/meterProcess.ts';

const rssMb = (running: MeterProcess): number => {
  const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${running.ready.pid}/status`, 'utf8'))?.[1];
  return Number(kb) / 1024;
};
const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

/** A provider that is given each request, with what it needs to answer. */
async function provider(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUp(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('fifty streams of twenty events a second for a minute', () => {
  it('lose no event and gain at most a few milliseconds', async () => {
    const started = performance.timeOrigin;
    const origin = await provider((req, res) => {
      req.resume();
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      let sent = 0;
      const timer = setInterval(() => {
        res.write(`data: ${performance.now() + performance.timeOrigin - started}\n\n`);
        sent += 1;
        if (sent === 1_200) {
          clearInterval(timer);
          res.end();
        }
      }, 50);
    });
    const running = await meter({ dataDir: dataDir(), upstreams: { anthropic: origin } });
    const gaps = async (base: string): Promise<readonly number[]> => {
      const late: number[] = [];
      await Promise.all(
        Array.from({ length: 25 }, async () => {
          const { body } = await callClaude(base);
          for await (const chunk of body ?? [])
            for (const [, sentMs] of Buffer.from(chunk)
              .toString()
              .matchAll(/data: ([\d.]+)/g))
              late.push(performance.now() + performance.timeOrigin - started - Number(sentMs));
        }),
      );
      return late;
    };
    // Half of the streams go directly, at the same time, so that the load of the machine is in both.
    const [direct, through] = await Promise.all([gaps(origin), gaps(running.ready.baseUrls['anthropic'] ?? '')]);
    expect([direct.length, through.length]).toEqual([30_000, 30_000]);
    const added = [0.5, 0.99].map((share) => percentile(through, share) - percentile(direct, share));
    console.log(`added latency: p50 ${added[0]?.toFixed(2)} ms, p99 ${added[1]?.toFixed(2)} ms`);
    expect(added[0]).toBeLessThan(1);
    // Provider, agents and this test share a process here, which is what the slowest hundredth shows; the bench has them apart.
    expect(added[1]).toBeLessThan(50);
  });
});

describe('memory', () => {
  it('stays bounded while ten clients read 300 MB slowly', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const origin = await provider((req, res) => {
      req.resume();
      let left = 300 * 16;
      const pump = () => {
        while (left > 0) {
          left -= 1;
          if (!res.write(piece)) return void res.once('drain', pump);
        }
        res.end();
      };
      pump();
    });
    const running = await meter({ dataDir: dataDir(), upstreams: { anthropic: origin } });
    const base = new URL(running.ready.baseUrls['anthropic'] ?? '');
    await delay(1_000);
    const before = rssMb(running);
    let worst = 0;
    const sockets = Array.from({ length: 10 }, () => {
      const req = request({ host: base.hostname, port: base.port, path: `${base.pathname}/v1/models`, agent: false });
      req.once('response', (res) => {
        res.pause();
        const timer = setInterval(() => res.read(20_000) ?? res.read(), 100);
        res.once('close', () => clearInterval(timer));
      });
      req.on('error', () => {});
      req.end();
      return req;
    });
    for (let second = 0; second < 60; second += 1) {
      await delay(1_000);
      worst = Math.max(worst, rssMb(running));
    }
    for (const req of sockets) req.destroy();
    console.log(`RSS ${before.toFixed(0)} MB before, ${worst.toFixed(0)} MB at most`);
    expect(worst - before).toBeLessThan(64);
  });

  it('stays bounded under four bodies of 32 MB at once, again and again', async () => {
    const origin = await provider((req, res) => req.on('data', () => {}).once('end', () => res.end('{}')));
    const running = await meter({ dataDir: dataDir(), upstreams: { anthropic: origin } });
    const url = `${running.ready.baseUrls['anthropic']}/v1/messages`;
    const image = JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: randomBytes(24 * 1024 * 1024).toString('base64') }],
    });
    const post = async (to: string) => (await fetch(to, { method: 'POST', body: image })).text();
    const four = async (to: string): Promise<number> => {
      const startMs = performance.now();
      await Promise.all([post(to), post(to), post(to), post(to)]);
      return performance.now() - startMs;
    };
    const before = rssMb(running);
    const times: [number, number][] = [];
    for (let round = 0; round < 10; round += 1) times.push([await four(`${origin}/v1/messages`), await four(url)]);
    const [direct, through] = [0, 1].map((column) =>
      percentile(
        times.map((pair) => pair[column] ?? 0),
        0.5,
      ),
    ) as [number, number];
    console.log(
      `32 MB x 4: direct ${direct.toFixed(0)} ms, through ${through.toFixed(0)} ms; RSS ${before.toFixed(0)} -> ${rssMb(running).toFixed(0)} MB`,
    );
    expect(rssMb(running) - before).toBeLessThan(100);
  });

  it('and open files are what they were after ten thousand calls', async () => {
    const books = dataDir();
    const upstream = await smallUpstream();
    const running = await meter({ dataDir: books, upstreams: { anthropic: upstream.origin } });
    const base = running.ready.baseUrls['anthropic'] ?? '';
    const open = () => readdirSync(`/proc/${running.ready.pid}/fd`).length;
    const agent = new Agent({ keepAlive: true, maxSockets: 20 });
    cleanUp(() => agent.destroy());
    const { hostname, port, pathname } = new URL(base);
    const one = () =>
      new Promise<void>((resolve, reject) => {
        const options = { agent, host: hostname, port, path: `${pathname}/v1/messages`, method: 'POST' };
        const req = request(options, (res) => res.resume().once('end', resolve));
        req.once('error', reject);
        req.end('{"model":"m","messages":[]}');
      });
    const round = async (calls: number) => {
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          for (let left = calls / 20; left > 0; left -= 1) await one();
        }),
      );
      await delay(6_000);
    };
    // The heaps of three threads grow to their size at first; what counts is that they stay there.
    await round(20_000);
    const [files, mb] = [open(), rssMb(running)];
    await round(10_000);
    console.log(`RSS ${mb.toFixed(0)} MB after 20,000 calls, ${rssMb(running).toFixed(0)} MB after 30,000`);
    await eventually(
      async () => open(),
      (now) => now <= files,
      30_000,
    );
    expect(rssMb(running) - mb).toBeLessThan(64);
  });
});

describe('silence', () => {
  it.each(['before the first byte', 'in the middle of a stream'])(
    'of twelve minutes %s breaks nothing',
    async (where) => {
      const origin = await provider((req, res) => {
        req.resume();
        const events = anthropicEvents();
        const head = () => res.writeHead(200, { 'content-type': 'text/event-stream' });
        if (where === 'in the middle of a stream') head().write(events[0]);
        setTimeout(() => {
          if (!res.headersSent) head().write(events[0]);
          res.end(events.slice(1).join(''));
        }, 12 * 60_000);
      });
      const running = await meter({ dataDir: dataDir(), upstreams: { anthropic: origin } });
      const base = new URL(running.ready.baseUrls['anthropic'] ?? '');
      // Not fetch, which has timeouts of its own.
      const text = await new Promise<string>((resolve, reject) => {
        const req = request(
          {
            host: base.hostname,
            port: base.port,
            path: `${base.pathname}/v1/messages`,
            method: 'POST',
            agent: new Agent(),
          },
          (res) => {
            let got = '';
            res.setEncoding('utf8').on('data', (chunk: string) => {
              got += chunk;
            });
            res.once('end', () => resolve(got));
            res.once('error', reject);
          },
        );
        req.once('error', reject);
        req.end('{}');
      });
      expect(text).toBe(anthropicEvents().join(''));
    },
  );
});

describe('a hundred thousand made-up credentials', () => {
  it('are refused, and no byte of the books changes', async () => {
    const books = dataDir();
    const running = await meter({ dataDir: books });
    await delay(2_000);
    const { port } = running.ready;
    for (let seed = 1; seed <= 20; seed += 1) {
      const { statuses, changed } = await fuzzAuthorisation({ port, dataDir: books }, { runs: 5_000, seed });
      expect([seed, statuses, changed]).toEqual([seed, [401], false]);
    }
  });
});

describe('twenty starts', () => {
  it('are each ready within half a second', async () => {
    const times: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const startMs = performance.now();
      const running = await meter({ dataDir: dataDir() });
      times.push(performance.now() - startMs);
      await running.stop();
    }
    console.log(
      `ready after ${percentile(times, 0.5).toFixed(0)} ms (p50), ${percentile(times, 0.95).toFixed(0)} ms (p95)`,
    );
    expect(percentile(times, 0.5)).toBeLessThan(500);
  });
});

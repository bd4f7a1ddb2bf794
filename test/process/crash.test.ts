import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventually, runCli } from '../support/meterProcess.ts';
import { callClaude, dataDir, meter, smallUpstream } from './rig.ts';

interface Row {
  readonly id: string;
  readonly status: string;
}

async function rows(books: string): Promise<readonly Row[]> {
  return JSON.parse((await runCli(['calls', '--data-dir', books, '--json'])).stdout) as readonly Row[];
}

describe('a meter that is killed under twenty streams', () => {
  it('breaks them visibly, and the next one serves the same address and has each of them once', async () => {
    const books = dataDir();
    let release: () => void = () => {};
    const hold = new Promise<void>((resolve) => {
      release = resolve;
    });
    const provider = await smallUpstream(hold);
    const upstreams = { anthropic: provider.origin };
    const first = await meter({ dataDir: books, upstreams });
    const base = first.ready.baseUrls['anthropic'] ?? '';
    const responses = await Promise.all(Array.from({ length: 20 }, () => callClaude(base)));
    const bodies = responses.map((response) =>
      response.text().then(
        () => 'clean',
        () => 'broken',
      ),
    );
    // A row is on disk from the moment that a call begins; figures follow within half a second.
    await new Promise((resolve) => setTimeout(resolve, 700));
    await first.kill();
    expect(new Set(await Promise.all(bodies))).toEqual(new Set(['broken']));
    release();
    const second = await meter({ dataDir: books, upstreams });
    expect(second.ready).toMatchObject({ port: first.ready.port, token: first.ready.token });
    expect((await callClaude(base)).status).toBe(200);
    const booked = await eventually(
      () => rows(books),
      (found) => found.length === 21,
    );
    expect(booked.filter(({ status }) => status === 'lost')).toHaveLength(20);
    expect(new Set(booked.map(({ id }) => id)).size).toBe(21);
  });
});

describe('a meter that carried many calls', () => {
  it('has as many files and sockets open as before', async () => {
    const books = dataDir();
    const provider = await smallUpstream();
    const running = await meter({ dataDir: books, upstreams: { anthropic: provider.origin } });
    const base = running.ready.baseUrls['anthropic'] ?? '';
    const open = () => readdirSync(`/proc/${running.ready.pid}/fd`).length;
    const round = async (calls: number) => {
      for (let left = calls; left > 0; left -= 10)
        await Promise.all(
          Array.from({ length: 10 }, async () => (await callClaude(base, { connection: 'close' })).text()),
        );
    };
    await round(20);
    // Unused connections to a provider are kept for four seconds.
    await new Promise((resolve) => setTimeout(resolve, 4_500));
    const before = open();
    await round(300);
    await eventually(
      async () => open(),
      (now) => now <= before,
      15_000,
    );
  });
});

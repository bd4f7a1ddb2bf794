import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/domain/clock.ts';
import type { MeterLock } from '../../../../src/protocol/control.ts';
import {
  MeterHost,
  type MeterHostParts,
  type MeterView,
  type MeterWishes,
} from '../../../../src/vscode/meter/meterHost.ts';
import { type FakeAnswers, type FakeMeter, startFakeMeter } from '../../protocol/fakeMeter.ts';

const wishes: MeterWishes = {
  settings: { metering: true, priceOverrides: {}, retentionDays: 0 },
  workspace: { workspaceId: 'ws-1', title: 'one', upstreams: {} },
  mayStart: true,
};

let dataDir = '';
let meters: FakeMeter[] = [];
let host: MeterHost | null = null;
let views: MeterView[] = [];
let waiting: { readonly matches: (view: MeterView) => boolean; readonly done: (view: MeterView) => void }[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'outlay-host-'));
  [meters, views, waiting, host] = [[], [], [], null];
});
afterEach(async () => {
  host?.dispose();
  for (const meter of meters) await meter.crash().catch(() => {});
  await rm(dataDir, { recursive: true });
});

const answersOf = (version: string): FakeAnswers => ({
  status: () => ({ version, pid: 1, port: 1, demo: false, inFlight: 0, clients: 0, baseUrls: {} }),
  configure: () => ({ problems: [] }),
  connectWorkspace: () => ({ baseUrls: { anthropic: 'http://127.0.0.1/x' }, refused: {} }),
  handover: () => ({ inFlight: 0 }),
  watch: (_params, response) => response.write('data: {"revision":1}\n\n'),
});

/** Starts a fake in place of `dist/meter.js`, which writes its lock as the real one does. */
async function startMeter(port: number, lock: Partial<MeterLock> = {}): Promise<FakeMeter> {
  const meter = await startFakeMeter(answersOf(lock.version ?? '0.1.0'), { ...lock, port });
  meters.push(meter);
  await writeFile(join(dataDir, 'meter.json'), JSON.stringify(meter.lock), { mode: 0o600 });
  return meter;
}

const ready = ({ lock }: FakeMeter) => ({ port: lock.port, token: lock.token, pid: lock.pid, baseUrls: {} });

function makeHost(change: Partial<MeterHostParts> = {}, wish: Partial<MeterWishes> = {}): MeterHost {
  host = new MeterHost(
    { ...wishes, ...wish },
    {
      dataDir,
      version: '0.1.0',
      clock: systemClock,
      random: () => 0,
      log: () => {},
      start: async (port) => ready(await startMeter(port)),
      onChange: (view) => {
        views.push(view);
        waiting = waiting.filter(({ matches, done }) => !matches(view) || done(view));
      },
      ...change,
    },
  );
  return host;
}

const viewWhere = (matches: (view: MeterView) => boolean): Promise<MeterView> =>
  new Promise((done) => waiting.push({ matches, done }));

const namesOf = (meter: FakeMeter | undefined): readonly string[] => meter?.calls.map(({ name }) => name) ?? [];

describe('MeterHost', () => {
  it('starts a meter where there is none and introduces itself', async () => {
    const snapshot = viewWhere((view) => view.snapshot !== null);
    await makeHost().connect();
    expect(host?.view.state).toBe('running');
    expect(meters[0]?.calls.map(({ name, params }) => [name, params])).toEqual([
      ['configure', wishes.settings],
      ['connectWorkspace', wishes.workspace],
    ]);
    expect((await snapshot).snapshot).toEqual({ revision: 1 });
  });

  it('uses the meter of another window instead of starting one', async () => {
    const meter = await startMeter(0);
    await makeHost({ start: () => Promise.reject(new Error('must not start')) }).connect();
    expect(host?.view.connection?.lock).toEqual(meter.lock);
  });

  it('starts on the port of a lock whose meter is dead', async () => {
    const dead = await startMeter(0);
    await dead.crash();
    await makeHost().connect();
    expect(host?.view.connection?.lock.port).toBe(dead.lock.port);
  });

  it('brings a meter that died back on its port and keeps the connection of the terminals meanwhile', async () => {
    await makeHost().connect();
    const back = viewWhere(({ state }) => state === 'running' && meters.length === 2);
    const seen = views.length;
    await meters[0]?.crash();
    await back;
    expect(meters[1]?.lock.port).toBe(meters[0]?.lock.port);
    expect(views.slice(seen).filter(({ connection }) => connection === null)).toEqual([]);
  });

  it('gives up for a while after three crashes within a minute, and unhooks the terminals', async () => {
    await makeHost().connect();
    for (const crash of [0, 1]) {
      const back = viewWhere(({ state }) => state === 'running' && meters.length === crash + 2);
      await meters[crash]?.crash();
      await back;
    }
    const failed = viewWhere(({ state }) => state === 'failed');
    await meters[2]?.crash();
    expect(await failed).toMatchObject({
      connection: null,
      text: 'The meter keeps ending. New terminals are not metered.',
    });
    await host?.retry();
    expect(host?.view.state).toBe('running');
  });

  it('says why a meter cannot be started', async () => {
    const failed = viewWhere(({ state }) => state === 'failed');
    let nowMs = 0;
    const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs++ };
    makeHost({ clock, start: () => Promise.reject(new Error('The meter ended at once (exit code 1).')) });
    await host?.connect();
    await host?.connect();
    await host?.connect();
    expect((await failed).text).toBe('The meter ended at once (exit code 1). New terminals are not metered.');
  });

  it('talks to a meter that could write no lock file', async () => {
    makeHost({
      start: async () => {
        const meter = await startMeter(0);
        await rm(join(dataDir, 'meter.json'));
        return { ...ready(meter), controlToken: meter.lock.controlToken };
      },
    });
    await host?.connect();
    expect(host?.view.state).toBe('running');
  });

  it('takes the meter of a window that was quicker', async () => {
    makeHost({
      start: async () => {
        await startMeter(0);
        throw new Error('The meter ended at once (exit code 1).');
      },
    });
    await host?.connect();
    expect(host?.view.state).toBe('running');
  });

  it('asks an older meter to hand over and starts its own on the same port', async () => {
    const older = await startMeter(0, { version: '0.0.9' });
    makeHost({
      start: async (port) => {
        await older.crash();
        return ready(await startMeter(port));
      },
    });
    await host?.connect();
    expect(namesOf(older)).toEqual(['status', 'handover']);
    expect(host?.view.connection?.lock).toMatchObject({ port: older.lock.port, version: '0.1.0' });
  });

  it('uses a newer meter as it is', async () => {
    const newer = await startMeter(0, { version: '0.2.0' });
    await makeHost().connect();
    expect(namesOf(newer)).toEqual(['status', 'configure', 'connectWorkspace']);
  });

  it('starts nothing while it is off, but tells a running meter so', async () => {
    await makeHost({}, { mayStart: false }).connect();
    expect(host?.view.state).toBe('off');
    expect(meters).toEqual([]);
    const running = await startMeter(0);
    await host?.connect();
    await host?.update({ ...wishes, mayStart: false, settings: { ...wishes.settings, metering: false } });
    expect(running.calls.at(-2)?.params).toMatchObject({ metering: false });
  });

  it('does not touch the meter when the window closes', async () => {
    await makeHost().connect();
    host?.dispose();
    expect(namesOf(meters[0])).toEqual(['configure', 'connectWorkspace']);
  });
});

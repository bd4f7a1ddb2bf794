import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CallEnd, CallHead, ResponseHead } from '../../../../src/gateway/contract.ts';
import { createRoutes } from '../../../../src/gateway/routes.ts';
import { publicUpstreams } from '../../../../src/gateway/upstreams.ts';
import type { CallsWanted } from '../../../../src/intercept/contract.ts';
import { HostFeed } from '../../../../src/intercept/hostFeed.ts';
import { HostDesk } from '../../../../src/meter/host/hostDesk.ts';
import { hostRouteOf } from '../../../../src/meter/host/hostRoute.ts';
import { type HostOrders, type HostRoom, openOrders } from '../../../../src/protocol/hostFeed.ts';
import { openHostLink } from '../../../../src/protocol/hostFeedClient.ts';
import { newCallId } from '../../../../src/protocol/newCallId.ts';

interface Told {
  readonly head: CallHead;
  request: string;
  response: string;
  requestEnded: boolean;
  gaps: number;
  named: string | null;
  answer: ResponseHead | null;
  end: CallEnd | null;
}

const room: HostRoom = {
  ...{ dimension: 'calls', taskId: null, calls: 3, onlyEnded: false },
  full: { sentence: 'Full.', onlyBilled: false, answers: {} as HostRoom['full']['answers'] },
};

/** A meter as far as it takes what windows observe. */
class Meter {
  readonly told: Told[] = [];
  readonly server: Server;
  readonly desk: HostDesk;
  orders: HostOrders = openOrders;

  constructor() {
    this.desk = new HostDesk({
      observer: { begin: (head) => this.#begin(head), unmetered: () => undefined },
      routeOf: (request) =>
        hostRouteOf(request, {
          routes: createRoutes(publicUpstreams),
          upstreams: publicUpstreams,
          ownUpstream: () => null,
        }),
      activeTask: (workspaceId) => (workspaceId === 'ws-1' ? 'task-1' : null),
      ordersFor: () => this.orders,
      onRefused: () => undefined,
      clock: { nowMs: () => 9_999, monotonicMs: () => 0 },
      log: () => undefined,
    });
    this.server = createServer((request, response) => this.desk.handle(request, response));
  }

  async listen(): Promise<number> {
    await new Promise<void>((ready) => this.server.listen(0, '127.0.0.1', ready));
    return (this.server.address() as AddressInfo).port;
  }

  #begin(head: CallHead) {
    const told: Told = {
      head,
      request: '',
      response: '',
      requestEnded: false,
      gaps: 0,
      named: null,
      answer: null,
      end: null,
    };
    this.told.push(told);
    return {
      requestBytes: (chunk: Uint8Array) => {
        told.request += Buffer.from(chunk).toString();
      },
      requestEnd: () => {
        told.requestEnded = true;
      },
      responseHead: (answer: ResponseHead) => {
        told.answer = answer;
      },
      responseBytes: (chunk: Uint8Array) => {
        told.response += Buffer.from(chunk).toString();
      },
      end: (end: CallEnd) => {
        told.end = end;
      },
      gap: () => {
        told.gaps += 1;
      },
      named: (agent: string) => {
        told.named = agent;
      },
    };
  }
}

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

async function startMeter(): Promise<{ readonly meter: Meter; readonly port: number }> {
  const meter = new Meter();
  const port = await meter.listen();
  cleanups.push(() => {
    meter.server.closeAllConnections();
    meter.server.close();
  });
  return { meter, port };
}

function startFeed(onOrders: (orders: HostOrders) => void = () => undefined): HostFeed {
  const feed = new HostFeed({ workspaceId: () => 'ws-1', onOrders, log: () => undefined });
  cleanups.push(() => feed.dispose());
  return feed;
}

const connect = (feed: HostFeed, port: number): void =>
  feed.connect((events) => openHostLink({ port, controlToken: 'made-up' }, events));

const about = () => ({
  id: newCallId(1_000),
  startedAtMs: 1_000,
  origin: 'https://api.anthropic.com',
  method: 'POST',
  path: '/v1/messages',
  fields: { 'x-api-key': 'x', 'x-task-id': 'session-1' },
  caller: 'some.agent',
});
const fields = { 'content-type': 'text/event-stream', 'request-id': 'req_1' };

describe('what a window observes', () => {
  it('arrives whole at the meter', async () => {
    const { meter, port } = await startMeter();
    const feed = startFeed();
    connect(feed, port);
    const call = feed.begin(about());
    call.requestBytes(Buffer.from('{"model":"m"}'));
    call.requestEnd();
    call.responseHead(200, fields, 1_100);
    call.responseBytes(Buffer.alloc(700_000, 'r'), 1_200);
    call.end('complete', 1_300);
    await vi.waitFor(() => expect(meter.told[0]?.end).toBe('complete'));
    const [told] = meter.told;
    expect(told?.head).toMatchObject({
      ...{ workspaceId: 'ws-1', routeId: 'anthropic', api: 'anthropic-messages', auth: 'key', agent: 'some.agent' },
      ...{ session: 'session-1', source: 'host', isWatched: false, taskId: null, startedAtMs: 1_000 },
    });
    expect([told?.request, told?.requestEnded, told?.response.length]).toEqual(['{"model":"m"}', true, 700_000]);
    expect(told?.answer).toMatchObject({ httpStatus: 200, contentType: 'text/event-stream', requestId: 'req_1' });
    expect([feed.inFlight, meter.desk.inFlight]).toEqual([0, 0]);
  });

  it('has the name of a caller that is known late, and until then what it says of itself, a guess, or its client', async () => {
    const { meter, port } = await startMeter();
    const feed = startFeed();
    connect(feed, port);
    const unnamed = (headers: Readonly<Record<string, string>>, probably: string | null) =>
      feed.begin({ ...about(), id: newCallId(1_000), fields: headers, caller: null, probably });
    unnamed({ 'user-agent': 'Cline/3' }, 'some-agent');
    unnamed({ 'user-agent': 'Anthropic/JS 1' }, 'some-agent');
    unnamed({ 'user-agent': 'Anthropic/JS 1' }, null);
    unnamed({}, null).named('some-agent');
    await vi.waitFor(() => expect(meter.told[3]?.named).toBe('some-agent'));
    expect(meter.told.map(({ head }) => head.agent)).toEqual(['cline', 'some-agent?', 'anthropic-sdk', 'unknown']);
  });

  it('arrives whole however large it is, and whatever comes meanwhile', async () => {
    const { meter, port } = await startMeter();
    const feed = startFeed();
    connect(feed, port);
    for (let round = 0; round < 12; round++) {
      const call = feed.begin(about());
      for (let piece = 0; piece < 40; piece++) {
        call.requestBytes(Buffer.alloc(round * 4_000 + 1, 'q'));
        if (piece % 10 === 0) await new Promise((later) => setImmediate(later));
      }
      call.responseHead(200, fields, 1_100);
      call.end('complete', 1_300);
      await vi.waitFor(() => expect(meter.told[round]?.end).toBe('complete'));
      expect(meter.told[round]?.request.length).toBe(40 * (round * 4_000 + 1));
    }
  });

  it('is told again, under the same id, to a meter that takes the place of one that died', async () => {
    const first = await startMeter();
    const feed = startFeed();
    connect(feed, first.port);
    const call = feed.begin(about());
    call.requestBytes(Buffer.from('{"model":"m"}'));
    call.requestEnd();
    call.responseHead(200, fields, 1_100);
    call.responseBytes(Buffer.from('one '), 1_200);
    await vi.waitFor(() => expect(first.meter.told[0]?.response).toBe('one '));
    first.meter.server.closeAllConnections();
    await vi.waitFor(() => expect(feed.isConnected).toBe(false));
    call.responseBytes(Buffer.from('two '), 1_300);
    const second = await startMeter();
    connect(feed, second.port);
    call.responseBytes(Buffer.from('three'), 1_400);
    call.end('complete', 1_500);
    await vi.waitFor(() => expect(second.meter.told[0]?.end).toBe('complete'));
    const [told] = second.meter.told;
    expect(told).toMatchObject({ request: '{"model":"m"}', requestEnded: true, response: 'one two three', gaps: 0 });
    expect(told?.head.id).toBe(first.meter.told[0]?.head.id);
  });

  it('is not booked by a meter that it moves away from', async () => {
    const first = await startMeter();
    const second = await startMeter();
    const feed = startFeed();
    connect(feed, first.port);
    const call = feed.begin(about());
    await vi.waitFor(() => expect(first.meter.told).toHaveLength(1));
    connect(feed, second.port);
    call.end('complete', 1_500);
    await vi.waitFor(() => expect(second.meter.told[0]?.end).toBe('complete'));
    await vi.waitFor(() => expect(first.meter.desk.inFlight).toBe(0));
    expect(first.meter.told[0]?.end).toBeNull();
  });

  it('is told with a gap where it was too much to be kept', async () => {
    const first = await startMeter();
    const feed = startFeed();
    connect(feed, first.port);
    const call = feed.begin(about());
    call.requestBytes(Buffer.alloc(2_000_000, 'x'));
    call.requestEnd();
    call.responseHead(200, fields, 1_100);
    await vi.waitFor(() => expect(first.meter.told[0]?.answer?.httpStatus).toBe(200));
    const second = await startMeter();
    connect(feed, second.port);
    call.responseBytes(Buffer.from('the last word'), 1_400);
    call.end('complete', 1_500);
    await vi.waitFor(() => expect(second.meter.told[0]?.end).toBe('complete'));
    expect(second.meter.told[0]).toMatchObject({
      gaps: 1,
      request: '',
      response: 'the last word',
      answer: { httpStatus: 200 },
    });
  });

  it('is kept for a meter that is yet to come, also where the call has ended', async () => {
    const feed = startFeed();
    const call = feed.begin(about());
    call.responseHead(200, fields, 1_100);
    call.end('complete', 1_300);
    const { meter, port } = await startMeter();
    connect(feed, port);
    await vi.waitFor(() => expect(meter.told[0]?.end).toBe('complete'));
  });

  it('is left out, marked and never piled up where the meter does not keep up', async () => {
    const server = createServer((request, response) => {
      request.pause();
      response.writeHead(200).flushHeaders();
    });
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
    cleanups.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const feed = startFeed();
    connect(feed, (server.address() as AddressInfo).port);
    const calls = Array.from({ length: 4 }, () => feed.begin(about()));
    const chunk = Buffer.alloc(1024 * 1024, 'x');
    for (let round = 0; round < 60; round++) for (const call of calls) call.responseBytes(chunk, 1_000);
    // 240 MB were shown to it.
    expect(feed.waitingBytes).toBeLessThan(33 * 1024 * 1024);
  });

  it('belongs to the task that is active, unless it names a session', async () => {
    const { meter, port } = await startMeter();
    const feed = startFeed();
    connect(feed, port);
    feed.begin(about());
    feed.begin({ ...about(), fields: {} });
    await vi.waitFor(() => expect(meter.told.map(({ head }) => head.taskId)).toEqual([null, 'task-1']));
  });

  it('ends with its window', async () => {
    const { meter, port } = await startMeter();
    const feed = startFeed();
    connect(feed, port);
    feed.begin(about()).responseHead(200, fields, 1_100);
    await vi.waitFor(() => expect(meter.told[0]?.answer).not.toBeNull());
    feed.dispose();
    await vi.waitFor(() => expect(meter.told[0]?.end).toBe('client-gone'));
  });

  it('is passed over where it is none, and ends the connection where it cannot be read', async () => {
    const { meter, port } = await startMeter();
    const feed = startFeed();
    connect(feed, port);
    feed.begin({ ...about(), path: '/v1/files' });
    feed.begin({ ...about(), id: 'not an id' });
    feed.begin(about());
    await vi.waitFor(() => expect(meter.told).toHaveLength(1));
    const ends: string[] = [];
    const link = openHostLink(
      { port, controlToken: 'made-up' },
      { onOrders: () => undefined, onFlushed: () => undefined, onEnd: (reason) => ends.push(reason) },
    );
    link.write([Buffer.from('this is no frame at all')]);
    await vi.waitFor(() => expect(ends).toHaveLength(1));
  });
});

describe('orders', () => {
  it('reach a window at once and whenever they change', async () => {
    const { meter, port } = await startMeter();
    const got: HostOrders[] = [];
    const feed = startFeed((orders) => got.push(orders));
    connect(feed, port);
    await vi.waitFor(() => expect(got).toEqual([openOrders]));
    meter.desk.ordersChanged();
    meter.orders = { hasHardBudget: true, rooms: [room], shut: null };
    meter.desk.ordersChanged();
    await vi.waitFor(() => expect(got).toEqual([openOrders, { hasHardBudget: true, rooms: [room], shut: null }]));
  });

  it('say which calls they know of, so that a window counts the others itself', async () => {
    const { meter, port } = await startMeter();
    const other = startFeed();
    const feed = startFeed((orders) => feed.booked(orders.booked ?? []));
    connect(feed, port);
    connect(other, port);
    const [first, second] = [about(), about()];
    const login = { ...about(), fields: { authorization: 'Bearer sk-ant-oat' } };
    feed.begin(second, 'task-1');
    feed.begin(first, 'task-2').end('complete', 1_300);
    feed.begin(login, 'task-1');
    other.begin(about());
    const count = (wanted: Partial<CallsWanted> = {}): number =>
      feed.unbookedCalls({ onlyBilled: false, onlyEnded: false, taskId: null, ...wanted });
    expect([count(), count({ onlyBilled: true }), count({ onlyEnded: true })]).toEqual([3, 2, 1]);
    expect([count({ taskId: 'task-1' }), count({ taskId: 'task-1', onlyBilled: true })]).toEqual([2, 1]);
    await vi.waitFor(() => expect(meter.told).toHaveLength(4));
    meter.orders = { hasHardBudget: true, rooms: [room], shut: null };
    meter.desk.ordersChanged();
    expect(count()).toBe(3);
    // The same orders again, since they know of two more calls.
    meter.desk.ordersChanged([first.id, login.id]);
    await vi.waitFor(() => expect(count()).toBe(1));
    expect(other.unbookedCalls({ onlyBilled: false, onlyEnded: false, taskId: null })).toBe(1);
  });

  it('tell at once of a call that will never be booked', async () => {
    const { port } = await startMeter();
    const feed = startFeed((orders) => feed.booked(orders.booked ?? []));
    connect(feed, port);
    feed.begin({ ...about(), path: '/v1/files' });
    await vi.waitFor(() => expect(feed.unbookedCalls({ onlyBilled: false, onlyEnded: false, taskId: null })).toBe(0));
  });

  it('that never tell of a call that ended are not waited for without end', async () => {
    const { port } = await startMeter();
    const feed = startFeed();
    connect(feed, port);
    vi.useFakeTimers();
    try {
      feed.begin(about()).end('complete', 1_300);
      const count = (): number => feed.unbookedCalls({ onlyBilled: false, onlyEnded: true, taskId: null });
      expect(count()).toBe(1);
      vi.advanceTimersByTime(5_000);
      expect(count()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

import { EventEmitter, once } from 'node:events';
import { get, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { TaskOffice } from '../../../src/meter/budget/taskOffice.ts';
import { createControlHandlers, type MeterOperations } from '../../../src/meter/control/controlHandlers.ts';
import { ControlServer, type SnapshotFeed } from '../../../src/meter/control/controlServer.ts';
import { ImportDesk } from '../../../src/meter/import/importDesk.ts';
import { ImportThread } from '../../../src/meter/import/importThread.ts';
import type { MeterStatus } from '../../../src/protocol/control.ts';
import type { DashboardQuery } from '../../../src/protocol/dashboard.ts';
import type { NowSnapshot } from '../../../src/protocol/snapshot.ts';
import { noTasks } from '../../../src/protocol/tasks.ts';
import { RawClient } from '../../support/rawHttp.ts';
import { type Answer, call, cleanUp, startGateway } from '../gateway/gatewayRig.ts';
import { call as record } from '../ledger/callFixtures.ts';
import { emptyOffice } from './budget/officeFixture.ts';

const controlToken = 'ctl_0123456789abcdefghijklmnopqrstuvwxyz-AB';
const bearer = { authorization: `Bearer ${controlToken}` };
const maxBodyBytes = 32 * 1024 * 1024;

const status: MeterStatus = {
  version: '1.2.3',
  pid: 1,
  port: 2,
  demo: false,
  inFlight: 0,
  clients: 0,
  baseUrls: { anthropic: 'http://127.0.0.1:2/x' },
};

/** The server hands a snapshot on without looking into it. */
const snapshotOf = (text: string) => ({ text }) as unknown as NowSnapshot;

/** Calls back when the test says so. */
class ManualFeed implements SnapshotFeed {
  readonly #listeners = new Set<(snapshot: NowSnapshot) => void>();

  get listeners(): number {
    return this.#listeners.size;
  }

  subscribe(onSnapshot: (snapshot: NowSnapshot) => void): () => void {
    this.#listeners.add(onSnapshot);
    onSnapshot(snapshotOf('first'));
    return () => this.#listeners.delete(onSnapshot);
  }

  publish(text: string): void {
    for (const listener of this.#listeners) listener(snapshotOf(text));
  }
}

/** The books of an office take a while to open, which only the tests of tasks have to wait for. */
const noOffice = {} as TaskOffice;

/** A thread that is never started, since nobody asks it for anything. */
const noImports = new ImportThread({
  workerDir: '/nowhere',
  books: {
    loadLogs: async () => [],
    book: async () => ({ added: 0, merged: 0, forgotten: 0, addedNanoUsd: 0, firstAtMs: null }),
  },
  onProgress: () => undefined,
  onBooked: () => undefined,
  log: () => undefined,
});

/** The control API behind a real gateway; every operation is noted with what it was given. */
async function start(overrides: Partial<MeterOperations> = {}) {
  const asked: unknown[] = [];
  const logged: string[] = [];
  const refused: string[] = [];
  const feed = new ManualFeed();
  const note = <T>(name: string, result: T, ...given: unknown[]): T => {
    asked.push([name, ...given]);
    return result;
  };
  const meter: MeterOperations = {
    status: () => note('status', status),
    snapshot: async () => note('snapshot', snapshotOf('asked for')),
    configure: async (settings) => note('configure', ['That is no price.'], settings),
    connectWorkspace: (workspace) => note('connectWorkspace', { baseUrls: { a: 'b' }, refused: { c: 'd' } }, workspace),
    deleteData: async (beforeMs) => note('deleteData', 7, beforeMs),
    book: async (records) => note('book', records.length, records),
    handOver: async (version) => note('handOver', 3, version),
    shutDown: () => note('shutDown', undefined),
    office: noOffice,
    setBudgetPolicy: async (policy) => note('setBudgetPolicy', ['That is no limit.'], policy),
    tasks: async () => note('tasks', noTasks),
    runs: {
      importStaged: async (staged) => note('importStaged', { added: 2, known: 1 }, staged),
      removeImport: async (name) => note('removeImport', null, name),
    },
    views: {
      sessionsBothWays: async (limit) => note('sessionsBothWays', [], limit),
      reconcile: async (session) => note('reconcile', [], session),
    },
    imports: new ImportDesk(noImports, { homeDir: '/home/u', env: {}, platform: 'linux' }),
    comparisons: {
      ask: async (query, again) => note('dashboard', { state: 'working', doneShare: 0.5 } as const, query, again),
      cancel: async (query) => note('cancelDashboard', undefined, query),
    },
    ...overrides,
  };
  const server = new ControlServer({
    onHost: (_request, response) => response.end('observed'),
    controlToken,
    handlers: createControlHandlers(meter),
    feed,
    log: (line) => logged.push(line),
    onRefused: () => refused.push('refused'),
  });
  const rig = await startGateway(9, { onControl: (request, response) => server.handle(request, response) });
  cleanUp(() => server.close());
  const ask = (name: string, body?: string | Uint8Array, options: RequestOptions = {}): Promise<Answer> =>
    call(rig.port, { method: 'POST', path: `/control/${name}`, headers: bearer, ...options }, body);
  const watch = async (): Promise<IncomingMessage> => {
    const request = get({ host: '127.0.0.1', port: rig.port, path: '/control/watch', headers: bearer, agent: false });
    cleanUp(() => request.destroy());
    request.on('error', () => {});
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.on('error', () => {});
    return response;
  };
  return { port: rig.port, server, feed, asked, logged, refused, ask, watch };
}

const jsonOf = (answer: Answer): unknown => JSON.parse(answer.body.toString());

describe('the control API', () => {
  it('serves nobody without its token, spelled exactly, and asks the meter for nothing then', async () => {
    const { ask, asked, refused } = await start();
    const wrong = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      controlToken,
      `bearer ${controlToken}`,
      `Basic ${controlToken}`,
      `Bearer  ${controlToken}`,
      `Bearer ${controlToken}x`,
      `Bearer ${controlToken.slice(0, -1)}`,
      `Bearer ${controlToken.slice(0, -1)}X`,
      `Bearer ${controlToken.toUpperCase()}`,
      `Bearer ${controlToken}, Bearer ${controlToken}`,
    ];
    for (const authorization of wrong) {
      for (const name of ['status', 'shutdown', 'watch', 'no-such-name', '']) {
        const headers = authorization === undefined ? {} : { authorization };
        for (const method of ['POST', 'GET']) {
          const answer = await ask(name, undefined, { headers, method });
          expect([authorization, name, answer.status]).toEqual([authorization, name, 401]);
          expect(jsonOf(answer)).toEqual({ error: 'The control token is missing or wrong.' });
        }
      }
    }
    expect(asked).toEqual([]);
    expect(refused).toHaveLength(wrong.length * 10);
    await ask('status');
    await ask('no-such-name');
    expect(refused).toHaveLength(wrong.length * 10);
  });

  it('refuses before the body has come', async () => {
    const { port } = await start();
    const socket = connect(port, '127.0.0.1');
    cleanUp(() => socket.destroy());
    socket.write(`POST /control/book HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 1000000\r\n\r\n{`);
    const [first] = (await once(socket, 'data')) as [Buffer];
    expect(first.toString('latin1')).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('knows its own names only, each with its method', async () => {
    const { ask, asked } = await start();
    const unknown = [
      ['POST', ''],
      ['POST', 'Status'],
      ['POST', 'status?x'],
      ['POST', 'status/'],
      ['POST', '../control/status'],
      ['POST', 'toString'],
      ['POST', '__proto__'],
      ['POST', 'watch'],
      ['GET', 'status'],
      ['PUT', 'status'],
      ['GET', 'watch/'],
    ] as const;
    for (const [method, name] of unknown) {
      const answer = await ask(name, undefined, { method });
      expect([method, name, answer.status]).toEqual([method, name, 404]);
      expect(jsonOf(answer)).toEqual({ error: 'There is no control request of this name.' });
    }
    expect(asked).toEqual([]);
  });

  it('asks the meter for what was asked, with what was sent, and answers what that gave', async () => {
    const { ask, asked, logged } = await start();
    const settings = { metering: true, retentionDays: 0, priceOverrides: [{ match: 'm' }] };
    const workspace = { workspaceId: 'ws-1', title: 'Ü', upstreams: { anthropic: 'https://own.example' } };
    const exchanges: [string, unknown, unknown][] = [
      ['status', {}, status],
      ['snapshot', {}, { text: 'asked for' }],
      ['configure', settings, { problems: ['That is no price.'] }],
      ['connectWorkspace', workspace, { baseUrls: { a: 'b' }, refused: { c: 'd' } }],
      ['deleteData', { beforeMs: 5 }, { deleted: 7 }],
      ['book', { records: [record()] }, { booked: 1 }],
      ['handover', { version: '1.2.3' }, { inFlight: 3 }],
      ['shutdown', {}, {}],
    ];
    for (const [name, params, result] of exchanges) {
      const answer = await ask(name, JSON.stringify(params));
      expect([name, answer.status, jsonOf(answer)]).toEqual([name, 200, result]);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.headers['content-length']).toBe(String(answer.body.length));
    }
    expect(asked).toEqual([
      ['status'],
      ['snapshot'],
      ['configure', settings],
      ['connectWorkspace', workspace],
      ['deleteData', 5],
      ['book', [record()]],
      ['handOver', '1.2.3'],
      ['shutDown'],
    ]);
    expect(logged).toEqual([]);
  });

  it('hands the connections of windows over, and only those that send', async () => {
    const { ask, asked } = await start();
    expect((await ask('host')).body.toString()).toBe('observed');
    expect((await ask('host', undefined, { method: 'GET' })).status).toBe(404);
    expect((await ask('host/')).status).toBe(404);
    expect((await ask('host', undefined, { headers: {} })).status).toBe(401);
    expect(asked).toEqual([]);
  });

  it('takes no body for an empty object', async () => {
    const { ask } = await start();
    expect((await ask('status')).status).toBe(200);
  });

  it('says what is wrong with a request, and does not log what its sender worded', async () => {
    const { ask, asked, logged } = await start();
    for (const [name, body, sentence] of [
      ['deleteData', '{"beforeMs":"now"}', '"beforeMs" must be an instant in milliseconds, or null for everything.'],
      ['configure', '[]', 'An object was expected.'],
      ['status', '{"half":', expect.stringMatching(/JSON/)],
    ] as const) {
      const answer = await ask(name, body);
      expect([name, answer.status, jsonOf(answer)]).toEqual([name, 400, { error: sentence }]);
    }
    expect(asked).toEqual([]);
    expect(logged).toEqual([]);
  });

  it('reads bodies up to 32 MB', async () => {
    const { ask } = await start();
    const padded = (bytes: number) => Buffer.concat([Buffer.from('{}'), Buffer.alloc(bytes - 2, ' ')]);
    expect((await ask('status', padded(maxBodyBytes))).status).toBe(200);
    const answer = await ask('status', padded(maxBodyBytes + 1));
    expect([answer.status, jsonOf(answer)]).toEqual([400, { error: 'The request is too large.' }]);
  });

  it('reads what is too large to its end, so that its connection goes on', async () => {
    const { port } = await start();
    const client = new RawClient(port);
    cleanUp(() => client.socket.destroy());
    const head = (bytes: number) =>
      `POST /control/status HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${controlToken}\r\nContent-Length: ${bytes}\r\n\r\n`;
    const bytes = maxBodyBytes + 8 * 1024 * 1024;
    client.send(head(bytes));
    client.send(Buffer.alloc(bytes, ' '));
    client.send(`${head(2)}{}`);
    const text = await client.until((seen) => seen.includes('"version"'));
    expect(text).toMatch(/^HTTP\/1\.1 400 [\s\S]*The request is too large\.[\s\S]*HTTP\/1\.1 200 /);
  });

  it('answers and logs what failed in the meter', async () => {
    const failing = await start({
      deleteData: () => Promise.reject(new Error('Nothing was deleted. The disk is full.')),
      handOver: () => Promise.reject('not an error'),
    });
    const deleted = await failing.ask('deleteData', '{"beforeMs":null}');
    expect([deleted.status, jsonOf(deleted)]).toEqual([500, { error: 'Nothing was deleted. The disk is full.' }]);
    const handedOver = await failing.ask('handover', '{"version":"1.0.0"}');
    expect([handedOver.status, jsonOf(handedOver)]).toEqual([500, { error: 'The request failed.' }]);
    expect(failing.logged).toEqual([
      expect.stringMatching(/^control deleteData: Error: Nothing was deleted[^\n]*\n\s+at /),
      'control handover: not an error',
    ]);
  });

  it('lets an answer go whose client has left', async () => {
    const events = new EventEmitter();
    const asked = once(events, 'asked');
    const { port, logged, ask } = await start({
      deleteData: () => {
        events.emit('asked');
        return once(events, 'answer').then(() => 1);
      },
    });
    const socket = connect(port, '127.0.0.1');
    const head = `POST /control/deleteData HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${controlToken}`;
    socket.write(`${head}\r\nContent-Length: 17\r\n\r\n{"beforeMs":null}`);
    await asked;
    socket.resetAndDestroy();
    // Another whole exchange on the same loop: the reset has been seen by then.
    expect((await ask('status')).status).toBe(200);
    events.emit('answer');
    expect((await ask('status')).status).toBe(200);
    expect(logged).toEqual([]);
  });
});

describe('a watch of the control API', () => {
  it('gets a whole snapshot at once and every further one, uncached, until it leaves', async () => {
    const { watch, feed, server } = await start();
    const response = await watch();
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('text/event-stream');
    expect(response.headers['cache-control']).toBe('no-store');
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    expect(server.clients).toBe(1);
    feed.publish('second');
    await expect.poll(() => text).toBe('data: {"text":"first"}\n\ndata: {"text":"second"}\n\n');
    response.destroy();
    await expect.poll(() => [server.clients, feed.listeners]).toEqual([0, 0]);
  });

  it('that does not read gets no queue of snapshots, and the newest one once it reads again', async () => {
    const { watch, feed } = await start();
    const response = await watch();
    response.pause();
    const big = 'x'.repeat(1024 * 1024);
    for (let index = 0; index < 40; index += 1) {
      feed.publish(`${index} ${big}`);
      await new Promise(setImmediate);
    }
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    response.resume();
    await expect
      .poll(() => {
        feed.publish('newest');
        return text.includes('newest');
      })
      .toBe(true);
    const events = text.split('\n\n').slice(0, -1);
    expect(events.length).toBeLessThan(40);
    for (const event of events) expect(() => JSON.parse(event.slice('data: '.length))).not.toThrow();
  });

  it('ends when the server is closed, so that its client looks for the meter again', async () => {
    const { watch, server, feed } = await start();
    const response = await watch();
    response.resume();
    const ended = once(response, 'end');
    server.close();
    await ended;
    await expect.poll(() => [server.clients, feed.listeners]).toEqual([0, 0]);
  });
});

describe('the control API of tasks', () => {
  it('makes, shows, extends and closes a task, and says what is wrong with one', async () => {
    const { ask } = await start({ office: emptyOffice() });
    const asked = async (name: string, params: object) =>
      JSON.parse((await ask(name, JSON.stringify(params))).body.toString());
    const limits = { costNanoUsd: 5e9 };
    const { view } = await asked('newTask', { title: 'Fix login', limits });
    const { id } = view.task;
    expect((await asked('extendTask', { id, dimension: 'costNanoUsd', amount: 1e9 })).view.task.limits).toMatchObject({
      costNanoUsd: 6e9,
    });
    expect((await asked('changeTask', { id, title: 'Fix the login' })).view.task.title).toBe('Fix the login');
    expect((await asked('proposeOutcome', { id, outcome: 'failed', because: 'made up' })).view.task).toMatchObject({
      state: 'open',
      proposal: { outcome: 'failed' },
    });
    expect((await asked('closeTask', { id, outcome: 'passed' })).view.task.state).toBe('passed');
    expect((await asked('reopenTask', { id })).view.task.state).toBe('open');
    expect((await asked('allTasks', {})).tasks).toHaveLength(1);
    expect(await asked('assignSession', { session: 's', id })).toEqual({ moved: 0 });
    expect(await asked('activateTask', { workspaceId: 'ws-1', id })).toEqual({});
    expect(await asked('deleteTask', { id })).toEqual({});
    expect(await asked('showTask', { id })).toEqual({ error: `There is no task ${id}.` });
    expect(await asked('newTask', { title: '' })).toEqual({ error: 'A task needs a title.' });
    expect(await asked('setBudgetPolicy', {})).toEqual({ problems: ['That is no limit.'] });
    expect(await asked('listTasks', {})).toEqual(noTasks);
  });

  it('answers which sessions were seen both ways, and their calls, and takes nothing but a text for a session', async () => {
    const { ask, asked } = await start();
    expect(jsonOf(await ask('sessionsBothWays', '{}'))).toEqual({ sessions: [] });
    expect(jsonOf(await ask('reconcile', '{"session":"s-1"}'))).toEqual({ calls: [] });
    for (const params of ['{"session":7}', '{}', 'null', '7'])
      expect(jsonOf(await ask('reconcile', params))).toEqual({ error: '"session" must be a text.' });
    expect(asked).toEqual([
      ['sessionsBothWays', 200],
      ['reconcile', 's-1'],
    ]);
  });
});

describe('the control API of runs and comparisons', () => {
  it('imports what was staged under a name of ours, and takes imports away by their names', async () => {
    const { ask, asked } = await start();
    const staged = `staged-runs-${'0f'.repeat(16)}.json`;
    expect(jsonOf(await ask('importRuns', JSON.stringify({ staged })))).toEqual({ added: 2, known: 1 });
    expect(jsonOf(await ask('removeImport', '{"name":"first"}'))).toEqual({ removed: null });
    const refusals = [
      ['importRuns', '{"staged":"../../etc/passwd"}', '"staged" must be a name of staged runs.'],
      ['importRuns', '{"staged":7}', '"staged" must be a text.'],
      ['removeImport', '{"name":null}', '"name" must be a text.'],
      ['removeImport', 'null', '"name" must be a text.'],
      ['removeImport', '7', '"name" must be a text.'],
    ] as const;
    for (const [name, params, error] of refusals)
      expect([name, params, jsonOf(await ask(name, params))]).toEqual([name, params, { error }]);
    expect(asked).toEqual([
      ['importStaged', staged],
      ['removeImport', 'first'],
    ]);
  });

  it('asks for the comparison of a query, anew where that is wanted, and stops one', async () => {
    const { ask, asked } = await start();
    const query: DashboardQuery = {
      origins: ['trial'],
      reprice: true,
      without: [],
      priceWeights: { input: 1, output: 2 },
      axis: 'cost',
      historyPeriod: 'day',
      historyKey: 'model',
      subject: null,
      findTask: '',
      call: null,
    };
    for (const again of [true, false, 'true', undefined])
      expect(jsonOf(await ask('dashboard', JSON.stringify({ query, again })))).toEqual({
        state: 'working',
        doneShare: 0.5,
      });
    expect(jsonOf(await ask('cancelDashboard', JSON.stringify({ query })))).toEqual({});
    for (const params of ['{"query":{}}', '{}', 'null', '7'])
      for (const name of ['dashboard', 'cancelDashboard'])
        expect([name, params, jsonOf(await ask(name, params))]).toEqual([
          name,
          params,
          { error: '"query" must be a query of the dashboard.' },
        ]);
    expect(asked).toEqual([
      ['dashboard', query, true],
      ['dashboard', query, false],
      ['dashboard', query, false],
      ['dashboard', query, false],
      ['cancelDashboard', query],
    ]);
  });
});

import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { commandLineToken } from '../../../src/gateway/commandLineToken.ts';
import type { RefusalReason } from '../../../src/gateway/contract.ts';
import { type ConnectionEnds, PeerCheck, userOfPeer } from '../../../src/gateway/peerCheck.ts';
import { call, cleanUp, readAll, startGateway, startUpstream, token } from './gatewayRig.ts';

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

const ends: ConnectionEnds = {
  localAddress: '127.0.0.1',
  localPort: 4660,
  remoteAddress: '127.0.0.1',
  remotePort: 43_981,
};
const head =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                     ';
const row = (from: string, to: string, uid: number, inode: number) =>
  `  17: ${from} ${to} 01 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 0000000000000000 20 4 30 10 -1                  `;
const ours = row('0100007F:1234', '0100007F:ABCD', 1000, 7);
const table = (...rows: string[]) => `${[head, ...rows].join('\n')}\n`;

describe('the user at the other end of a connection', () => {
  it('is found in the kernel’s table by both ends', () => {
    const peer = (uid: number, inode = 9) => table(ours, row('0100007F:ABCD', '0100007F:1234', uid, inode));
    expect([1000, 0, 1001, 65_534].map((uid) => userOfPeer([peer(uid), ''], ends, 1000))).toEqual([
      'own',
      'own',
      'other',
      'other',
    ]);
  });

  it('is another one where the socket belongs to nobody any more, or is not there', () => {
    const gone = table(ours, row('0100007F:ABCD', '0100007F:1234', 0, 0));
    const elsewhere = table(ours, row('0100007F:ABCD', '0100007F:1235', 1000, 9));
    expect([gone, elsewhere, table(ours)].map((text) => userOfPeer([text], ends, 1000))).toEqual([
      'other',
      'other',
      'other',
    ]);
  });

  it('is found where the client speaks of 127.0.0.1 in the form of IPv6', () => {
    const mapped = '0000000000000000FFFF0000';
    const tcp6 = table(row(`${mapped}0100007F:ABCD`, `${mapped}0100007F:1234`, 1001, 9));
    expect(userOfPeer([table(ours), tcp6], ends, 1000)).toBe('other');
  });

  it('is not known where the table does not even show our own end', () => {
    expect([[], ['', ''], [table()]].map((tables) => userOfPeer(tables, ends, 1000))).toEqual([
      'unknown',
      'unknown',
      'unknown',
    ]);
  });
});

describe('a connection', () => {
  const socketOf = (known: Partial<ConnectionEnds>) => ({ ...known }) as unknown as Socket;
  const asked = (uid: number | null, peerUid: number) => {
    let reads = 0;
    const readTables = async () => {
      reads += 1;
      return [table(ours, row('0100007F:ABCD', '0100007F:1234', peerUid, 9), ours)];
    };
    return { check: new PeerCheck(readTables, uid), reads: () => reads };
  };

  it('is let in where it is of this user, and then known', async () => {
    const socket = socketOf(ends);
    const { check } = asked(1000, 1000);
    expect([await check.allows(socket), check.isKnown(socket), check.isKnown(socketOf(ends))]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it('of another user is not, however often it asks', async () => {
    const socket = socketOf(ends);
    const { check, reads } = asked(1000, 1001);
    for (const count of [1, 2])
      expect([await check.allows(socket), check.isKnown(socket), reads()]).toEqual([false, false, count]);
  });

  it('whose ends are not known any more is not', async () => {
    const { check, reads } = asked(1000, 1000);
    for (const name of ['localAddress', 'localPort', 'remoteAddress', 'remotePort'] as const)
      expect([name, await check.allows(socketOf({ ...ends, [name]: undefined }))]).toEqual([name, false]);
    expect(reads()).toBe(0);
  });

  it('is let in where the system knows no users, without a look at any table', async () => {
    const { check, reads } = asked(null, 1001);
    expect([await check.allows(socketOf(ends)), await check.allows(socketOf({})), reads()]).toEqual([true, true, 0]);
  });
});

/** A connection to a server of this process, from its server's end. */
async function acceptedSocket(): Promise<{ readonly accepted: Socket; readonly client: Socket }> {
  const server = createServer();
  const { promise, resolve } = deferred<Socket>();
  server.once('connection', resolve);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const client = connect((server.address() as { port: number }).port, '127.0.0.1');
  const accepted = await promise;
  cleanUp(() => {
    for (const socket of [client, accepted]) socket.destroy();
    server.close();
  });
  return { accepted, client };
}

describe.runIf(process.platform === 'linux')('a connection of this user, asked of the real kernel', () => {
  it('is let in, and the next request of it at once', async () => {
    const { accepted } = await acceptedSocket();
    const check = new PeerCheck();
    expect(check.isKnown(accepted)).toBe(false);
    expect(await check.allows(accepted)).toBe(true);
    expect(check.isKnown(accepted)).toBe(true);
    expect(readFileSync('/proc/net/tcp', 'latin1')).toContain(
      `:${accepted.remotePort?.toString(16).toUpperCase().padStart(4, '0')} `,
    );
  });
});

describe('the token of base URLs on command lines', () => {
  const visible = commandLineToken(token);

  it('stands in the base URL of Codex, and is not the gateway token', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const { gateway } = await startGateway(upstream.port);
    const withIt = Object.entries(gateway.baseUrls('ws-1')).filter(([, url]) => url.includes(visible));
    expect(withIt.map(([name]) => name)).toEqual(['codex']);
    expect(visible).not.toContain(token);
    expect(Object.values(gateway.baseUrls('ws-1')).filter((url) => url.includes(token))).not.toHaveLength(0);
  });

  it('opens that route and no other', async () => {
    const upstream = await startUpstream((req, res) => void readAll(req).then((body) => res.end(body)));
    const rig = await startGateway(upstream.port, { peers: { isKnown: () => false, allows: async () => true } });
    const post = (route: string) =>
      call(rig.port, { method: 'POST', path: `/${visible}/ws-1/${route}/v1/responses` }, 'the body');
    const through = await post('codex');
    expect([through.status, through.body.toString()]).toEqual([200, 'the body']);
    for (const route of ['openai', 'anthropic', 'gemini', 'unheard-of'])
      expect([route, (await post(route)).status]).toEqual([route, route === 'unheard-of' ? 404 : 401]);
    expect(upstream.requests).toHaveLength(1);
  });

  it('is refused from another user before a byte goes anywhere, and told of', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const told: RefusalReason[] = [];
    const rig = await startGateway(upstream.port, {
      peers: { isKnown: () => false, allows: async () => false },
      onRefused: (reason) => told.push(reason),
    });
    const answer = await call(rig.port, { method: 'POST', path: `/${visible}/ws-1/codex/v1/responses` }, 'the body');
    expect([answer.status, answer.headers.connection, told]).toEqual([401, 'close', ['other-user']]);
    expect([upstream.requests.length, rig.observer.calls.length]).toEqual([0, 0]);
  });

  it('is refused, and its connection closed, where it cannot be asked whose it is', async () => {
    const rig = await startGateway(1, {
      peers: { isKnown: () => false, allows: async () => Promise.reject(new Error('made up')) },
    });
    const answer = await call(
      rig.port,
      { method: 'POST', path: `/${visible}/ws-1/codex/v1/responses`, headers: { connection: 'keep-alive' } },
      'the body',
    );
    expect([answer.status, answer.headers.connection, answer.body.toString()]).toEqual([
      401,
      'close',
      '{"error":{"message":"Not authorised."}}',
    ]);
  });

  it('asks about a connection once', async () => {
    const upstream = await startUpstream((req, res) => void readAll(req).then(() => res.end('x')));
    const real = new PeerCheck();
    let asked = 0;
    const rig = await startGateway(upstream.port, {
      peers: {
        isKnown: (socket) => real.isKnown(socket),
        allows: (socket) => {
          asked += 1;
          return real.allows(socket);
        },
      },
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    cleanUp(() => agent.destroy());
    for (let i = 0; i < 5; i += 1) {
      const options = { agent, method: 'POST', path: `/${visible}/ws-1/codex/v1/responses` };
      expect((await call(rig.port, options, 'x')).status).toBe(200);
    }
    expect(asked).toBe(1);
  });

  it('leaves nothing behind where the client has gone before the answer about it', async () => {
    const upstream = await startUpstream((_req, res) => res.end());
    const asked = deferred<Socket>();
    const verdict = deferred<boolean>();
    const rig = await startGateway(upstream.port, {
      peers: {
        isKnown: () => false,
        allows: (socket) => {
          asked.resolve(socket);
          return verdict.promise;
        },
      },
    });
    const client = connect(rig.port, '127.0.0.1');
    client.write(
      `POST /${visible}/ws-1/codex/v1/responses HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\nContent-Length: 2\r\n\r\n{}`,
    );
    const socket = await asked.promise;
    const closed = new Promise((resolve) => socket.once('close', resolve));
    client.destroy();
    await closed;
    verdict.resolve(true);
    await new Promise((resolve) => setImmediate(resolve));
    expect([rig.gateway.inFlight(), upstream.requests.length]).toEqual([0, 0]);
  });
});

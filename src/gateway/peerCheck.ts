import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';

/** `unknown`: this system does not tell. */
export type PeerUser = 'own' | 'other' | 'unknown';

/** The two ends of a connection, as seen from here. IPv4 only, as the gateway listens on 127.0.0.1. */
export interface ConnectionEnds {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** Linux's tables of sockets. A client that uses IPv6's form of 127.0.0.1 stands in the second one. */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
const MAPPED = '0000000000000000FFFF0000';

/**
 * Whose program is at the other end of a loopback connection, from the kernel's tables of sockets. A peer that is not in them, or
 * whose socket belongs to nobody any more, counts as another user's: it may have gone on purpose. Root's are taken for our own, since
 * root can read our tokens anyway. Where the tables do not even show our own end (other systems, WSL 1), nothing is known.
 */
export function userOfPeer(tables: readonly string[], ends: ConnectionEnds, uid: number): PeerUser {
  const local = hexEnd(ends.localAddress, ends.localPort);
  const remote = hexEnd(ends.remoteAddress, ends.remotePort);
  if (rowOf(tables, local, remote) === null) return 'unknown';
  const row = rowOf(tables, remote, local);
  if (row === null || row.inode === 0) return 'other';
  return row.uid === uid || row.uid === 0 ? 'own' : 'other';
}

function rowOf(tables: readonly string[], from: string, to: string): { uid: number; inode: number } | null {
  for (const table of tables) {
    for (const needle of [` ${from} ${to} `, ` ${MAPPED}${from} ${MAPPED}${to} `]) {
      const at = table.indexOf(needle);
      if (at < 0) continue;
      const end = table.indexOf('\n', at);
      // State, queues, timer, retransmissions, uid, timeout, inode.
      const fields = table
        .slice(at + needle.length, end < 0 ? undefined : end)
        .trim()
        .split(/\s+/);
      return { uid: Number(fields[4]), inode: Number(fields[6]) };
    }
  }
  return null;
}

/** As the kernel of a little-endian machine prints it; on any other no row is found, and nothing is known. */
function hexEnd(address: string, port: number): string {
  const bytes = address.replace(/^::ffff:/, '').split('.');
  const hex = (value: number, digits: number): string => value.toString(16).toUpperCase().padStart(digits, '0');
  return `${bytes
    .reverse()
    .map((byte) => hex(Number(byte), 2))
    .join('')}:${hex(port, 4)}`;
}

/** Asks once a connection, beside the byte path: the tables are read by Node's threads. */
export class PeerCheck {
  readonly #allowed = new WeakSet<Socket>();
  readonly #readTables: () => Promise<readonly string[]>;
  readonly #uid: number | null;

  constructor(readTables: () => Promise<readonly string[]> = readSocketTables, uid = process.getuid?.() ?? null) {
    this.#readTables = readTables;
    this.#uid = uid;
  }

  /** Whether an earlier request of this connection was let in; then nothing has to be awaited. */
  isKnown(socket: Socket): boolean {
    return this.#allowed.has(socket);
  }

  async allows(socket: Socket): Promise<boolean> {
    const { localAddress, localPort, remoteAddress, remotePort } = socket;
    if (this.#uid === null || !localAddress || !localPort || !remoteAddress || !remotePort) return this.#uid === null;
    const tables = await this.#readTables();
    const user = userOfPeer(tables, { localAddress, localPort, remoteAddress, remotePort }, this.#uid);
    if (user !== 'other') this.#allowed.add(socket);
    return user !== 'other';
  }
}

function readSocketTables(): Promise<readonly string[]> {
  return Promise.all(TABLES.map((path) => readFile(path, 'latin1').catch(() => '')));
}

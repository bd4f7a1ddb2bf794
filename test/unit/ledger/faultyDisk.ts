import { execFileSync } from 'node:child_process';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { callId } from './callFixtures.ts';
import { type Child, lineOf, startChild } from './childProcess.ts';
import { integrityOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

/** A process that books without end, and what it said that it has booked. */
export class FaultyDisk {
  readonly child: Child;
  readonly folder: string;
  readonly acknowledged: string[] = [];
  #health = '';
  /** Where this process sees the books. */
  readonly path: string;

  /** @param under a command that starts the process; gets the folder of the books. */
  constructor(
    under: (folder: string) => readonly string[] = () => [],
    seenFrom = (path: string, _pid: number) => path,
  ) {
    this.folder = tempDir();
    const path = ledgerPathOf(this.folder);
    this.child = startChild('writer.child.ts', [path, '0'], under(this.folder));
    this.path = seenFrom(path, this.child.process.pid ?? 0);
    this.child.lines.on('line', (line) => {
      const [word, index] = line.split(' ');
      if (word === 'ack') this.acknowledged.push(callId(Number(index)));
      if (word === 'health') this.#health = index ?? '';
    });
  }

  /** Until calls wait from now on, or until they do not or no longer do: books can be well again before somebody asks. */
  async until(state: 'waiting' | 'ok'): Promise<void> {
    if (state === 'waiting' || this.#health !== state) await lineOf(this.child, (said) => said === `health ${state}`);
  }

  async untilBooked(): Promise<void> {
    await lineOf(this.child, (said) => said.startsWith('ack '));
  }

  /** The kernel lets no file of the process grow beyond this, until it is lifted. */
  limitFiles(bytes: number | 'unlimited'): void {
    execFileSync('prlimit', [`--pid=${this.child.process.pid}`, `--fsize=${bytes}:unlimited`]);
  }

  get fileBytes(): number {
    return Math.max(
      ...['', '-wal'].map((suffix) => statSync(this.path + suffix, { throwIfNoEntry: false })?.size ?? 0),
    );
  }

  /** Kills the process and looks into the books: every acknowledged call is in them once, and the sums are those of the calls. */
  async killAndCompare(): Promise<number> {
    const soFar = [...this.acknowledged];
    await this.child.kill();
    return this.compare(soFar);
  }

  protected compare(soFar: readonly string[]): number {
    const reader = openLedgerReader(this.path);
    const booked = reader.calls({}).map((record) => record.id);
    const [sum] = reader.report({ by: 'agent' });
    reader.close();
    const ids = new Set(booked);
    expect(ids.size).toBe(booked.length);
    expect(soFar.filter((id) => !ids.has(id))).toEqual([]);
    expect(sum?.calls).toBe(booked.length);
    expect(integrityOf(this.path)).toBe('ok');
    return soFar.length;
  }
}

/** Books that have grown are stopped within their first megabytes: a log reaches no further for long. */
const farthestPlace = 8 * 1024 * 1024;

/**
 * Stops the disk again and again, each time at another place of the files, so that the write which fails is now a page of the log, now
 * the middle of one, now one of a checkpoint; and lets it go on each time when calls wait.
 */
export async function stopAtManyPlaces(rounds: number): Promise<number> {
  const disk = new FaultyDisk();
  await disk.untilBooked();
  for (let round = 0; round < rounds; round += 1) {
    // The golden section spreads the places over the files, and hardly ever at the border of a page.
    const place = Math.floor(Math.min(disk.fileBytes, farthestPlace) * ((round * 0.618034) % 1));
    const waiting = disk.until('waiting');
    disk.limitFiles(place);
    await waiting;
    const well = disk.until('ok');
    disk.limitFiles('unlimited');
    await well;
  }
  await disk.untilBooked();
  return disk.killAndCompare();
}

/** A file system of a few megabytes, which only the process and its `/proc` entry see. Needs no rights where users may make namespaces. */
export class SmallDisk extends FaultyDisk {
  readonly #filler: string;

  constructor(megabytes: number) {
    super(
      (folder) => [
        ...['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user']), 'sh', '-c'],
        `mount -t tmpfs -o size=${megabytes}m none ${folder} && exec "$@"`,
        'sh',
      ],
      (path, pid) => `/proc/${pid}/root${path}`,
    );
    this.#filler = `/proc/${this.child.process.pid}/root${this.folder}/filler`;
  }

  /** Leaves so many bytes or nothing; what the writer took meanwhile counts. */
  fill(leave: number): void {
    const reserve = `${this.#filler}-reserve`;
    writeFileSync(reserve, Buffer.alloc(leave));
    // A block that does not fit whole is written in part or not at all: the last ones are of one page each.
    for (const blockBytes of [1024 * 1024, 4096]) this.#writeUntilFull(Buffer.alloc(blockBytes));
    rmSync(reserve);
  }

  #writeUntilFull(block: Buffer): void {
    try {
      for (;;) writeFileSync(this.#filler, block, { flag: 'a' });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }

  empty(): void {
    rmSync(this.#filler);
  }

  /** The disk goes with its process, which therefore only stands still while its books are compared. */
  compareRunning(): number {
    const soFar = [...this.acknowledged];
    this.child.process.kill('SIGSTOP');
    return this.compare(soFar);
  }
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { importLogs } from '../../../../src/meter/import/importLogs.ts';
import { startReading } from '../../../../src/meter/import/startReading.ts';
import { codex } from '../../../../src/readers/codex/codex.ts';
import { openBooks, sumsOf } from '../../ledger/importFixtures.ts';

/** A thread as it is made up: where it comes from, what of that it repeats, and how many calls it makes. */
interface Thread {
  /** The place of its parent among the threads before it; null for a root. */
  readonly parent: number | null;
  /** Of the parent's calls at the time of the fork, the ones that are repeated, as shares of their number. */
  readonly repeats: readonly [number, number];
  readonly calls: number;
  /** Calls that the parent makes once this one has begun. */
  readonly parentGoesOn: number;
  readonly isStampedAnew: boolean;
}

interface Call {
  readonly input: number;
  readonly total: number;
}

const beginMs = Date.UTC(2026, 10, 1);

/** The logs of a family of threads, as texts, and what its calls come to. */
class Family {
  readonly logs: string[][] = [];
  readonly #calls: Call[][] = [];
  input = 0;
  count = 0;
  #atMs = beginMs;

  constructor(threads: readonly Thread[]) {
    for (const [index, thread] of threads.entries()) this.#add(thread, index);
  }

  #add({ parent, repeats, calls, parentGoesOn, isStampedAnew }: Thread, index: number): void {
    const from = parent === null ? null : parent % Math.max(1, index);
    const known = from === null || index === 0 ? [] : (this.#calls[from] ?? []);
    const [first, last] = repeats.map((share) => Math.round(share * known.length)).toSorted((a, b) => a - b);
    const repeated = known.slice(first, last);
    const forkedMs = this.#next();
    const meta = {
      id: idOf(index),
      cwd: '/w',
      ...(index === 0 || from === null ? {} : { forked_from_id: idOf(from) }),
    };
    this.logs.push([record(forkedMs, 'session_meta', meta)]);
    this.#calls.push([]);
    for (const call of repeated) this.#write(index, call, isStampedAnew ? forkedMs : forkedMs - 1000);
    if (from !== null && index > 0) for (let n = 0; n < parentGoesOn; n++) this.#ask(from);
    for (let n = 0; n < calls; n++) this.#ask(index);
  }

  #ask(index: number): void {
    this.count++;
    const input = 1000 + this.count;
    this.input += input;
    const total = (this.#calls[index]?.at(-1)?.total ?? 0) + input;
    this.#write(index, { input, total }, this.#next());
  }

  #write(index: number, call: Call, atMs: number): void {
    this.#calls[index]?.push(call);
    const usage = (input: number) => ({ input_tokens: input, output_tokens: 1 });
    const info = { last_token_usage: usage(call.input), total_token_usage: usage(call.total) };
    this.logs[index]?.push(record(atMs, 'event_msg', { type: 'token_count', info }));
  }

  #next(): number {
    this.#atMs += 60_000;
    return this.#atMs;
  }
}

function idOf(index: number): string {
  return `019aab00-0000-7000-8000-${index.toString(16).padStart(12, '0')}`;
}

function record(atMs: number, type: string, payload: object): string {
  return `${JSON.stringify({ timestamp: new Date(atMs).toISOString(), type, payload })}\n`;
}

/** Imports after each step, where a step writes a log up to a share of its bytes; returns what the books come to. */
async function booksAfter(family: Family, steps: readonly { readonly log: number; readonly share: number }[]) {
  const homeDir = mkdtempSync(join(tmpdir(), 'outlay-family-'));
  const ledger = openBooks();
  const { writer } = ledger;
  try {
    mkdirSync(join(homeDir, '.codex/sessions'), { recursive: true });
    const written = family.logs.map(() => 0);
    for (const { log, share } of steps) {
      const index = log % family.logs.length;
      const text = (family.logs[index] ?? []).join('');
      const length = Math.max(written[index] ?? 0, Math.round(share * text.length));
      written[index] = length;
      writeFileSync(
        join(homeDir, `.codex/sessions/rollout-2026-11-01T00-00-00-${idOf(index)}.jsonl`),
        text.slice(0, length),
      );
      await importLogs({
        readers: [codex],
        place: { homeDir, env: {}, platform: 'linux' },
        books: { loadLogs: async () => writer.loadLogs(), book: async (batch) => writer.bookImport(batch) },
        startReading: startReading(null),
      });
    }
    return { sums: sumsOf(ledger), sum: ledger.reader.report({ by: 'model' })[0] };
  } finally {
    ledger.close();
    rmSync(homeDir, { recursive: true, force: true });
  }
}

const threads = fc.array(
  fc.record({
    parent: fc.option(fc.nat(5), { freq: 5 }),
    repeats: fc.tuple(fc.constantFrom(0, 0.5, 1), fc.constantFrom(0, 0.5, 1)),
    calls: fc.integer({ min: 0, max: 4 }),
    parentGoesOn: fc.integer({ min: 0, max: 2 }),
    isStampedAnew: fc.boolean(),
  }),
  { minLength: 1, maxLength: 5 },
);
const steps = fc.array(fc.record({ log: fc.nat(4), share: fc.constantFrom(0.2, 0.4, 0.6, 0.8, 1) }), { maxLength: 8 });

describe('threads of Codex that repeat their parents', () => {
  it('come to the same books in whatever order and pieces their logs arrive', async () => {
    await fc.assert(
      fc.asyncProperty(threads, steps, fc.boolean(), async (made, before, isChildFirst) => {
        const family = new Family(made);
        const all = family.logs.map((_, log) => ({ log, share: 1 }));
        const { sums, sum } = await booksAfter(family, [...before, ...(isChildFirst ? all.toReversed() : all)]);
        expect(sum?.calls ?? 0).toBe(family.count);
        expect(sum?.inputTokens ?? 0).toBe(family.input);
        expect(sums).toEqual((await booksAfter(family, all)).sums);
      }),
      { numRuns: 60 },
    );
  });

  it('count for their parent as long as its log is missing, and for themselves once it is there', async () => {
    const fork = { parent: 0, repeats: [0.5, 1], calls: 2, parentGoesOn: 1, isStampedAnew: true } as const;
    const family = new Family([{ ...fork, parent: null, calls: 4 }, fork]);
    const orphan = await booksAfter(family, [{ log: 1, share: 1 }]);
    expect(orphan.sum?.calls).toBe(4);
    const whole = await booksAfter(family, [
      { log: 1, share: 1 },
      { log: 0, share: 1 },
    ]);
    expect(whole.sum?.calls).toBe(7);
    expect(whole.sum?.inputTokens).toBe(family.input);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Run, RunListPrice } from '../../../src/domain/run.ts';
import { readRuns } from '../../../src/runs/readRuns.ts';
import { writeRuns } from '../../../src/runs/writeRuns.ts';

/** What the file format has no column for: these come back as the import's own, or unknown. */
const lost = (run: Run): Omit<Run, 'id' | 'origin' | 'agent' | 'task' | 'taskTitle' | 'costWithoutThinkingNanoUsd'> => {
  const { id, origin, agent, task, taskTitle, costWithoutThinkingNanoUsd, ...kept } = run;
  const { listPrice } = kept;
  return {
    ...kept,
    listPrice: listPrice && { ...listPrice, cacheReadNanoUsdPerMtok: null, cacheWriteNanoUsdPerMtok: null },
  };
};

const name = fc
  .oneof(
    fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }),
    fc.constantFrom(
      'a,b',
      'a;b',
      'a"b',
      '"',
      "it's",
      'a\nb',
      'a\r\nb',
      'a\tb',
      'a|b',
      '=1+1',
      '-',
      'none',
      '1',
      'é 😀',
    ),
  )
  .map((text) => text.trim())
  .filter((text) => text !== '');
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const whole = fc.oneof(fc.integer({ min: 0, max: 2_000_000_000 }), fc.constantFrom(0, 1, 1e14));
const amount = fc.oneof(whole, fc.double({ min: 0, max: 1e9, noNaN: true, noDefaultInfinity: true }));
const nanoUsd = fc.oneof(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), amount);
const listPrice: fc.Arbitrary<RunListPrice> = fc.record({
  inputNanoUsdPerMtok: nanoUsd,
  outputNanoUsdPerMtok: nanoUsd,
  cacheReadNanoUsdPerMtok: orNull(nanoUsd),
  cacheWriteNanoUsdPerMtok: orNull(nanoUsd),
});

/** A run of one's own, as the ledger or a trial or an import has it; `run` tells attempts apart. */
const runs: fc.Arbitrary<readonly Run[]> = fc
  .array(
    fc.record({
      task: name,
      model: name,
      effort: orNull(name),
      agent: orNull(name),
      origin: fc.constantFrom<Run['origin']>('trial', 'task', 'import:board'),
      outcome: fc.constantFrom('passed', 'failed', 'unknown', 'censored'),
      costNanoUsd: orNull(nanoUsd),
      inputTokens: orNull(amount),
      cacheReadTokens: orNull(amount),
      cacheWriteTokens: orNull(amount),
      visible: amount,
      thinkingTokens: orNull(amount),
      calls: orNull(whole),
      seconds: orNull(amount),
      startedAtMs: orNull(fc.integer({ min: 0, max: Date.UTC(2100, 0) })),
      listPrice: orNull(listPrice),
    }),
    { maxLength: 8 },
  )
  .map((rows) =>
    rows.map(({ outcome, visible, ...row }, index): Run => {
      const output = visible + (row.thinkingTokens ?? 0);
      return {
        ...row,
        id: `run-${index}`,
        taskTitle: row.task,
        run: String(index),
        passed: outcome === 'passed' ? true : outcome === 'failed' ? false : null,
        isCensored: outcome === 'censored',
        costWithoutThinkingNanoUsd: null,
        outputTokens: output,
      };
    }),
  );

const readBack = (text: string) => {
  const read = readRuns(new TextEncoder().encode(text), 'import:again');
  if (!read.ok) throw new Error(read.refusal);
  return read;
};
const byRun = (list: readonly Run[]) => list.toSorted((a, b) => Number(a.run) - Number(b.run));

describe('runs that are exported and imported again', () => {
  it('keep every column exactly', () => {
    fc.assert(
      fc.property(runs, (written) => {
        const read = readBack(writeRuns(written));
        expect(read.notTaken).toEqual([]);
        expect(byRun(read.runs).map(lost)).toEqual(written.map(lost));
        expect(byRun(read.runs).map(({ task, origin, agent }) => [task, origin, agent])).toEqual(
          written.map(({ task }) => [task, 'import:again', null]),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('are written the same way a second time', () => {
    fc.assert(
      fc.property(runs, (written) => {
        const first = writeRuns(written);
        expect(writeRuns(readBack(first).runs)).toBe(first);
      }),
    );
  });

  it('have the columns that are promised, and one that says that a budget stopped a run', () => {
    const promised =
      'task,model,effort,run,passed,cost_usd,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,thinking_tokens,calls,seconds,started_at,input_usd_per_mtok,output_usd_per_mtok';
    const columns = writeRuns([]).trim().split(',');
    expect(columns.filter((column) => column !== 'censored').join(',')).toBe(promised);
    expect(columns).toHaveLength(17);
  });
});

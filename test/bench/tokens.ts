import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { Tiktoken } from 'js-tiktoken/lite';
import o200k from 'js-tiktoken/ranks/o200k_base';
import type { Tokenizer } from '../../src/tokens/contract.ts';
import { createO200kTokenizer } from '../../src/tokens/o200kTokenizer.ts';
import type { BenchRow, BenchSection } from './benchSection.ts';

const ROOT = join(import.meta.dirname, '../..');
const MODULES = join(ROOT, 'node_modules');
const CORPUS_CHARS = 1_000_000;
const ROUNDS = 5;
const HOSTILE_UNITS = ['a', ' ', '\n', '=', '天', '😀'];
const HOSTILE_LENGTH = 100_000;

/** Our counter beside js-tiktoken's own `encode`, in one run on the same texts: ratios hold where absolute times do not. */
export async function benchTokens(): Promise<BenchSection> {
  const tokenizer = createO200kTokenizer();
  const oracle = new Tiktoken(o200k);
  const rows: BenchRow[] = [];
  for (const [name, text] of [
    ['code', codeCorpus()],
    ['prose', proseCorpus()],
  ] as const) {
    rows.push(...throughputRows(name, text, { tokenizer, oracle }));
  }
  rows.push(...HOSTILE_UNITS.map((unit) => hostileRow(unit, tokenizer)));
  rows.push(
    streamingRow(codeCorpus(), { tokenizer, deltaChars: 4 }),
    streamingRow(proseCorpus(), { tokenizer, deltaChars: 20 }),
  );
  rows.push(
    await loadRow('load + first count', OWN_LOAD),
    await loadRow('load + first count, js-tiktoken', ORACLE_LOAD),
  );
  return { name: 'tokens', rows };
}

function throughputRows(name: string, text: string, counters: { tokenizer: Tokenizer; oracle: Tiktoken }): BenchRow[] {
  let ownMs = Number.POSITIVE_INFINITY;
  let oracleMs = Number.POSITIVE_INFINITY;
  let ownTokens = 0;
  let oracleTokens = 0;
  for (let round = 0; round < ROUNDS; round++) {
    ownMs = Math.min(
      ownMs,
      timed(() => (ownTokens = counters.tokenizer.count(text))),
    );
    oracleMs = Math.min(
      oracleMs,
      timed(() => (oracleTokens = counters.oracle.encode(text, [], []).length)),
    );
  }
  const megabytes = Buffer.byteLength(text) / 1e6;
  const ratio = oracleMs / ownMs;
  const agree = ownTokens === oracleTokens;
  const note = agree ? `${ownTokens} tokens, both` : `${ownTokens} tokens against ${oracleTokens}`;
  return [
    { metric: `${name}, own`, value: round2(megabytes / (ownMs / 1000)), unit: 'MB/s', note },
    { metric: `${name}, js-tiktoken`, value: round2(megabytes / (oracleMs / 1000)), unit: 'MB/s' },
    {
      metric: `${name}, ratio`,
      value: round2(ratio),
      unit: 'x',
      target: '>= 3, same count',
      reached: agree && ratio >= 3,
    },
  ];
}

function hostileRow(unit: string, tokenizer: Tokenizer): BenchRow {
  const text = unit.repeat(HOSTILE_LENGTH);
  const ms = timed(() => tokenizer.count(text));
  return {
    metric: `100,000 times ${JSON.stringify(unit)}`,
    value: round2(ms),
    unit: 'ms',
    target: '< 500',
    reached: ms < 500,
  };
}

function streamingRow(text: string, options: { tokenizer: Tokenizer; deltaChars: number }): BenchRow {
  const deltas: string[] = [];
  for (let at = 0; at < text.length; at += options.deltaChars) deltas.push(text.slice(at, at + options.deltaChars));
  let tokens = 0;
  let ms = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const counter = options.tokenizer.createStreamingCounter();
    const roundMs = timed(() => {
      for (const delta of deltas) counter.push(delta);
      tokens = counter.finish();
    });
    ms = Math.min(ms, roundMs);
  }
  return {
    metric: `streaming, ${options.deltaChars} characters a delta`,
    value: round2((ms / tokens) * 10_000),
    unit: 'ms per 10k tokens',
    note: `${round2((ms / deltas.length) * 1000)} µs a delta`,
  };
}

const OWN_LOAD = `
  import { createO200kTokenizer } from './src/tokens/o200kTokenizer.ts';
  export const first = () => createO200kTokenizer().count('hello world');`;
const ORACLE_LOAD = `
  import { Tiktoken } from 'js-tiktoken/lite';
  import o200k from 'js-tiktoken/ranks/o200k_base';
  export const first = () => new Tiktoken(o200k).encode('hello world', [], []);`;

/** Median of cold processes, from before the load of a bundle, made as the product's are, to the first count. */
async function loadRow(metric: string, source: string): Promise<BenchRow> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-tokens-'));
  try {
    const outfile = join(folder, 'bundle.cjs');
    const stdin = { contents: source, resolveDir: ROOT, loader: 'ts' } as const;
    await build({ stdin, outfile, bundle: true, minify: true, platform: 'node', format: 'cjs', logLevel: 'error' });
    const script = `
      const rss = process.memoryUsage().rss;
      const start = performance.now();
      require(${JSON.stringify(outfile)}).first();
      const ms = performance.now() - start;
      console.log(JSON.stringify({ ms, rssMb: (process.memoryUsage().rss - rss) / 1e6 }));`;
    const runs: { ms: number; rssMb: number }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
      runs.push(JSON.parse(stdout) as { ms: number; rssMb: number });
    }
    const note = `${round2(median(runs.map((run) => run.rssMb)))} MB RSS added`;
    return { metric, value: round2(median(runs.map((run) => run.ms))), unit: 'ms', note };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function codeCorpus(): string {
  const files = [
    'chart.js/dist/chart.js',
    'esbuild/lib/main.js',
    'eventsource-parser/dist/index.js',
    'smol-toml/dist/index.js',
  ];
  return fill(files.map((file) => join(MODULES, file)));
}

function proseCorpus(): string {
  return fill(
    readdirSync(MODULES)
      .sort()
      .map((name) => join(MODULES, name, 'README.md')),
  );
}

/** The files that exist, one after another, none twice, up to the size of the corpus. */
function fill(files: readonly string[]): string {
  const parts: string[] = [];
  for (const file of files) {
    try {
      parts.push(readFileSync(file, 'utf8'));
    } catch {
      // Not every package has the file.
    }
  }
  const once = parts.join('\n');
  if (once === '') throw new Error('No corpus: run npm ci first.');
  return once.slice(0, CORPUS_CHARS);
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1]) {
  const section = await benchTokens();
  console.table(section.rows);
  if (section.rows.some((row) => row.reached === false)) process.exitCode = 1;
}

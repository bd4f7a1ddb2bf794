import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { fuzzTargets, synchronousTargets, writeSeeds } from './seeds.ts';

/**
 * Coverage-guided fuzzing with Jazzer.js: `npm run test:fuzz [target ...] [--seconds N]`, every target for a few seconds when
 * nothing is said. What it learns is kept in reports/fuzz/corpus, and an input that broke something in reports/fuzz/findings.
 * Short runs begin with the same seed, so that they are mostly the same; longer ones with another one each.
 */
const shortSeconds = 6;
/** An input that takes longer is a finding. The longest ones take some milliseconds. */
const longestMs = 10_000;
const folder = resolve('reports/fuzz');

interface Mode {
  readonly isShort: boolean;
  /** By coverage, with Jazzer.js; else by chance alone. */
  readonly isGuided: boolean;
}

interface Outcome {
  readonly executions: number;
  readonly findings: readonly string[];
  readonly isOver: boolean;
}

/** Null where the fuzzer's binary loads, else why it does not: there are none for some platforms. */
function whyNoFuzzer(): string | null {
  try {
    createRequire(import.meta.url)('@jazzer.js/fuzzer');
    return null;
  } catch (error) {
    return error instanceof Error ? (error.message.split('\n', 1)[0] ?? '') : String(error);
  }
}

async function bundle(target: string): Promise<string> {
  const outfile = join(folder, 'targets', `${target}.js`);
  await build({
    entryPoints: [`test/fuzz/targets/${target}.ts`],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    logLevel: 'warning',
    tsconfigRaw: {},
  });
  return outfile;
}

async function fuzz(target: string, seconds: number, { isShort, isGuided }: Mode): Promise<Outcome> {
  const bundled = await bundle(target);
  const { seeds, dictionary } = writeSeeds(target, folder);
  const corpus = join(folder, isShort ? 'shortCorpus' : 'corpus', target);
  const findings = join(folder, 'findings', target);
  for (const path of [corpus, findings]) mkdirSync(path, { recursive: true });
  const before = new Set(readdirSync(findings));
  const guided = [
    ...['node_modules/@jazzer.js/core/dist/cli.js', bundled, corpus, seeds, '-i', 'reports/fuzz/targets'],
    ...['--timeout', String(longestMs), '--disableBugDetectors', 'command|path|ssrf'],
    ...(synchronousTargets.has(target) ? ['--sync'] : []),
    ...['--', `-max_total_time=${seconds}`, '-max_len=4096', '-rss_limit_mb=4096', `-dict=${dictionary}`],
    ...[`-artifact_prefix=${findings}/`, ...(isShort ? ['-seed=1'] : [])],
  ];
  const plain = ['test/fuzz/plainFuzz.ts', bundled, seeds, dictionary, findings, String(seconds)];
  const limitMs = (seconds + 60) * 1_000;
  const { code, output } = await run(isGuided ? guided : plain, limitMs);
  const executions = Math.max(0, ...Array.from(output.matchAll(/^#(\d+)\s/gm), ([, count]) => Number(count)));
  const found = readdirSync(findings).filter((name) => !before.has(name));
  const isOver = code === 0 && executions > 0;
  if (!isOver || found.length > 0) console.error(output.slice(-6_000));
  return { executions, findings: found.map((name) => join(findings, name)), isOver };
}

function run(
  argv: readonly string[],
  limitMs: number,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      output = (output + text).slice(-200_000);
    });
  }
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (code) => done({ code, output }));
  });
}

const { values, positionals } = parseArgs({ allowPositionals: true, options: { seconds: { type: 'string' } } });
const isShort = values.seconds === undefined;
const seconds = isShort ? shortSeconds : Number(values.seconds);
const unknown = positionals.find((name) => !fuzzTargets.includes(name));
if (unknown !== undefined) throw new Error(`There is no target "${unknown}"; there are ${fuzzTargets.join(', ')}.`);
if (!(Number.isInteger(seconds) && seconds > 0)) throw new Error('--seconds takes a whole number above 0.');

const reason = whyNoFuzzer();
if (reason !== null) {
  console.log(`Jazzer.js does not load on ${process.platform}-${process.arch}: ${reason}`);
  console.log('The targets get inputs that are changed by chance, without guidance by coverage.');
}
for (const target of positionals.length > 0 ? positionals : fuzzTargets) {
  const { executions, findings, isOver } = await fuzz(target, seconds, { isShort, isGuided: reason === null });
  console.log(`${target.padEnd(14)}${String(executions).padStart(10)} executions  ${findings.length} findings`);
  for (const finding of findings) console.log(`  ${finding}`);
  if (!isOver || findings.length > 0) process.exitCode = 1;
}

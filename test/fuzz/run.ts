import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { fuzzTargets, writeSeeds } from './seeds.ts';

/**
 * Coverage-guided fuzzing with Jazzer.js: `npm run test:fuzz [target ...] [--seconds N]`, every target for a few seconds when
 * nothing is said. What it learns is kept in reports/fuzz/corpus, and an input that broke something in reports/fuzz/findings.
 * Short runs begin with the same seed, so that they are mostly the same; longer ones with another one each.
 */
const shortSeconds = 6;
const folder = resolve('reports/fuzz');

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

async function fuzz(target: string, seconds: number, isShort: boolean): Promise<Outcome> {
  const file = await bundle(target);
  const { seeds, dictionary } = writeSeeds(target, folder);
  const corpus = join(folder, isShort ? 'shortCorpus' : 'corpus', target);
  const findings = join(folder, 'findings', target);
  for (const path of [corpus, findings]) mkdirSync(path, { recursive: true });
  const before = new Set(readdirSync(findings));
  const jazzer = ['node_modules/@jazzer.js/core/dist/cli.js', file, corpus, seeds];
  const options = ['-i', 'reports/fuzz/targets', '--timeout', '10000', '--disableBugDetectors', 'command|path|ssrf'];
  const limits = [`-max_total_time=${seconds}`, '-max_len=16384', '-rss_limit_mb=4096', '-print_final_stats=1'];
  const places = [`-dict=${dictionary}`, `-artifact_prefix=${findings}/`, ...(isShort ? ['-seed=1'] : [])];
  const { code, output } = await run([...jazzer, ...options, '--', ...limits, ...places]);
  const executions = Number(/stat::number_of_executed_units:\s*(\d+)/.exec(output)?.[1] ?? 0);
  const found = readdirSync(findings).filter((name) => !before.has(name));
  if (code !== 0 || found.length > 0 || executions === 0) console.error(output.slice(-6_000));
  return { executions, findings: found.map((name) => join(findings, name)), isOver: code === 0 && executions > 0 };
}

function run(argv: readonly string[]): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
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
  console.log(
    `Nothing is fuzzed: the fuzzer's binary does not load on ${process.platform}-${process.arch} (${reason}).`,
  );
} else {
  for (const target of positionals.length > 0 ? positionals : fuzzTargets) {
    const { executions, findings, isOver } = await fuzz(target, seconds, isShort);
    console.log(`${target.padEnd(14)}${String(executions).padStart(10)} executions  ${findings.length} findings`);
    for (const finding of findings) console.log(`  ${finding}`);
    if (!isOver || findings.length > 0) process.exitCode = 1;
  }
}

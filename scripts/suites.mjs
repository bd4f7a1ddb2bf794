import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { globSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { projectDir } from './toolchain/cache.mjs';

const bin = (path) => join('node_modules', path);
const vitest = (...args) => [bin('vitest/vitest.mjs'), 'run', ...args];

/**
 * Every suite is a list of programs that run one after the other. `after` names a suite without which it makes no sense;
 * `files` are its tests, of which there must be at least one. `free` marks the ones that take further arguments.
 */
const suites = {
  types: {
    steps: [
      [bin('typescript/bin/tsc'), '-p', '.'],
      [bin('typescript/bin/tsc'), '-p', 'tsconfig.webview.json'],
    ],
  },
  lint: { steps: [[bin('@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', '.']] },
  unit: { steps: [vitest()], files: 'test/unit/**/*.test.ts', free: true },
  build: { steps: [['scripts/build.mjs'], ['scripts/package.mjs']] },
  process: {
    steps: [vitest('-c', 'vitest.process.config.ts')],
    files: 'test/process/**/*.test.ts',
    after: 'build',
    free: true,
  },
  vscode: { steps: [['test/vscode/runServer.ts']], files: 'test/vscode/suite/*.test.ts', after: 'build' },
  browser: {
    steps: [vitest('-c', 'vitest.browser.config.ts')],
    files: 'test/browser/**/*.test.ts',
    after: 'build',
    free: true,
  },
  agents: {
    steps: [vitest('-c', 'vitest.agents.config.ts')],
    files: 'test/agents/**/*.test.ts',
    after: 'build',
    free: true,
  },
  desktop: { steps: [['test/vscode/runDesktop.ts']], files: 'test/vscode/suite/*.test.ts', after: 'build' },
  soak: {
    steps: [vitest('-c', 'vitest.soak.config.ts')],
    files: 'test/soak/**/*.test.ts',
    after: 'build',
    free: true,
    env: { OUTLAY_SOAK: '1' },
  },
  properties: {
    steps: [vitest('--testTimeout=3600000')],
    files: 'test/unit/**/*.test.ts',
    free: true,
    env: { OUTLAY_PROPERTY_TIMES: '50' },
  },
  fuzz: { steps: [['test/fuzz/run.ts']], files: 'test/fuzz/targets/*.ts', free: true },
  mutation: { steps: [['test/mutation/run.ts']], free: true },
};

/** Runs all of them whatever fails, prints a table and gives the exit code. No process that a suite started outlives it. */
export async function runSuites(names, args) {
  const rows = [];
  for (const name of names) {
    console.log(`\n== ${name}`);
    const startMs = Date.now();
    const failure = await runSuite(name, args, rows);
    rows.push({ name, failure, seconds: (Date.now() - startMs) / 1000 });
  }
  for (const { name } of rows.filter((row) => row.failure !== null)) tellFailures(name);
  console.log('\nsuite      result   seconds');
  for (const { name, failure, seconds } of rows) {
    const result = failure === null ? 'passed' : 'FAILED';
    console.log(
      `${name.padEnd(10)} ${result} ${seconds.toFixed(1).padStart(9)}${failure === null ? '' : `   ${failure}`}`,
    );
  }
  const failed = rows.filter((row) => row.failure !== null).length;
  console.log(`\n${rows.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** Null, or what went wrong in a few words. */
async function runSuite(name, args, done) {
  const suite = suites[name];
  if (done.some((row) => row.name === suite.after && row.failure !== null))
    return `not run, because ${suite.after} failed`;
  if (suite.files !== undefined && globSync(suite.files, { cwd: projectDir }).length === 0)
    return `there is no ${suite.files}`;
  const mark = randomBytes(8).toString('hex');
  const env = { ...suite.env, TEST_RUN_OF_OUTLAY: mark, FAILURES_OF_OUTLAY: failuresPath(name) };
  rmSync(failuresPath(name), { force: true });
  try {
    for (const step of suite.steps) {
      const code = await runStep(suite.free ? [...step, ...args] : step, env);
      if (code !== 0) return `${step[0].replace(/^node_modules\//, '').split('/')[0]} ended with ${code}`;
    }
  } finally {
    suite.left = await endLeftovers(mark);
  }
  return suite.left.length === 0 ? null : `left running: ${suite.left.join(', ')}`;
}

const failuresPath = (name) => join(projectDir, 'reports', 'failures', `${name}.txt`);

/** Says again, at the end of everything, what failed in a suite: a log of an hour is mostly read from its end. */
function tellFailures(name) {
  let said = '';
  try {
    said = readFileSync(failuresPath(name), 'utf8');
  } catch {}
  const lines = said.split('\n');
  console.log(`\n== what failed in ${name}\n${lines.slice(0, 60).join('\n') || 'See its output above.'}`);
}

function runStep(argv, env) {
  const child = spawn(process.execPath, ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', ...argv], {
    cwd: projectDir,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, VITE_CONFIG_NATIVE_IGNORE_WARNING: 'true', ...env },
  });
  const onSignal = () => child.kill('SIGTERM');
  process.on('SIGTERM', onSignal);
  return new Promise((resolve) => {
    const finish = (code) => {
      process.off('SIGTERM', onSignal);
      resolve(code);
    };
    child.on('error', () => finish(1));
    child.on('close', (code) => finish(code ?? 1));
  });
}

/**
 * Ends what a suite has started and left, found by a mark in its environment (Linux only), and tells the commands. Whoever is
 * just ending gets a moment.
 */
async function endLeftovers(mark) {
  let left = marked(mark);
  for (let waitedMs = 0; left.length > 0 && waitedMs < 3_000; waitedMs += 100) {
    await delay(100);
    left = marked(mark);
  }
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {}
  }
  return left.map(({ pid, command }) => `${command} (${pid})`);
}

function marked(mark) {
  const found = [];
  for (const entry of listProcesses()) {
    try {
      if (!readFileSync(`/proc/${entry}/environ`, 'latin1').includes(`TEST_RUN_OF_OUTLAY=${mark}`)) continue;
      const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').slice(0, 3).join(' ').trim();
      // A process that has ended but was not yet reaped has no command line.
      if (words !== '') found.push({ pid: Number(entry), command: words.slice(-100) });
    } catch {}
  }
  return found;
}

function listProcesses() {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

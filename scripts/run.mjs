// The entry of every npm script. Plain JavaScript for Node 20 with no packages, since a fresh clone has none.
//
//   node scripts/run.mjs <task> [arguments]
//
// It gets what the task needs (toolchain.mjs), goes on under the pinned Node, and runs the task's steps.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Missing, projectDir } from './toolchain/cache.mjs';
import { which } from './toolchain/command.mjs';
import * as toolchain from './toolchain.mjs';

const { ensureAgents, ensureCcusage, ensureChromium, ensureClients, ensureNginx, ensurePortkey, ensureVsCodeServer } =
  toolchain;

/** A desktop VS Code will do for `npm start`; only where there is none, one is served in the browser. */
const ensureEditor = async () => {
  const isRemoteShell = Boolean(process.env.VSCODE_IPC_HOOK_CLI);
  if (!process.env.VSCODE && (isRemoteShell || which('code') === null)) await ensureVsCodeServer();
};

/** What each task fetches beside Node and the packages, and what it runs then: programs, or names of suites. */
const tasks = {
  start: { needs: [ensureEditor], run: [['scripts/build.mjs'], ['scripts/package.mjs'], ['scripts/demo/start.ts']] },
  build: { needs: [], run: [['scripts/build.mjs']] },
  package: { needs: [], run: [['scripts/build.mjs'], ['scripts/package.mjs']] },
  manifest: { needs: [], run: [['scripts/generateManifest.ts']] },
  prices: { needs: [], run: [['scripts/updatePrices.ts']] },
  bench: {
    needs: [ensureNginx, ensurePortkey, ensureCcusage, ensureVsCodeServer, ensureChromium],
    run: [['scripts/build.mjs'], ['test/bench/run.ts']],
  },
  test: {
    needs: [ensureVsCodeServer, ensureChromium, ensureAgents, ensureClients],
    suites: ['types', 'lint', 'unit', 'fuzz', 'build', 'process', 'vscode', 'browser', 'agents'],
  },
  'test:unit': { needs: [ensureClients], suites: ['unit'] },
  'test:process': { needs: [], suites: ['build', 'process'] },
  'test:vscode': { needs: [ensureVsCodeServer, ensureChromium, ensureClients], suites: ['build', 'vscode'] },
  'test:browser': { needs: [ensureVsCodeServer, ensureChromium, ensureAgents], suites: ['build', 'browser'] },
  'test:agents': { needs: [ensureVsCodeServer, ensureChromium, ensureAgents], suites: ['build', 'agents'] },
  'test:desktop': { needs: [ensureClients], suites: ['build', 'desktop'] },
  'test:soak': { needs: [ensureVsCodeServer, ensureChromium], suites: ['build', 'soak'] },
  'test:properties': { needs: [ensureClients], suites: ['properties'] },
  'test:fuzz': { needs: [], suites: ['fuzz'] },
  'test:mutation': { needs: [], suites: ['mutation'] },
};

const [name, ...args] = process.argv.slice(2);

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(error instanceof Missing ? `outlay: ${error.message}` : error);
    process.exitCode = 1;
  },
);

async function main() {
  const task = Object.hasOwn(tasks, name ?? '') ? tasks[name] : undefined;
  if (task === undefined) throw new Missing(`There is no task "${name}"; there are ${Object.keys(tasks).join(', ')}.`);
  if (Number.parseInt(process.versions.node, 10) < 20) {
    throw new Missing(`Node 20 or newer is needed to begin with; this is Node ${process.versions.node}.`);
  }
  const node = await toolchain.ensureNode();
  if (node !== process.execPath && process.env.OUTLAY_NODE !== node) {
    return await runNode(node, [fileURLToPath(import.meta.url), name, ...args], { OUTLAY_NODE: node });
  }
  await toolchain.ensurePackages();
  for (const ensure of task.needs) await ensure();
  if (task.suites !== undefined) {
    // Loaded only now, under the pinned Node: it uses what Node 20 does not have.
    const { runSuites } = await import('./suites.mjs');
    return await runSuites(task.suites, args);
  }
  for (const [index, step] of task.run.entries()) {
    const code = await runNode(process.execPath, index === task.run.length - 1 ? [...step, ...args] : step, {});
    if (code !== 0) return code;
  }
  return 0;
}

/** Hands signals on, so that Ctrl-C reaches whoever has something to clean up, and waits for them. */
function runNode(node, argv, env) {
  const PATH = `${dirname(node)}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`;
  const script = argv[0].startsWith('/') ? argv : [join(projectDir, argv[0]), ...argv.slice(1)];
  const child = spawn(node, ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', ...script], {
    stdio: 'inherit',
    env: { ...process.env, PATH, ...env },
  });
  // A terminal sends Ctrl-C to the whole group; a signal to us alone is passed on.
  const onInterrupt = () => {};
  const onTerminate = () => child.kill('SIGTERM');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      resolve(code ?? 1);
    });
  });
}

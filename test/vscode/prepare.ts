import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { writeFailures } from '../support/failureReporter.ts';
import { endMeters } from '../support/processes.ts';
import { type Script, type SeenRequest, startScriptedUpstream } from '../support/scriptedUpstream.ts';
import { projectDir } from '../support/toolchain.ts';
import { type CallerExtension, packCallerExtension } from './callerExtension.ts';
import type { HostResults } from './index.ts';
import { writeFirstLog } from './suite/agentLogs.ts';

/** Tests inside the host say by a header what their request is to be answered with. */
function scriptOfRequest({ headers }: SeenRequest): Script {
  const text = headers['x-script'];
  return text === undefined ? { text: 'Hello from the scripted upstream.' } : (JSON.parse(text) as Script);
}

export interface HostRun {
  /** The file for VS Code's `extensionTestsPath`. */
  readonly testsPath: string;
  readonly folder: string;
  /** A second extension, which calls LLM APIs. */
  readonly caller: CallerExtension;
  readonly env: Readonly<Record<string, string>>;
  /** Prints the results of the host; whether every test passed. */
  report(): boolean;
  stop(): Promise<void>;
}

/**
 * Bundles the suite that runs inside the extension host, and gives it a workspace, a data folder and a scripted upstream: no
 * test can reach a real provider. `names` picks files of the suite by a part of their names. `OUTLAY_TEST_UPSTREAM` is the upstream's origin, whose `/-/log` tells what it saw.
 */
export async function prepareHostRun(names: readonly string[] = []): Promise<HostRun> {
  const out = join(projectDir, 'dist/test/vscode');
  await bundleSuite(out, names);
  const home = mkdtempSync(join(tmpdir(), 'outlay-host-'));
  const folder = join(home, 'workspace');
  mkdirSync(folder);
  const userHome = join(home, 'user');
  writeFirstLog(userHome);
  const upstream = await startScriptedUpstream({ script: scriptOfRequest });
  const results = join(home, 'results.json');
  return {
    testsPath: join(out, 'index.js'),
    folder,
    caller: await packCallerExtension(home),
    env: {
      OUTLAY_TEST_RESULTS: results,
      OUTLAY_TEST_UPSTREAM: upstream.origin,
      // A home of its own: whoever runs the tests has logs, too.
      HOME: userHome,
      OUTLAY_TEST_HOME: userHome,
      OUTLAY_DATA_DIR: join(home, 'data'),
      OUTLAY_UPSTREAMS: ['anthropic', 'openai', 'gemini'].map((route) => `${route}=${upstream.origin}`).join(','),
    },
    report: () => report(results),
    stop: async () => {
      await upstream.stop();
      await endMeters(home);
      rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

async function bundleSuite(out: string, names: readonly string[]): Promise<void> {
  rmSync(out, { recursive: true, force: true });
  const isWanted = (path: string): boolean => names.length === 0 || names.some((name) => path.includes(name));
  await build({
    absWorkingDir: projectDir,
    entryPoints: [
      'test/vscode/index.ts',
      ...globSync('test/vscode/suite/*.test.ts', { cwd: projectDir }).filter(isWanted),
    ],
    outdir: out,
    outbase: 'test/vscode',
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    sourcemap: 'inline',
    external: ['vscode', 'mocha'],
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    tsconfigRaw: {},
    logLevel: 'warning',
  });
}

function report(file: string): boolean {
  let results: HostResults;
  try {
    results = JSON.parse(readFileSync(file, 'utf8')) as HostResults;
  } catch {
    const sentence = 'The extension host ended without telling how the tests went.';
    console.error(sentence);
    writeFailures([sentence]);
    return false;
  }
  for (const title of results.passed) console.log(`  passed  ${title}`);
  for (const { title, error } of results.failed)
    console.log(`  FAILED  ${title}\n${error.replaceAll(/^/gm, '          ')}`);
  writeFailures(results.failed.map(({ title, error }) => `${title}: ${error.slice(0, 900)}`));
  console.log(`in-host tests: ${results.passed.length} passed, ${results.failed.length} failed`);
  return results.failed.length === 0 && results.passed.length > 0;
}

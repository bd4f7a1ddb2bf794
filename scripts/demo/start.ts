import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readMeterLock } from '../../src/protocol/meterLock.ts';
import { endMeters, endProcess } from '../../test/support/processes.ts';
import { type ScriptedUpstream, startScriptedUpstream } from '../../test/support/scriptedUpstream.ts';
import { cacheDir } from '../../test/support/toolchain.ts';
import { hasCredentials } from './credentials.ts';
import { fillDemoBooks } from './demoBooks.ts';
import { desktopVsCode, type Editor, openDesktop, serveInBrowser } from './editor.ts';
import { livelyScript } from './livelyScript.ts';

/**
 * `npm start [-- [--demo] [folder]]`: opens a real VS Code with Outlay, and ends everything that it started at Ctrl-C or when
 * the window closes. Without a key or login of an agent, or with --demo, it shows the product at work against a scripted
 * upstream, with a data folder of its own.
 */
const { values, positionals } = parseArgs({
  options: { demo: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const isDemo = values.demo || !hasCredentials();
const home = mkdtempSync(join(tmpdir(), 'outlay-start-'));
const ending = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort());

let upstream: ScriptedUpstream | null = null;
let editor: Editor | null = null;
let agent: ChildProcess | null = null;
try {
  if (isDemo) upstream = await startScriptedUpstream({ script: livelyScript });
  if (isDemo) await fillDemoBooks(join(home, 'data'), Date.now());
  editor = await openEditor(upstream?.origin ?? null);
  console.log(`\n${editor.text}`);
  if (isDemo) {
    console.log(
      'DEMO: no key or login of an agent was found, so scripted models answer a small demo agent. Nothing is billed.',
    );
  }
  console.log('Ctrl-C ends it.\n');
  editor.process.once('exit', () => ending.abort());
  if (isDemo) agent = await startAgent(join(home, 'data'));
  if (!ending.signal.aborted)
    await new Promise((done) => ending.signal.addEventListener('abort', done, { once: true }));
} catch (error) {
  console.error(`start: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
if (agent?.pid !== undefined) await endProcess(agent.pid, 2_000);
if (editor?.process.pid !== undefined) await endProcess(-editor.process.pid, 5_000);
if (isDemo) await endMeters(home);
await upstream?.stop();
rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
process.exit();

async function openEditor(origin: string | null): Promise<Editor> {
  const desktop = desktopVsCode();
  const folder = resolve(positionals[0] ?? (isDemo ? demoWorkspace() : process.env['INIT_CWD'] || process.cwd()));
  const env: Record<string, string> = {};
  if (origin !== null) {
    env['OUTLAY_DEMO'] = '1';
    env['OUTLAY_DATA_DIR'] = join(home, 'data');
    env['OUTLAY_UPSTREAMS'] = ['anthropic', 'openai', 'gemini', 'chatgpt']
      .map((route) => `${route}=${origin}`)
      .join(',');
  }
  const settings = {
    'workbench.startupEditor': 'none',
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'extensions.ignoreRecommendations': true,
    // The folder of the demo is ours; whoever opens a folder of their own is asked as always.
    ...(isDemo ? { 'security.workspace.trust.enabled': false } : {}),
  };
  if (desktop !== null)
    return openDesktop(desktop, { folder, userDir: isDemo ? join(home, 'user') : null, settings, env });
  // A user's own books stay where the next start finds them.
  const userDir = isDemo ? join(home, 'user') : join(cacheDir, 'served-vscode');
  return await serveInBrowser({ folder, userDir, settings, env });
}

function demoWorkspace(): string {
  const folder = join(home, 'demo-workspace');
  mkdirSync(folder, { recursive: true });
  const text = [
    '# Outlay at work',
    '',
    'Click the Outlay icon in the activity bar. A small demo agent calls scripted models through the gateway:',
    'what you see is metered on the wire like any other call, but nobody is billed.',
    '',
  ];
  writeFileSync(join(folder, 'README.md'), text.join('\n'));
  return folder;
}

/** The window starts the meter; the agent follows as soon as its lock file is there. */
async function startAgent(dataDir: string): Promise<ChildProcess | null> {
  while (!ending.signal.aborted && (await readMeterLock(dataDir)) === null) {
    await delay(300, undefined, { signal: ending.signal }).catch(() => undefined);
  }
  if (ending.signal.aborted) return null;
  const script = join(import.meta.dirname, 'agent.ts');
  const flags = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'];
  return spawn(process.execPath, [...flags, script, '--data-dir', dataDir], { stdio: ['ignore', 'ignore', 'inherit'] });
}

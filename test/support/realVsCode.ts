import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { endMeters, endProcess } from './processes.ts';
import { chromiumPath, projectDir, vsCodeServerDir } from './toolchain.ts';

export interface VsCodeOptions {
  /** Packed extensions (.vsix) that are installed as a user installs them, before the window opens. */
  readonly extensions?: readonly string[];
  /** An extension's folder that is run as it is. VS Code takes one only. */
  readonly extensionDevelopmentPath?: string;
  /** A CommonJS file that exports `run(): Promise<void>`, to be run inside the extension host. `hostExit` tells how it went. */
  readonly testsPath?: string;
  readonly folder: string;
  /**
   * Added to the user settings. Workspace trust is off unless `security.workspace.trust.enabled` is set here, because an
   * untrusted folder opens in Restricted Mode.
   */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Added to the environment of the server, and so of the extension host and of its terminals. */
  readonly env?: Readonly<Record<string, string>>;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Notifications pop up, as for a user. The driver that tests inside the host need suppresses them, so that it is one or the other. */
  readonly popUps?: true;
}

export interface VsCode {
  readonly page: Page;
  readonly browser: Browser;
  readonly port: number;
  /** The server's data folder: `data/User/settings.json`, `data/User/globalStorage`, `data/logs`, `extensions`. */
  readonly dataDir: string;
  /** 0 when the tests of `testsPath` passed. Never settles without `testsPath`, unless the server dies. */
  readonly hostExit: Promise<number>;
  /** What the browser's console and the extension host's wrote, newest last. */
  readonly consoleLines: readonly string[];
  /** Changes user settings while VS Code runs. */
  setSettings(settings: Readonly<Record<string, unknown>>): void;
  /** kill -9 of the server and of its extension hosts and terminals, or of the extension hosts alone. What left their process group lives. */
  kill(what: 'server' | 'extension-host'): Promise<void>;
  /** Opens the same folder again, in the same page, with a new server where the last one was killed. */
  reopen(): Promise<void>;
  /** Ends the browser, the server, everything that they started, and every meter whose lock file is in the data folder. */
  stop(): Promise<void>;
}

const browserFlags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const quietSettings = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'workbench.welcomePage.experimentalOnboarding': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'telemetry.telemetryLevel': 'off',
  'git.enabled': false,
};

/** Opens a real VS Code: its server and workbench, in Chromium, with a data folder of its own and no network. */
export async function startVsCode(options: VsCodeOptions): Promise<VsCode> {
  const dataDir = mkdtempSync(join(tmpdir(), 'outlay-vscode-'));
  let settings: Record<string, unknown> = { ...quietSettings, ...options.settings };
  const setSettings = (change: Readonly<Record<string, unknown>>): void => {
    settings = { ...settings, ...change };
    writeFileSync(join(dataDir, 'data/User/settings.json'), JSON.stringify(settings, null, 2));
  };
  mkdirSync(join(dataDir, 'data/User'), { recursive: true });
  setSettings({});
  const env = serverEnv(options.env ?? {});
  for (const vsix of options.extensions ?? []) await installExtension(dataDir, vsix, env);

  const driver = options.popUps === true ? [] : ['--enable-smoke-test-driver'];
  let server = startServer(dataDir, env, driver);
  let browser: Browser | undefined;
  const stop = async (): Promise<void> => {
    await browser?.close();
    await endServer(server.process);
    await endMeters(dataDir);
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    const port = await server.port;
    browser = await chromium.launch({ executablePath: chromiumPath(), args: browserFlags });
    const page = await browser.newPage({ viewport: options.viewport ?? { width: 1280, height: 800 } });
    // Patience against hanging, not a measure: a busy machine takes half a minute to reload a window.
    page.setDefaultTimeout(60_000);
    const { hostExit, consoleLines } = await listen(page, server.process);
    const open = async (at: number): Promise<void> => {
      await page.goto(address(at, options));
      await page.locator('.monaco-workbench .part.statusbar').waitFor({ timeout: 60_000 });
    };
    await open(port);
    const kill = async (what: 'server' | 'extension-host'): Promise<void> => {
      if (what === 'server') return killGroup(server.process);
      for (const host of extensionHosts(server.process.pid ?? 0)) process.kill(host, 'SIGKILL');
    };
    const reopen = async (): Promise<void> => {
      if (server.process.signalCode !== null) server = startServer(dataDir, env, driver);
      await open(await server.port);
    };
    return { page, browser, port, dataDir, hostExit, consoleLines, setSettings, kill, reopen, stop };
  } catch (error) {
    const log = server.output().slice(-2000);
    await stop();
    throw new Error(`VS Code did not open. The end of its server's output:\n${log}`, { cause: error });
  }
}

/** Packs the extension in a folder as `scripts/package.mjs` packs ours. */
export async function packExtension(extensionDir: string, vsix: string): Promise<void> {
  const vsce = join(projectDir, 'node_modules/@vscode/vsce/vsce');
  const flags = ['--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix];
  await finish(spawn(process.execPath, [vsce, 'package', ...flags], { cwd: extensionDir, stdio: 'pipe' }), 'vsce');
}

function serverEnv(added: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  // A run inside a terminal of VS Code must not talk to that VS Code, nor may the run's Node options reach the hosts.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS$|NODE_ENV$|VITEST|npm_)/.test(name),
  );
  return { ...Object.fromEntries(inherited), ...added };
}

async function installExtension(dataDir: string, vsix: string, env: NodeJS.ProcessEnv): Promise<void> {
  const args = ['--server-data-dir', dataDir, '--accept-server-license-terms', '--install-extension', vsix];
  const child = spawn(process.execPath, [join(vsCodeServerDir(), 'out/server-main.js'), ...args], {
    env,
    stdio: 'pipe',
  });
  await finish(child, `Installing ${vsix}`);
}

function finish(child: ChildProcess, what: string): Promise<void> {
  let output = '';
  child.stdout?.on('data', (data) => {
    output += String(data);
  });
  child.stderr?.on('data', (data) => {
    output += String(data);
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${what} failed (${code}): ${output.trim()}`)),
    );
  });
}

interface Server {
  readonly process: ChildProcess;
  readonly port: Promise<number>;
  output(): string;
}

function startServer(dataDir: string, env: NodeJS.ProcessEnv, driver: readonly string[]): Server {
  const child = spawn(
    process.execPath,
    [
      join(vsCodeServerDir(), 'out/server-main.js'),
      ...['--host', '127.0.0.1', '--port', '0', '--without-connection-token', '--accept-server-license-terms'],
      ...['--server-data-dir', dataDir, '--telemetry-level', 'off'],
      // Without the driver a built VS Code ignores the payload of the address, and no test in the host ever runs.
      ...driver,
    ],
    // A group of its own, so that the extension host and the terminals can be ended with it.
    { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let output = '';
  const port = new Promise<number>((resolve, reject) => {
    const read = (data: unknown): void => {
      output = (output + String(data)).slice(-100_000);
      const found = /Web UI available at http:\/\/localhost:(\d+)/.exec(output)?.[1];
      if (found !== undefined) resolve(Number(found));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`The VS Code server ended with ${code}.`)));
  });
  port.catch(() => undefined);
  return { process: child, port, output: () => output };
}

/** VS Code in a browser calls these functions of the page where they exist, so they must be there before it loads. */
async function listen(page: Page, server: ChildProcess): Promise<Pick<VsCode, 'hostExit' | 'consoleLines'>> {
  const consoleLines: string[] = [];
  page.on('console', (message) => consoleLines.push(message.text()));
  await page.exposeFunction('codeAutomationLog', (_type: string, args: readonly unknown[]) => {
    consoleLines.push(args.map(String).join(' '));
  });
  let settle: (code: number) => void = () => undefined;
  const hostExit = new Promise<number>((resolve) => {
    settle = resolve;
  });
  await page.exposeFunction('codeAutomationExit', (code: number) => settle(code));
  server.once('exit', () => settle(1));
  return { hostExit, consoleLines };
}

function address(port: number, options: VsCodeOptions): string {
  const uri = (path: string): string => `vscode-remote://localhost:${port}${path}`;
  const payload: [string, string][] = [];
  const { extensionDevelopmentPath, testsPath } = options;
  if (extensionDevelopmentPath !== undefined) payload.push(['extensionDevelopmentPath', uri(extensionDevelopmentPath)]);
  if (testsPath !== undefined) payload.push(['extensionTestsPath', uri(testsPath)], ['enableProposedApi', '']);
  const query = new URLSearchParams({ folder: options.folder, payload: JSON.stringify(payload) });
  return `http://localhost:${port}/?${query}`;
}

async function killGroup(leader: ChildProcess): Promise<void> {
  const exited = once(leader, 'exit');
  process.kill(-(leader.pid ?? Number.NaN), 'SIGKILL');
  await exited;
}

/** The extension hosts of a server, which are in its process group. */
function extensionHosts(server: number): readonly number[] {
  const hosts = readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const [, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(group) === server && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('--type=extensionHost');
    } catch {
      return false; // It has just ended.
    }
  });
  if (hosts.length === 0) throw new Error('No extension host runs.');
  return hosts.map(Number);
}

async function endServer(server: ChildProcess): Promise<void> {
  if (server.pid !== undefined) await endProcess(-server.pid, 5_000);
}

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { FrameLocator, Locator, Page } from 'playwright-core';
import type { MeterLock } from '../../../src/protocol/control.ts';
import { readMeterLock } from '../../../src/protocol/meterLock.ts';
import { eventually } from '../../support/meterProcess.ts';
import { startVsCode, type VsCode, type VsCodeOptions } from '../../support/realVsCode.ts';
import { type AgentName, agentPath, nodePath, projectDir, vsixPath } from '../../support/toolchain.ts';
import { openView, webviewFrame } from '../../support/workbench.ts';
import { type ScriptedAnthropic, startScriptedAnthropic } from './scriptedAnthropic.ts';

/** The longest that a busy machine may take to show what was done. */
export const PATIENCE_MS = 60_000;

const extensionId = 'outlay.outlay';

/** The packed extension, installed in a VS Code of its own, with books, a home and a provider of its own. */
export interface OutlayWindow {
  readonly vsCode: VsCode;
  readonly page: Page;
  readonly upstream: ScriptedAnthropic;
  /** The folder that is open. */
  readonly folder: string;
  readonly dataDir: string;
  /** A folder for what terminals write. */
  readonly scratch: string;
  sidebar(page?: Page): FrameLocator;
  figure(name: string, page?: Page): Locator;
  statusBar(page?: Page): Locator;
  lock(): Promise<MeterLock>;
  /** What `node dist/cli.js <words> --json` prints about the books of this window. */
  cli<Row>(...words: readonly string[]): Promise<readonly Row[]>;
  stop(): Promise<void>;
}

export interface WindowOptions {
  readonly settings?: VsCodeOptions['settings'];
  readonly env?: Readonly<Record<string, string>>;
  readonly viewport?: VsCodeOptions['viewport'];
  readonly popUps?: VsCodeOptions['popUps'];
  /** Called with the folder that will be open, before it is opened. */
  readonly prepare?: (folder: string, upstream: ScriptedAnthropic) => void;
  /** Called with the empty data folder, before a meter runs on it. */
  readonly fillBooks?: (dataDir: string) => Promise<void>;
  /** Packed extensions that are installed beside Outlay. */
  readonly others?: readonly string[];
  /** Agents on the PATH of the terminals. */
  readonly agents?: readonly AgentName[];
  /** False: VS Code opens without Outlay. */
  readonly install?: boolean;
}

const quietTerminals = {
  'terminal.integrated.gpuAcceleration': 'off',
  'terminal.integrated.suggest.enabled': false,
  'terminal.integrated.enableMultiLinePasteWarning': 'never',
  // A page that is reloaded must not ask whether the user means it.
  'window.confirmBeforeClose': 'never',
};

export async function openOutlayWindow(options: WindowOptions = {}): Promise<OutlayWindow> {
  const root = mkdtempSync(join(tmpdir(), 'outlay-blackbox-'));
  const [home, folder, dataDir, scratch] = ['home', 'project', 'outlay', 'scratch'].map((name) => join(root, name)) as [
    string,
    string,
    string,
    string,
  ];
  for (const path of [home, folder, dataDir, scratch]) mkdirSync(path);
  const upstream = await startScriptedAnthropic();
  // Where users' own tools are put on the PATH. The editor takes its environment from a login shell, which forgets what it inherited.
  const agents = (options.agents ?? []).map((name) => dirname(agentPath(name)));
  const tools = [dirname(nodePath()), ...agents].join(':');
  writeFileSync(join(home, '.bashrc'), `PATH="${tools}:$PATH"\nPS1='$ '\n`);
  options.prepare?.(folder, upstream);
  await options.fillBooks?.(dataDir);
  const vsCode = await startVsCode({
    extensions: [...(options.install === false ? [] : [vsixPath()]), ...(options.others ?? [])],
    folder,
    settings: { ...quietTerminals, ...options.settings },
    env: { ...environment(home, dataDir, upstream), ...options.env },
    ...(options.viewport === undefined ? {} : { viewport: options.viewport }),
    ...(options.popUps === undefined ? {} : { popUps: options.popUps }),
  });
  const { page } = vsCode;
  page.setDefaultTimeout(PATIENCE_MS);
  const sidebar = (from: Page = page): FrameLocator => webviewFrame(from, extensionId);
  return {
    vsCode,
    page,
    upstream,
    folder,
    dataDir,
    scratch,
    sidebar,
    figure: (name, from = page) => sidebar(from).locator(`[data-figure="${name}"]`),
    statusBar: (from = page) => from.locator(`.statusbar-item[id^="${extensionId}."]`),
    lock: async () => {
      const lock = await readMeterLock(dataDir);
      if (lock === null) throw new Error('No meter runs.');
      return lock;
    },
    cli: async <Row>(...words: readonly string[]) => {
      const argv = [join(projectDir, 'dist/cli.js'), ...words, '--json', '--data-dir', dataDir];
      const { stdout } = await promisify(execFile)(nodePath(), argv);
      return JSON.parse(stdout) as readonly Row[];
    },
    stop: async () => {
      await vsCode.stop();
      for (const pid of meterPids(dataDir)) await endProcess(pid);
      await upstream.close();
      rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** Nothing of the machine's own agents may reach the run: neither their settings nor their keys. */
function environment(home: string, dataDir: string, upstream: ScriptedAnthropic): Readonly<Record<string, string>> {
  const { origin } = upstream;
  return {
    HOME: home,
    SHELL: '/bin/bash',
    OUTLAY_DATA_DIR: dataDir,
    OUTLAY_UPSTREAMS: `anthropic=${origin},openai=${origin},gemini=${origin}`,
    ANTHROPIC_API_KEY: 'sk-ant-api03-made-up',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
  };
}

/** Opens the view and waits until it shows the books. */
export async function showSidebar(window: OutlayWindow, page: Page = window.page): Promise<FrameLocator> {
  await openView(page, 'Outlay');
  const sidebar = window.sidebar(page);
  await window.figure('today.billed', page).waitFor();
  return sidebar;
}

/** Waits until an element's text is, or matches, what is wanted; says what stood there if it never was. */
export async function untilText(locator: Locator, wanted: string | RegExp): Promise<void> {
  const isWanted = (text: string | null) => (typeof wanted === 'string' ? text === wanted : wanted.test(text ?? ''));
  await eventually(() => locator.textContent(), isWanted, PATIENCE_MS).catch((cause: unknown) => {
    throw new Error(`${String(locator)} never was ${String(wanted)}`, { cause });
  });
}

/** The meters that run on a data folder, found as the system lists them. */
export function meterPids(dataDir: string): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => {
    const words = commandLine(pid);
    return words.some((word) => word.endsWith('dist/meter.js')) && words.includes(dataDir);
  });
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

async function endProcess(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  const isGone = async () => commandLine(pid).length <= 1;
  await eventually(isGone, (gone) => gone, 10_000);
}

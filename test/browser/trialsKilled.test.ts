import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { TrialRecord } from '../../src/protocol/trials.ts';
import { markedProcesses } from '../../src/trials/processes/endProcesses.ts';
import { TrialStore } from '../../src/trials/trialStore.ts';
import { eventually } from '../support/meterProcess.ts';
import { type ScriptedUpstream, type SeenRequest, startScriptedUpstream } from '../support/scriptedUpstream.ts';
import { agentPath, nodePath } from '../support/toolchain.ts';
import { runCommand, screenshot } from '../support/workbench.ts';
import { fingerprint, newRepository } from '../unit/trials/repositoryFixture.ts';
import { type OutlayWindow, openOutlayWindow, showSidebar } from './rig/outlayWindow.ts';

// kill -9 of the editor in the middle of a trial: the agent runs a tool, which waits for a file and has a child that left its group.

const LONG_MS = 120_000;
const stops: (() => Promise<void>)[] = [];

let open: Page | null = null;

afterEach(async ({ task }) => {
  if (task.result?.state === 'fail' && open !== null) await screenshot(open, `failed-${task.name.slice(0, 40)}`);
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Killed {
  readonly window: OutlayWindow;
  readonly page: Page;
  readonly worktrees: string;
  readonly store: TrialStore;
  /** Of the repository before the trial. */
  readonly before: string;
  /** What the tool waits for. */
  readonly go: string;
}

/** An editor in which a trial of one run was started by the command, with the agent in the middle of a tool. */
async function atWork(whenClosed: 'Go on' | 'Stop'): Promise<Killed> {
  let go = '';
  const upstream: ScriptedUpstream = await startScriptedUpstream({
    script: ({ json }: SeenRequest) => {
      if (JSON.stringify(json).includes('"tool_result"')) return { text: 'It is written.' };
      const command = `setsid sleep 300 >/dev/null 2>&1 & until [ -e '${go}' ]; do sleep 0.1; done; echo done > result.txt`;
      return { text: 'Let me.', toolCalls: [{ name: 'Bash', arguments: { command, description: 'Work' } }] };
    },
  });
  stops.push(() => upstream.stop());
  let worktrees = '';
  const window = await openOutlayWindow({
    agents: ['claude'],
    viewport: { width: 1280, height: 900 },
    popUps: true,
    env: {
      OUTLAY_UPSTREAMS: `anthropic=${upstream.origin}`,
      PATH: [dirname(nodePath()), dirname(agentPath('claude')), process.env['PATH']].join(delimiter),
    },
    prepare: (folder) => {
      const root = join(folder, '..');
      go = join(root, 'scratch', 'go');
      worktrees = join(root, 'home', '.cache', 'outlay', 'trials');
      // The editor takes its PATH from a login shell.
      writeFileSync(join(root, 'home', '.profile'), '. ~/.bashrc\n');
      mkdirSync(join(folder, '.outlay/trials'), { recursive: true });
      newRepository(folder, {
        'a.txt': 'a\n',
        '.outlay/trials/team.yaml': [
          "name: The team's task",
          'agents: [claude-code:claude-sonnet-4-5]',
          'prompt: Write "done" into result.txt.',
          'check: grep -q done result.txt',
          'budget: 4',
          '',
        ].join('\n'),
      });
    },
  });
  stops.push(() => window.stop());
  const { page, folder } = window;
  open = page;
  const before = fingerprint(folder);
  await showSidebar(window);
  await startTrial(page, whenClosed);
  const store = new TrialStore(window.dataDir);
  const [record] = await eventually(
    () => store.list(),
    ([first]) => first?.runs[0]?.phase === 'working',
    LONG_MS,
  );
  // The agent, its tool and what left its group.
  await eventually(() => processesOf(record), isToolAtWork, LONG_MS);
  return { window, page, worktrees, store, before, go };
}

async function startTrial(page: Page, whenClosed: 'Go on' | 'Stop'): Promise<void> {
  const box = page.locator('.quick-input-widget');
  const choose = async (title: string, label: string): Promise<void> => {
    await box.locator('.quick-input-title', { hasText: title }).waitFor();
    await box.locator('.quick-input-list .monaco-list-row', { hasText: label }).click();
  };
  await runCommand(page, 'Outlay: Compare Models on This Task...');
  await choose('Compare models: the work', "The team's task");
  await choose('Compare models: when VS Code is closed', whenClosed);
  await choose('Compare models: the text of', 'Accept this text');
  const dialog = page.locator('.monaco-dialog-box', { hasText: 'Start 1 run?' });
  await dialog.getByRole('button', { name: 'Start' }).click();
}

function processesOf(record: TrialRecord | undefined): Promise<readonly number[]> {
  return markedProcesses(`${record?.id ?? ''}.1`);
}

/** The agent, its shell, what left its group, and what the shell waits with: that one comes and goes, so a single look may miss it. */
const isToolAtWork = (pids: readonly number[]): boolean => pids.length >= 4;

/** Shows the view with the trials: an editor that knows nothing of an earlier one has it folded. */
async function showTrials(window: OutlayWindow): Promise<void> {
  await showSidebar(window);
  const header = window.page.locator('.pane-header', { hasText: 'Trials' });
  await header.waitFor();
  if ((await header.getAttribute('aria-expanded')) === 'false') await header.click();
}

/** The run's line in the tree of trials, which is folded once the trial has ended. */
async function runLine(page: Page, state: string): Promise<Locator> {
  const line = page.getByRole('treeitem', { name: new RegExp(`claude-sonnet-4-5: ${state}`) });
  const trial = page.getByRole('treeitem', { name: /^Trial The team's task/ });
  await trial.waitFor();
  if ((await line.count()) === 0 && (await trial.getAttribute('aria-expanded')) === 'false') {
    await trial.locator('.monaco-tl-twistie').click();
  }
  return line;
}

async function expectNothingLeft({ window, worktrees, store, before }: Killed): Promise<void> {
  const [record] = await store.list();
  expect(await processesOf(record)).toEqual([]);
  // The run's task is closed, and nothing of its money is set aside.
  await eventually(
    () => window.cli<{ readonly state: string; readonly heldUsd: number }>('task', 'list'),
    ([task, ...more]) => task !== undefined && more.length === 0 && task.state !== 'open' && task.heldUsd === 0,
    LONG_MS,
  );
  expect(existsSync(worktrees) ? readdirSync(worktrees) : []).toEqual([]);
  expect(fingerprint(window.folder)).toBe(before);
}

/** The processes that run a trial and keep its commands. */
async function runnersOf(record: TrialRecord | undefined): Promise<readonly number[]> {
  const parents = (await processesOf(record)).map((pid) => {
    const stat = procFile(pid, 'stat');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  });
  const keepers = parents.filter((pid) => procFile(pid, 'cmdline').includes('trialKeeper.js'));
  return [record?.runner?.pid ?? Number.NaN, ...new Set(keepers)];
}

/** Empty for a process that has just ended. */
function procFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}

describe.each(['extension-host', 'server'] as const)('kill -9 of the %s in the middle of a trial', (what) => {
  it('leaves a trial that goes on at work, and a new editor shows it, to its end', async () => {
    const killed = await atWork('Go on');
    const { window, page, store, go } = killed;
    await window.vsCode.kill(what);
    await window.vsCode.reopen();
    await showTrials(window);
    await (await runLine(page, 'at work')).waitFor();
    await screenshot(page, `trial-killed-${what}-goes-on`);
    const [record] = await store.list();
    await eventually(() => processesOf(record), isToolAtWork, LONG_MS);
    writeFileSync(go, '');
    await page.getByRole('treeitem', { name: /^Trial The team's task: finished/ }).waitFor({ timeout: LONG_MS });
    await (await runLine(page, 'passed')).waitFor();
    await expectNothingLeft(killed);
  }, 300_000);

  it('ends a trial that stops with the editor, and a new editor shows that it was cancelled', async () => {
    const killed = await atWork('Stop');
    const { window, page, store } = killed;
    await window.vsCode.kill(what);
    await eventually(
      () => store.list(),
      ([record]) => record?.state === 'ended',
      LONG_MS,
    );
    await expectNothingLeft(killed);
    await window.vsCode.reopen();
    await showTrials(window);
    await page.getByRole('treeitem', { name: /^Trial The team's task: cancelled/ }).waitFor();
    await (await runLine(page, 'cancelled')).waitFor();
    await screenshot(page, `trial-killed-${what}-stops`);
    await expectNothingLeft(killed);
  }, 300_000);
});

describe('kill -9 of the server, of the trial and of what keeps its commands', () => {
  it('leaves the agent alone in the world until a new editor ends it, and says that the trial was interrupted', async () => {
    const killed = await atWork('Go on');
    const { window, page, store } = killed;
    const [record] = await store.list();
    const runners = await runnersOf(record);
    expect(runners).toHaveLength(2);
    await window.vsCode.kill('server');
    for (const pid of runners.toReversed()) process.kill(pid, 'SIGKILL');
    await window.vsCode.reopen();
    await showTrials(window);
    await page.getByRole('treeitem', { name: /^Trial The team's task: interrupted/ }).waitFor({ timeout: LONG_MS });
    await (await runLine(page, 'interrupted')).waitFor();
    await screenshot(page, 'trial-killed-with-everything');
    await expectNothingLeft(killed);
  }, 300_000);
});

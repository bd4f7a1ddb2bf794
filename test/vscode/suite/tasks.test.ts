import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { commands, type Terminal, window, workspace } from 'vscode';
import { noLimits } from '../../../src/domain/budget.ts';
import { exactFigure } from '../../../src/domain/figure.ts';
import type { TasksSnapshot } from '../../../src/protocol/tasks.ts';
import { noTasks } from '../../../src/protocol/tasks.ts';
import type { TaskNode } from '../../../src/protocol/taskTreeView.ts';
import type { TestInspection } from '../../../src/vscode/testInspection.ts';
import { budgetTasks, lineOf, newsOf, taskId, USD, viewOf } from '../../support/taskStates.ts';
import { activatedOutlay, resetSettings, until, variableOf } from './outlay.ts';
import { answerAs, nanoUsd, showTasks } from './scriptedTasks.ts';

let outlay: TestInspection;
let opened: Terminal[] = [];

/** The made-up tasks as those of this window. */
function ownTasks(): TasksSnapshot {
  const { workspaceId } = outlay.state();
  return JSON.parse(JSON.stringify(budgetTasks(Date.now())).replaceAll('"w-1"', JSON.stringify(workspaceId)));
}

async function nodeOf(label: string): Promise<TaskNode> {
  const all = (nodes: readonly TaskNode[]): readonly TaskNode[] =>
    nodes.flatMap((node) => [node, ...all(node.children)]);
  const find = () => all(outlay.taskNodes()).find((node) => node.label.startsWith(label));
  await until(`the line "${label}"`, () => find() !== undefined);
  const node = find();
  assert(node !== undefined);
  return node;
}

/** Runs a command on a line of the tree, as its context menu does. The editor hands the very object over. */
async function runOn(command: string, label: string): Promise<void> {
  await commands.executeCommand(command, await nodeOf(label));
}

describe('tasks in the editor', () => {
  beforeEach(async () => {
    await resetSettings();
    outlay = await activatedOutlay();
    opened = [];
  });
  afterEach(async () => {
    outlay.scriptTasks(null);
    outlay.scriptDialogs(null);
    for (const terminal of opened) terminal.dispose();
    await resetSettings();
  });

  it('stand in the tree and in the status bar', async () => {
    showTasks(outlay, ownTasks());
    const task = await nodeOf('Fix login');
    assert.match(task.description, /^active · \$2\.60 · 76% of 80K thinking tokens/);
    assert.match(outlay.statusBarText(), /, task 76% of 80K thinking tokens$/);
  });

  it('are made with a title and a budget, and become active', async () => {
    await workspace.getConfiguration().update('outlay.budget.default', { usd: 5 }, true);
    const asked = showTasks(outlay, noTasks);
    const user = answerAs(outlay, { inputs: ['Fix login'], picks: ['$5.00'] });
    await commands.executeCommand('outlay.newTask');
    assert.equal(user.seen.length, 2);
    assert.deepEqual(asked, [
      {
        name: 'newTask',
        params: {
          title: 'Fix login',
          workspaceId: outlay.state().workspaceId,
          folder: workspace.workspaceFolders?.[0]?.uri.fsPath,
          branch: outlay.currentBranch(),
          checkCommand: null,
          limits: { ...noLimits, costNanoUsd: 5 * USD },
          mode: 'steady',
          countsSubscription: false,
          activate: true,
          by: 'you (VS Code)',
        },
      },
    ]);
  });

  it('are not made without a title, or when the user changes their mind', async () => {
    const asked = showTasks(outlay, noTasks);
    const user = answerAs(outlay, { inputs: ['x'.repeat(10_000)] });
    await commands.executeCommand('outlay.newTask');
    assert.match(user.seen[0] ?? '', /A title has at most 200 characters; this one has 10,000\.$/);
    answerAs(outlay, { inputs: ['Fix login'] });
    await commands.executeCommand('outlay.newTask');
    assert.deepEqual(asked, []);
  });

  it('get a budget of their own, dimension by dimension, kept as the user says', async () => {
    const asked = showTasks(outlay, ownTasks());
    answerAs(outlay, { picks: ['How it is kept', 'strict', 'Custom'], inputs: ['7.50', '200k', '', '0', '1M'] });
    await runOn('outlay.setTaskBudget', 'Export');
    assert.deepEqual(asked, [
      {
        name: 'changeTask',
        params: {
          id: taskId('export'),
          by: 'you (VS Code)',
          mode: 'strict',
          limits: {
            costNanoUsd: nanoUsd('7.50'),
            thinkingTokens: 200_000,
            outputTokens: null,
            toolCalls: 0,
            calls: 1e6,
          },
        },
      },
    ]);
  });

  it('are extended, closed, reopened, renamed, activated and confirmed from their lines', async () => {
    const asked = showTasks(outlay, ownTasks());
    answerAs(outlay, { picks: ['Dollars', 'By a quarter: $1.25'], inputs: ['Fix sign-in'] });
    await runOn('outlay.extendTask', 'Fix login');
    await runOn('outlay.failTask', 'Fix login');
    await runOn('outlay.reopenTask', 'Write the docs');
    await runOn('outlay.renameTask', 'Fix login');
    await runOn('outlay.activateTask', 'Export');
    await runOn('outlay.confirmOutcome', 'Confirm: passed');
    await commands.executeCommand('outlay.deactivateTask');
    const by = 'you (VS Code)';
    const { workspaceId } = outlay.state();
    const because = 'branch export was merged into main';
    assert.deepEqual(asked, [
      { name: 'extendTask', params: { id: taskId('login'), dimension: 'costNanoUsd', amount: 1.25 * USD, by } },
      { name: 'closeTask', params: { id: taskId('login'), outcome: 'failed', because: 'you', by } },
      { name: 'reopenTask', params: { id: taskId('docs'), by } },
      { name: 'changeTask', params: { id: taskId('login'), by, title: 'Fix sign-in' } },
      { name: 'activateTask', params: { workspaceId, id: taskId('export') } },
      { name: 'closeTask', params: { id: taskId('export'), outcome: 'passed', because, by } },
      { name: 'activateTask', params: { workspaceId, id: null } },
    ]);
  });

  it('are deleted only after a yes that says what stays', async () => {
    const asked = showTasks(outlay, ownTasks());
    const user = answerAs(outlay, { confirms: false });
    await runOn('outlay.deleteTask', 'Fix login');
    assert.deepEqual(asked, []);
    assert.match(user.seen[0] ?? '', /^Delete the task "Fix login"\? Its 42 calls stay in the books/);
    assert.match(user.seen[0] ?? '', /It is the active task: .*claude-code, codex at work on it/);
    answerAs(outlay, { confirms: true });
    await runOn('outlay.deleteTask', 'Fix login');
    assert.deepEqual(asked, [{ name: 'deleteTask', params: { id: taskId('login') } }]);
  });

  it('take sessions over, and give them back', async () => {
    const asked = showTasks(outlay, ownTasks(), { assignSession: { moved: 3 } });
    const by = 'you (VS Code)';
    answerAs(outlay, { picks: ['Export'] });
    await runOn('outlay.moveSession', 'gemini-cli, session');
    answerAs(outlay, { picks: ['No task'] });
    await runOn('outlay.moveSession', 'codex, session');
    assert.deepEqual(asked, [
      { name: 'assignSession', params: { session: '9c01b2aa-10d4-4a0f-8f43-0b6a5f1e2d3c', id: taskId('export'), by } },
      { name: 'assignSession', params: { session: '019a9d1c-5b1e-7c02-b0a4-2f6a1d9e8c77', id: null, by } },
    ]);
  });

  it('take no line from anybody but their tree', async () => {
    const asked = showTasks(outlay, ownTasks());
    const user = answerAs(outlay, {});
    const forged = { subject: { kind: 'task', taskId: taskId('login') } };
    await commands.executeCommand('outlay.deleteTask', forged);
    assert.match(user.seen[0] ?? '', /^Delete Task: Fix login \| /);
    assert.deepEqual(asked, []);
  });

  it('have terminals whose agents belong to them, beside other terminals as they were', async () => {
    const base = variableOf(outlay, 'ANTHROPIC_BASE_URL') ?? '';
    const urlOf = (route: string) => base.replace(/ws-[0-9a-f]+\/anthropic$/, `${taskId('login')}/${route}`);
    const baseUrls = { anthropic: urlOf('anthropic'), codex: urlOf('codex'), gemini: urlOf('gemini') };
    showTasks(outlay, ownTasks(), { showTask: { baseUrls } });
    const before = new Set(window.terminals);
    await runOn('outlay.openTaskTerminal', 'Fix login');
    await until('the terminal', () => window.terminals.some((terminal) => !before.has(terminal)));
    const terminal = window.terminals.find((candidate) => !before.has(candidate));
    assert(terminal !== undefined);
    opened.push(terminal);
    assert.equal(terminal.name, 'Task: Fix login');
    const folder = await mkdtemp(join(tmpdir(), 'outlay-task-terminal-'));
    const file = join(folder, 'environment');
    await until('the terminal to print its environment', async () => {
      if (existsSync(`${file}.done`)) return true;
      terminal.sendText(`env > ${file} && touch ${file}.done`);
      await new Promise((later) => setTimeout(later, 2000));
      return existsSync(`${file}.done`);
    });
    const environment = (await readFile(file, 'utf8')).split('\n');
    await rm(folder, { recursive: true, maxRetries: 10 });
    assert(environment.includes(`ANTHROPIC_BASE_URL=${baseUrls.anthropic}`), environment.join('\n'));
    assert(environment.includes(`OUTLAY_CODEX_BASE_URL=${baseUrls.codex}`));
    const path = environment.find((line) => line.startsWith('PATH='))?.slice('PATH='.length) ?? '';
    assert(existsSync(join(path.split(':')[0] ?? '', 'codex')), `no launcher first on ${path}`);
    assert.equal(variableOf(outlay, 'ANTHROPIC_BASE_URL'), base);
    assert(!outlay.state().unmeteredTerminals.some(({ name }) => name === terminal.name));
  });

  it('run their check command in sight, and propose what came of it', async () => {
    const asked = showTasks(outlay, ownTasks());
    const user = answerAs(outlay, { confirms: true, inputs: ['exit 3'] });
    await runOn('outlay.runTaskCheck', 'Export');
    await until('the proposal', () => asked.some(({ name }) => name === 'proposeOutcome'));
    assert.equal(user.seen.length, 1);
    assert.deepEqual(
      asked.map(({ params }) => params),
      [
        { id: taskId('export'), by: 'you (VS Code)', checkCommand: 'exit 3' },
        { id: taskId('export'), outcome: 'failed', because: 'check command "exit 3" ended with 3' },
      ],
    );
  });

  it('show a check command before it runs that was not written in this window', async () => {
    const asked = showTasks(outlay, ownTasks());
    const user = answerAs(outlay, { confirms: false });
    await runOn('outlay.runTaskCheck', 'Fix login');
    assert.deepEqual(user.seen, ['Run this check command? It was not written in this window: npm test']);
    assert.deepEqual(asked, []);
  });
});

describe('news of budgets in the editor', () => {
  beforeEach(async () => {
    outlay = await activatedOutlay();
  });
  afterEach(() => {
    outlay.scriptTasks(null);
    outlay.scriptDialogs(null);
  });

  let count = 0;
  const tasksWith = (kind: 'refused' | 'soft75' | 'soft90') => {
    const tasks = ownTasks();
    const id = `in-host-${Date.now()}-${count++}`;
    const dimension = count % 2 === 0 ? 'calls' : 'toolCalls';
    const extend = { taskId: taskId('login'), dimension, quarter: 13 } as const;
    const task = viewOf(tasks.tasks[0]?.task ?? {}, {
      limits: [lineOf({ dimension, limit: 50, spent: exactFigure(50), held: 0 })],
    });
    const { workspaceId } = outlay.state();
    const news = [newsOf({ id, kind, workspaceId, atMs: Date.now(), extend, text: `Refused [x](command:y) ${id}` })];
    return { ...tasks, tasks: [task, ...tasks.tasks.slice(1)], news };
  };

  it('offer to extend by a quarter at one click, once, and as plain text', async () => {
    const user = answerAs(outlay, { button: 'Extend by 13 tool calls' });
    const tasks = tasksWith('refused');
    const asked = showTasks(outlay, tasks);
    await until('the extension', () => asked.length > 0);
    assert.deepEqual(asked, [
      {
        name: 'extendTask',
        params: { id: taskId('login'), dimension: 'toolCalls', amount: 13, by: 'you (VS Code)' },
      },
    ]);
    assert.match(
      user.seen[0] ?? '',
      /^Refused \[x\] \(command:y\) .*\[Extend by 13 tool calls\] \[Extend\.\.\.\] \[Keep stopped\]$/,
    );
    showTasks(outlay, tasks);
    assert.equal(user.seen.length, 1);
  });

  it('lead to an amount of the user’s own, or to nothing', async () => {
    answerAs(outlay, { button: 'Extend...', picks: ['By...'], inputs: ['20'] });
    const asked = showTasks(outlay, tasksWith('refused'));
    await until('the extension', () => asked.length > 0);
    const extend = { id: taskId('login'), dimension: 'calls', amount: 20, by: 'you (VS Code)' };
    assert.deepEqual(asked, [{ name: 'extendTask', params: extend }]);
  });
});

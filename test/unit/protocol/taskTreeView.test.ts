import { describe, expect, it } from 'vitest';
import { exactFigure } from '../../../src/domain/figure.ts';
import { TimePrinter } from '../../../src/protocol/shown.ts';
import { noTasks, type TasksSnapshot } from '../../../src/protocol/tasks.ts';
import { type TaskNode, taskTreeNodes } from '../../../src/protocol/taskTreeView.ts';
import { budgetTasks, lineOf, snapshotOfTasks, stoppedTasks, taskId, USD, viewOf } from '../../support/taskStates.ts';

const nowMs = Date.UTC(2026, 10, 22, 12);
const env = { workspaceId: 'w-1', nowMs, times: new TimePrinter('UTC') };
const treeOf = (tasks: TasksSnapshot): readonly TaskNode[] => taskTreeNodes(tasks, env);
const first = (nodes: readonly TaskNode[]): TaskNode => {
  const [node] = nodes;
  if (node === undefined) throw new Error('The tree is empty.');
  return node;
};

describe('the tree of tasks', () => {
  it('is empty where there is nothing, so that the editor shows its welcome', () => {
    expect(treeOf(noTasks)).toEqual([]);
  });

  it('has open tasks first, then sessions of no task, then a closed group of those that are done', () => {
    const nodes = treeOf(budgetTasks(nowMs));
    expect(nodes.map(({ label, open }) => [label, open])).toEqual([
      ['Fix login', true],
      ['Export as CSV: a title that is a good deal longer than the sidebar is wide', false],
      ['Sessions of no task', false],
      ['Done', false],
    ]);
    expect(nodes[3]?.children.map(({ label, description }) => [label, description])).toEqual([
      ['Write the docs', 'passed · $2.60 · no budget'],
    ]);
  });

  it('says of a task what it spent, its budget, and who works on it', () => {
    const task = first(treeOf(budgetTasks(nowMs)));
    expect(task.description).toBe(
      'active · $2.60 · 76% of 80K thinking tokens, above 75% · at work: claude-code, codex',
    );
    expect(task.spoken).toBe(
      'Task Fix login: active, $2.6000 spent, 76% of 80K thinking tokens, above 75%, at work: claude-code, codex',
    );
    expect(task.context).toBe('task open active limited check');
  });

  it('has the limits and the sessions of a task below it', () => {
    const task = first(treeOf(budgetTasks(nowMs)));
    expect(task.children.map(({ label, description, context }) => [label, description, context])).toEqual([
      ['Dollars: 62% of $5.00', '$2.60 spent, $0.50 reserved, $1.90 free', 'limit'],
      ['Thinking tokens: 76% of 80K, above 75%', '≥61K spent, nothing reserved, 19K free', 'limit'],
      ['Tool calls: 66% of 50', '31 spent, 2 reserved, 17 free', 'limit'],
      ['claude-code, session 3f2a9c…4c30', 'last call 11:59:00', 'session assigned'],
      ['codex, session 019a9d…8c77', 'last call 11:50:00', 'session assigned'],
    ]);
  });

  it('offers a proposed outcome with its reason', () => {
    const [, task] = treeOf(budgetTasks(nowMs));
    expect(task?.children[0]).toMatchObject({
      subject: { kind: 'proposal', taskId: taskId('export') },
      label: 'Confirm: passed',
      description: '(branch export was merged into main)',
      spoken: 'Confirm: passed: branch export was merged into main',
    });
    expect(task?.context).toBe('task open idle proposal');
  });

  it('tells each state by its icon and in words', () => {
    const iconOf = (...parts: Parameters<typeof viewOf>): string =>
      first(treeOf(snapshotOfTasks({ tasks: [viewOf({ state: 'open', ...parts[0] }, parts[1])] }))).icon;
    const atLine = lineOf({ spent: exactFigure(5 * USD), held: 0 });
    expect([
      iconOf(),
      iconOf({}, { agentsAtWork: ['codex'] }),
      iconOf({}, { limits: [atLine] }),
      iconOf({ mode: 'warn' }, { limits: [atLine] }),
    ]).toEqual(['circle-large-outline', 'play-circle', 'stop-circle', 'warning']);
    expect(first(treeOf(stoppedTasks(nowMs))).description).toBe('active · $5.00 · 100% of $5.00, used up');
  });

  it('says in its tooltip every dimension, how it is kept, and how it ended', () => {
    expect(first(treeOf(budgetTasks(nowMs))).tooltip).toEqual([
      'Fix login (active)',
      '$2.60 spent',
      '61K thinking, 43K visible output tokens',
      '42 calls, 31 tool calls',
      'Dollars: 62% of $5.00: $2.60 spent, $0.50 reserved, $1.90 free',
      'Thinking tokens: 76% of 80K: ≥61K spent, nothing reserved, 19K free',
      'Tool calls: 66% of 50: 31 spent, 2 reserved, 17 free',
      'kept steady: reserves what such calls usually come to',
      '≈$8.40 an hour',
      'branch fix-login',
      'check: npm test',
      'created 10:00:00',
    ]);
    const done = first(
      treeOf(snapshotOfTasks({ tasks: [viewOf({ state: 'failed', outcomeBy: 'commit abc reverted it' })] })),
    );
    expect(first(done.children).tooltip).toContain('failed (commit abc reverted it)');
  });

  it('is not active in another window', () => {
    const nodes = taskTreeNodes(budgetTasks(nowMs), { ...env, workspaceId: 'w-2' });
    expect([first(nodes).context, first(nodes).open]).toEqual(['task open idle limited check', false]);
  });

  it('has ids that are unique and stay', () => {
    const ids = (nodes: readonly TaskNode[]): readonly string[] =>
      nodes.flatMap((node) => [node.id, ...ids(node.children)]);
    const found = ids(treeOf(budgetTasks(nowMs)));
    expect(new Set(found).size).toBe(found.length);
    expect(ids(treeOf(budgetTasks(nowMs)))).toEqual(found);
  });
});

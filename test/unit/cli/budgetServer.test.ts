import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { serveBudget } from '../../../src/cli/budgetServer.ts';
import { budgetReport } from '../../../src/protocol/budgetReport.ts';
import { noTasks, type TasksSnapshot } from '../../../src/protocol/tasks.ts';
import { budgetTasks } from '../../support/taskStates.ts';

const tasks = budgetTasks(1_000_000_000);
const [workspaceId = ''] = Object.keys(tasks.active);

/** What the server answers to these lines. */
async function answers(lines: readonly unknown[], snapshot: TasksSnapshot | null = tasks) {
  const input = new PassThrough();
  const output = new PassThrough();
  const done = serveBudget({ input, output, workspaceId, version: '1.2.3', readTasks: async () => snapshot });
  for (const line of lines) input.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
  input.end();
  await done;
  output.end();
  const text = (await output.toArray()).map(String).join('');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { id: unknown; result?: Record<string, unknown>; error?: { code: number } });
}

const request = (id: number, method: string, params: object = {}) => ({ jsonrpc: '2.0', id, method, params });

describe('the budget server', () => {
  it('introduces itself in the version that both know, and lists one tool that only reads', async () => {
    const [first, second, list] = await answers([
      request(1, 'initialize', { protocolVersion: '2024-11-05', capabilities: {} }),
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      request(2, 'initialize', { protocolVersion: '2099-01-01' }),
      request(3, 'tools/list'),
    ]);
    expect(first?.result).toMatchObject({
      protocolVersion: '2024-11-05',
      serverInfo: { name: 'outlay-budget', version: '1.2.3' },
    });
    expect(second?.result).toMatchObject({ protocolVersion: '2025-06-18' });
    expect(list?.result).toMatchObject({ tools: [{ name: 'outlay_budget', annotations: { readOnlyHint: true } }] });
  });

  it('tells what is used and left, in words and in numbers', async () => {
    const [answer] = await answers([request(1, 'tools/call', { name: 'outlay_budget', arguments: {} })]);
    const report = budgetReport(tasks, workspaceId);
    expect(report.limits.length).toBeGreaterThan(1);
    expect(answer?.result?.['structuredContent']).toEqual(report);
    const [usd] = report.limits;
    expect(usd).toMatchObject({ of: 'task', dimension: 'usd' });
    expect((usd?.used ?? 0) + (usd?.reserved ?? 0) + (usd?.left ?? 0)).toBeCloseTo(usd?.limit ?? 0, 6);
    expect(JSON.stringify(answer?.result?.['content'])).toMatch(/The task: \$\d+\.\d\d of \$\d+\.\d\d used/);
  });

  it('says so where there is no budget, no task and no meter', async () => {
    const call = request(1, 'tools/call', { name: 'outlay_budget' });
    const [none] = await answers([call], noTasks);
    expect(JSON.stringify(none?.result)).toContain('No task is active.\\nNothing is limited.');
    const [gone] = await answers([call], null);
    expect(gone?.result).toMatchObject({ isError: true });
  });

  it('passes over what is no request, and refuses what it does not know', async () => {
    const replies = await answers([
      ...['no json', '[]', 'null', '{"id":1}', { jsonrpc: '2.0', id: null, method: 'ping' }],
      request(7, 'tools/call', { name: 'delete_everything' }),
      request(8, 'resources/list'),
      request(9, 'ping'),
    ]);
    expect(replies.map(({ id, error }) => [id, error?.code ?? null])).toEqual([
      [7, -32602],
      [8, -32601],
      [9, null],
    ]);
  });
});

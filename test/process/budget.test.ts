import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { noLimits, zeroAmounts } from '../../src/domain/budget.ts';
import { callControl } from '../../src/protocol/controlClient.ts';
import type { NewTask, TaskDetails } from '../../src/protocol/tasks.ts';
import { eventually, type MeterProcess, runCli } from '../support/meterProcess.ts';
import { startPaceableUpstream } from '../support/paceableUpstream.ts';
import {
  pricedEnd,
  pricedOverrides,
  pricedRequest,
  pricedStart,
  pricedText,
  usdOfOutput,
} from '../support/pricedStream.ts';
import { cleanUp, dataDir, meter } from './rig.ts';

const usd = (dollars: number): number => Math.round(dollars * 1e9);

/** Answers every call with so many billed output tokens. */
async function pricedUpstream(outputTokens: number): Promise<{ readonly origin: string; served(): number }> {
  let served = 0;
  const upstream = await startPaceableUpstream((_request, response) => {
    served++;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(pricedStart() + pricedText('an answer') + pricedEnd(outputTokens));
  });
  cleanUp(() => upstream.close());
  return { origin: upstream.origin, served: () => served };
}

async function pricedMeter(path: string, origin: string): Promise<MeterProcess> {
  const running = await meter({ dataDir: path, upstreams: { anthropic: origin } });
  const lock = await running.lock();
  await callControl(lock, 'configure', { metering: true, priceOverrides: pricedOverrides, retentionDays: 0 });
  return running;
}

async function newTask(running: MeterProcess, fields: Partial<NewTask>): Promise<TaskDetails> {
  return callControl(await running.lock(), 'newTask', {
    title: 'Fix login',
    workspaceId: null,
    folder: null,
    branch: null,
    checkCommand: null,
    limits: noLimits,
    mode: 'strict',
    countsSubscription: false,
    activate: false,
    by: 'a test',
    ...fields,
  });
}

function call(base: string, maxTokens: number, fields: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${base}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'sk-ant-api03-made-up', ...fields },
    body: pricedRequest(maxTokens),
  });
}

const baseOf = ({ baseUrls }: TaskDetails): string => baseUrls['anthropic'] ?? '';

async function shown(path: string, id: string) {
  const { stdout, stderr } = await runCli(['task', 'show', id, '--data-dir', path, '--json']);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as { spentUsd: number; heldUsd: number; spent: { calls: number }; sessions: string[] };
}

/** A process that makes `count` calls at once and prints the status of each. */
function clientProcess(base: string, count: number): ChildProcess {
  const program = `
    const call = () => fetch(${JSON.stringify(`${base}/v1/messages`)}, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': 'sk-ant-api03-made-up' },
      body: ${JSON.stringify(pricedRequest(4000))},
    }).then(async (response) => { await response.text(); return response.status; });
    Promise.all(Array.from({ length: ${count} }, call)).then((all) => console.log(JSON.stringify(all)));`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function statusesOf(client: ChildProcess): Promise<number[]> {
  let text = '';
  client.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await once(client, 'close');
  return JSON.parse(text) as number[];
}

describe('A strict budget of $5', () => {
  it('lets exactly 50 of 1,000 calls of $0.10 through, from four processes at once', async () => {
    const upstream = await pricedUpstream(4000);
    const path = dataDir();
    const running = await pricedMeter(path, upstream.origin);
    const task = await newTask(running, { limits: { ...noLimits, costNanoUsd: usd(5) } });
    const clients = Array.from({ length: 4 }, () => clientProcess(baseOf(task), 250));
    for (const client of clients) cleanUp(() => client.kill());
    const statuses = (await Promise.all(clients.map(statusesOf))).flat();
    expect(statuses.filter((status) => status === 200)).toHaveLength(50);
    expect(statuses.filter((status) => status === 402)).toHaveLength(950);
    expect(upstream.served()).toBe(50);
    const { id } = task.view.task;
    const after = await eventually(
      () => shown(path, id),
      ({ heldUsd }) => heldUsd === 0,
    );
    expect([after.spentUsd, after.spent.calls]).toEqual([5, 50]);
  });

  it('refuses in a sentence that names it, and lets the next attempt through as soon as it is extended', async () => {
    const upstream = await pricedUpstream(4000);
    const path = dataDir();
    const running = await pricedMeter(path, upstream.origin);
    const task = await newTask(running, { limits: { ...noLimits, costNanoUsd: usd(0.1) } });
    const { id } = task.view.task;
    expect((await call(baseOf(task), 4000)).status).toBe(200);
    await eventually(
      () => shown(path, id),
      ({ spentUsd }) => spentUsd === 0.1,
    );
    const refused = await call(baseOf(task), 4000);
    expect([refused.status, refused.headers.get('x-should-retry')]).toEqual([402, 'false']);
    expect(await refused.text()).toContain(
      "Outlay: the budget of 'Fix login' ($0.10) is used up: $0.10 spent. Extend it in the Outlay sidebar.",
    );
    expect(upstream.served()).toBe(1);
    const extended = await runCli(['task', 'extend', id, '--usd', '0.10', '--data-dir', path, '--json']);
    expect(JSON.parse(extended.stdout)).toMatchObject({ limits: { usd: 0.2 } });
    const again = await call(baseOf(task), 4000);
    expect(again.status).toBe(200);
    await again.text();
    const { events } = await callControl(await running.lock(), 'showTask', { id });
    expect(events.map(({ kind, by }) => `${kind} by ${by}`)).toEqual([
      'extended by outlay command',
      'refused by Outlay',
      'created by a test',
    ]);
    const calls = await runCli(['calls', '--data-dir', path, '--json']);
    expect(JSON.parse(calls.stdout)).toHaveLength(2);
  });
});

describe('A hold', () => {
  it('is on disk before the first byte goes upstream, and is charged whole by the next meter after kill -9', async () => {
    // A server whose queue of connections is full: the meter connects for ever and sends nothing.
    const silent = createTcpServer((socket) => socket.pause());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    cleanUp(() => silent.close());
    const origin = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const path = dataDir();
    const running = await pricedMeter(path, origin);
    const task = await newTask(running, { limits: { ...noLimits, costNanoUsd: usd(5) } });
    const { id } = task.view.task;
    const abort = new AbortController();
    const calling = fetch(`${baseOf(task)}/v1/messages`, {
      ...{ method: 'POST', body: pricedRequest(4000), signal: abort.signal },
      headers: { 'content-type': 'application/json', 'x-api-key': 'sk-ant-api03-made-up' },
    }).catch(() => undefined);
    await eventually(
      () => shown(path, id),
      ({ heldUsd }) => heldUsd === 0.1,
    );
    await running.kill();
    await calling;
    expect(await shown(path, id)).toMatchObject({ heldUsd: 0.1, spentUsd: 0 });
    await meter({ dataDir: path });
    await eventually(
      () => shown(path, id),
      ({ heldUsd }) => heldUsd === 0,
    );
    expect(await shown(path, id)).toMatchObject({ heldUsd: 0, spentUsd: 0.1 });
  });

  it('is resolved once whenever the meter is killed, and spend is never lost', async () => {
    let served = 0;
    let attempts = 0;
    const upstream = await startPaceableUpstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(pricedStart() + pricedText('an answer'));
      setTimeout(() => {
        served++;
        response.end(pricedEnd(400));
      }, 30 * Math.random());
    });
    cleanUp(() => upstream.close());
    const path = dataDir();
    let running = await pricedMeter(path, upstream.origin);
    const task = await newTask(running, { limits: { ...noLimits, costNanoUsd: usd(50) } });
    const { id } = task.view.task;
    let answered = 0;
    for (let round = 0; round < 20; round++) {
      const callers = Array.from({ length: 8 }, async () => {
        for (let turn = 0; turn < 5; turn++) {
          attempts++;
          const response = await call(baseOf(task), 400).catch(() => null);
          const whole = await response?.text().catch(() => null);
          if (whole?.includes('message_stop')) answered++;
        }
      });
      await new Promise((resolve) => setTimeout(resolve, 150 * Math.random()));
      await running.kill();
      await Promise.all(callers);
      running = await pricedMeter(path, upstream.origin);
      const lock = await running.lock();
      const { account } = await eventually(
        () => callControl(lock, 'showTask', { id }),
        (details) => details.account.openHolds === 0,
      );
      expect(account.held).toEqual(zeroAmounts);
      expect(account.spent.costNanoUsd).toBeGreaterThanOrEqual(usd(usdOfOutput(400) * answered));
      expect(account.spent.costNanoUsd).toBeLessThanOrEqual(usd(usdOfOutput(400) * attempts));
    }
    expect(answered).toBeGreaterThan(0);
    expect(served).toBeGreaterThanOrEqual(answered);
  });
});

describe('A stream that crosses the line', () => {
  it('is ended with a valid end and few tokens over, its upstream is closed, and the sentence is in it', async () => {
    let closedAt = 0;
    const upstream = await startPaceableUpstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(pricedStart());
      // Each word is one token; 400 of them a second.
      const timer = setInterval(() => response.write(pricedText(' hello'.repeat(20))), 50);
      response.once('close', () => {
        clearInterval(timer);
        closedAt = Date.now();
      });
    });
    cleanUp(() => upstream.close());
    const path = dataDir();
    const running = await pricedMeter(path, upstream.origin);
    const task = await newTask(running, { limits: { ...noLimits, outputTokens: 1200 }, mode: 'steady' });
    const response = await call(baseOf(task), 600_000);
    const text = await response.text();
    const words = text.split(' hello').length - 1;
    expect(text).toContain('"type":"message_stop"');
    expect(text).toContain('Outlay: the budget of');
    expect(words).toBeGreaterThanOrEqual(1100);
    expect(words).toBeLessThanOrEqual(1300);
    await eventually(
      () => Promise.resolve(closedAt),
      (at) => at > 0,
    );
    const { id } = task.view.task;
    await eventually(
      () => shown(path, id),
      ({ heldUsd, spent }) => heldUsd === 0 && spent.calls === 1,
    );
  });
});

describe('Calls that their client breaks off', () => {
  it('are charged what was seen of them, hold nothing a second later, and add up to what was streamed', async () => {
    // Each word is one token; the provider has reported ten tokens of input, which cost nothing here.
    const words = 40;
    const upstream = await startPaceableUpstream((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(pricedStart() + pricedText(' hello'.repeat(words)));
    });
    cleanUp(() => upstream.close());
    const path = dataDir();
    const running = await pricedMeter(path, upstream.origin);
    const task = await newTask(running, { limits: { ...noLimits, costNanoUsd: usd(500) }, mode: 'steady' });
    const { id } = task.view.task;
    const calls = Number(process.env['OUTLAY_CANCELLED_CALLS'] ?? 300);
    const breakOff = async (): Promise<void> => {
      const abort = new AbortController();
      const response = await fetch(`${baseOf(task)}/v1/messages`, {
        ...{ method: 'POST', body: pricedRequest(4000), signal: abort.signal },
        headers: { 'content-type': 'application/json', 'x-api-key': 'sk-ant-api03-made-up' },
      });
      const reader = response.body?.getReader();
      let text = '';
      while (text.split(' hello').length - 1 < words)
        text += Buffer.from((await reader?.read())?.value ?? []).toString();
      abort.abort();
    };
    const workers = Array.from({ length: 10 }, async (_, worker) => {
      for (let index = worker; index < calls; index += 10) await breakOff();
    });
    await Promise.all(workers);
    const lock = await running.lock();
    const { account } = await eventually(
      () => callControl(lock, 'showTask', { id }),
      (details) => details.account.openHolds === 0 && details.account.spent.calls === calls,
    );
    expect(account.held).toEqual(zeroAmounts);
    // A tokenizer that nothing is known of yet is taken to make a twentieth more of the same text.
    const { outputTokens, costNanoUsd } = account.spent;
    expect(outputTokens).toBeGreaterThanOrEqual(calls * words);
    expect(outputTokens).toBeLessThanOrEqual(calls * words * 1.06);
    expect(costNanoUsd).toBe(usd(usdOfOutput(outputTokens)));
    expect(account.estimatedCharges).toBe(calls);
  });
});

describe('Two tasks side by side', () => {
  it('are charged by the address that each agent was given, and a session moves with its spend', async () => {
    const upstream = await pricedUpstream(4000);
    const path = dataDir();
    const running = await pricedMeter(path, upstream.origin);
    const [a, b] = [await newTask(running, { title: 'A' }), await newTask(running, { title: 'B' })];
    const claude = { 'user-agent': 'claude-cli/2.1.330 (external, cli)', 'x-claude-code-session-id': 'session-1' };
    await (await call(baseOf(a), 4000, claude)).text();
    await (await call(baseOf(b), 4000)).text();
    const spentOf = async (task: TaskDetails) => (await shown(path, task.view.task.id)).spentUsd;
    await eventually(
      async () => [await spentOf(a), await spentOf(b)],
      ([first, second]) => first === 0.1 && second === 0.1,
    );
    const moved = await runCli([
      'task',
      'assign',
      b.view.task.id,
      '--session',
      'session-1',
      '--data-dir',
      path,
      '--json',
    ]);
    expect(JSON.parse(moved.stdout)).toEqual({ moved: 1 });
    expect([await spentOf(a), await spentOf(b)]).toEqual([0, 0.2]);
    await (await call(baseOf(a), 4000, claude)).text();
    await eventually(
      () => spentOf(b),
      (spent) => Math.abs(spent - 0.3) < 1e-9,
    );
  });
});

describe('outlay run', () => {
  it('gives any command the environment of the task, and its exit code back', async () => {
    const upstream = await pricedUpstream(4000);
    const path = dataDir();
    const task = await newTask(await pricedMeter(path, upstream.origin), {});
    const { id } = task.view.task;
    const program = 'process.stdout.write(process.env.ANTHROPIC_BASE_URL + process.argv[1]); process.exit(3)';
    const ran = await runCli([
      'run',
      '--task',
      id,
      '--data-dir',
      path,
      '--',
      process.execPath,
      '-e',
      program,
      '--',
      '--json',
    ]);
    expect(ran).toEqual({ code: 3, stdout: `${baseOf(task)}--json`, stderr: '' });
  });

  it('says what is missing: the task, the command, the program, or a meter', async () => {
    const path = dataDir();
    const running = await meter({ dataDir: path });
    const { id } = (await newTask(running, {})).view.task;
    const run = (...args: readonly string[]) => runCli(['run', '--data-dir', path, ...args]);
    expect(await run('--', 'true')).toMatchObject({ code: 2, stderr: expect.stringContaining('run needs --task ID') });
    expect(await run('--task', id)).toMatchObject({ code: 2, stderr: expect.stringContaining('run needs a command') });
    expect(await run('--task', id, '--', 'no-such-program-here')).toMatchObject({ code: 127 });
    expect(await run('--task', 'task-aaaaaaaaaaaaaaaa', '--', 'true')).toMatchObject({
      ...{ code: 1, stderr: 'There is no task task-aaaaaaaaaaaaaaaa.\n' },
    });
    await running.stop();
    expect(await run('--task', id, '--', 'true')).toMatchObject({
      ...{ code: 1, stderr: expect.stringMatching(/^No meter is running\. .*meter\.js --data-dir /) },
    });
  });
});

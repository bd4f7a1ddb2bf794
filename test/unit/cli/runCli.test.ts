import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { dayText, localDays } from '../../../src/ledger/localDay.ts';
import { acquireOwnerLock } from '../../../src/ledger/ownerLock.ts';
import { advisedCall, call, callId, priced, unpriced, usage } from '../ledger/callFixtures.ts';
import { tempDir } from '../ledger/tempDir.ts';
import { book, run } from './cliFixture.ts';

const noonOf = (day: number) => new Date(2026, 10, day, 12).getTime();

function bookedDir(): string {
  const dataDir = tempDir();
  book(dataDir, [
    call({ id: callId(1), startedAtMs: noonOf(20), session: 'a', cost: priced(1_500_000_000, 0) }),
    call({ id: callId(2), startedAtMs: noonOf(21), session: 'b', auth: 'subscription', cost: priced(0, 700_000_000) }),
    call({
      id: callId(3),
      startedAtMs: noonOf(22),
      session: 'c',
      auth: 'unknown',
      cost: unpriced,
      provenance: 'estimated',
    }),
  ]);
  return dataDir;
}

describe('outlay report', () => {
  it('prints one bare array of exactly the promised keys', async () => {
    const { code, stdout, stderr } = await run(['report', '--data-dir', bookedDir(), '--by', 'session', '--json']);
    expect([code, stderr]).toEqual([0, '']);
    const counts = {
      calls: 1,
      inputTokens: 100,
      cacheReadTokens: 50,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 40,
      thinkingTokens: 10,
      webSearches: 0,
    };
    expect(JSON.parse(stdout)).toEqual([
      { key: 'a', auth: 'key', ...counts, costUsd: 1.5, unpricedCalls: 0, estimatedCalls: 0 },
      { key: 'b', auth: 'subscription', ...counts, costUsd: 0.7, unpricedCalls: 0, estimatedCalls: 0 },
      { key: 'c', auth: 'unknown', ...counts, costUsd: null, unpricedCalls: 1, estimatedCalls: 1 },
    ]);
  });

  it.each([
    ['model', ['claude-opus-4-6', 'claude-opus-4-6', 'claude-opus-4-6']],
    ['agent', ['claude-code', 'claude-code', 'claude-code']],
    ['day', ['2026-11-22', '2026-11-21', '2026-11-20']],
  ])('by %s has one row a key and authorisation', async (by, keys) => {
    const { stdout } = await run(['report', '--data-dir', bookedDir(), '--by', by, '--json']);
    const rows: { key: string; auth: string }[] = JSON.parse(stdout);
    expect(rows.map((row) => row.key)).toEqual(keys);
    expect(new Set(rows.map((row) => row.auth))).toEqual(new Set(['key', 'subscription', 'unknown']));
  });

  it('begins at a local day', async () => {
    const args = ['report', '--data-dir', bookedDir(), '--by', 'session', '--since', '2026-11-21', '--json'];
    const rows: { key: string }[] = JSON.parse((await run(args)).stdout);
    expect(rows.map((row) => row.key)).toEqual(['b', 'c']);
  });

  it('has no thinking and no cost only where no call has one', async () => {
    const dataDir = tempDir();
    const unknown = usage({ inputTokens: 1, outputTokens: 1 });
    book(dataDir, [
      call({ id: callId(1), session: 'none', usage: unknown, cost: unpriced }),
      call({ id: callId(2), session: 'some', usage: unknown, cost: unpriced }),
      call({ id: callId(3), session: 'some' }),
    ]);
    const { stdout } = await run(['report', '--data-dir', dataDir, '--by', 'session', '--json']);
    expect(JSON.parse(stdout)).toMatchObject([
      { key: 'some', thinkingTokens: 10, costUsd: 0.0015 },
      { key: 'none', thinkingTokens: null, costUsd: null },
    ]);
  });

  it('prints a table with marks, and billed and subscription totals apart', async () => {
    const { stdout } = await run(['report', '--data-dir', bookedDir(), '--by', 'session'], { width: 120 });
    expect(stdout).toBe(
      [
        'Session        Auth          Calls  Input  Cache read  Cache write  Output  Thinking  Searches  Unpriced    Cost',
        'a              key               1    100          50            0      40        10         0         0   $1.50',
        'b              subscription      1    100          50            0      40        10         0         0   $0.70',
        'c              unknown           1   ≈100         ≈50           ≈0     ≈40       ≈10         0         1       -',
        '----------------------------------------------------------------------------------------------------------------',
        'Billed                           2   ≈200        ≈100           ≈0     ≈80       ≈20         0         1  ≥$1.50',
        'At API prices  subscription      1    100          50            0      40        10         0         0   $0.70',
        '',
      ].join('\n'),
    );
  });

  it('marks what was seen in part as a lower bound and what was estimated as such, and names an effort that is not known', async () => {
    const dataDir = tempDir();
    book(dataDir, [
      call({ id: callId(1), effort: 'high', provenance: 'partial' }),
      call({ id: callId(2), effort: null, provenance: 'estimated' }),
    ]);
    const args = ['report', '--data-dir', dataDir, '--by', 'effort'];
    const lines = (await run(args, { width: 120 })).stdout.split('\n').map((line) => line.split(/\s+/));
    expect(lines.slice(1, 3).map(([key, , , input]) => [key, input])).toEqual([
      ['(unknown)', '≈100'],
      ['high', '≥100'],
    ]);
    const rows: { key: string; estimatedCalls: number }[] = JSON.parse((await run([...args, '--json'])).stdout);
    expect(rows.map(({ key, estimatedCalls }) => [key, estimatedCalls])).toEqual([
      ['', 1],
      ['high', 1],
    ]);
  });

  it('says so where there is no call yet', async () => {
    const dataDir = tempDir();
    expect(await run(['report', '--data-dir', dataDir, '--by', 'day'])).toMatchObject({
      code: 0,
      stdout: 'No calls yet.\n',
    });
    expect(await run(['report', '--data-dir', dataDir, '--by', 'day', '--json'])).toMatchObject({ stdout: '[]\n' });
  });

  it('tells of a damaged ledger in one sentence and leaves it alone', async () => {
    const dataDir = tempDir();
    writeFileSync(ledgerPathOf(dataDir), Buffer.alloc(9000, 0x41));
    const { code, stderr } = await run(['report', '--data-dir', dataDir, '--by', 'day']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The ledger .* cannot be read: file is not a database\.\n$/);
    expect(readdirSync(dataDir)).toEqual(['ledger.sqlite']);
  });
});

describe('outlay calls', () => {
  it('counts a call of which one part has no price as a report does, and prints what is known as a lower bound', async () => {
    const dataDir = tempDir();
    const partly = { ...priced(1_500_000_000, 0), provenance: 'unpriced' } as const;
    book(dataDir, [
      advisedCall({ id: callId(1), cost: partly, partCosts: [priced(1_500_000_000, 0), unpriced] }),
      call({ id: callId(2), status: 'truncated', provenance: 'partial', cost: priced(250_000_000, 0) }),
    ]);
    const json = async (...args: string[]): Promise<{ unpricedCalls: number; calls: number; costUsd: number }[]> =>
      JSON.parse((await run([...args, '--data-dir', dataDir, '--json'])).stdout);
    const sums = (rows: Awaited<ReturnType<typeof json>>) => ({
      calls: rows.reduce((sum, row) => sum + row.calls, 0),
      unpricedCalls: rows.reduce((sum, row) => sum + row.unpricedCalls, 0),
      costUsd: rows.reduce((sum, row) => sum + row.costUsd, 0),
    });
    expect(sums(await json('calls'))).toEqual({ calls: 2, unpricedCalls: 1, costUsd: 1.75 });
    expect(sums(await json('report', '--by', 'session'))).toEqual({ calls: 2, unpricedCalls: 1, costUsd: 1.75 });
    const { stdout } = await run(['calls', '--data-dir', dataDir]);
    expect(stdout).toContain('≥$1.50');
    expect(stdout).toContain('≥$0.25');
  });

  it('prints one row a call of exactly the promised keys, newest first', async () => {
    const dataDir = tempDir();
    book(dataDir, [call({ id: callId(1), startedAtMs: 1000 }), advisedCall({ id: callId(2), startedAtMs: 2000 })]);
    const { stdout } = await run(['calls', '--data-dir', dataDir, '--json']);
    const rows: unknown[] = JSON.parse(stdout);
    expect(rows).toHaveLength(2);
    expect(rows[1]).toEqual({
      key: callId(1),
      calls: 1,
      unpricedCalls: 0,
      estimatedCalls: 0,
      id: callId(1),
      startedAt: '1970-01-01T00:00:01.000Z',
      agent: 'claude-code',
      session: 's1',
      model: 'claude-opus-4-6',
      requestedModel: 'claude-opus-4-6',
      effort: 'high',
      api: 'anthropic-messages',
      auth: 'key',
      status: 'ok',
      source: 'gateway',
      ttftMs: 400,
      durationMs: 2500,
      inputTokens: 100,
      cacheReadTokens: 50,
      cacheWrite5mTokens: 0,
      cacheWrite1hTokens: 0,
      outputTokens: 40,
      thinkingTokens: 10,
      webSearches: 0,
      costUsd: 0.0015,
      provenance: 'reported',
      costProvenance: 'priced',
      priceVersion: 'book 1 (2026-11-20)',
    });
  });

  it.each([40, 60, 80, 100, 140])('prints a table that fits %d characters', async (width) => {
    const dataDir = tempDir();
    const long = { session: 'f'.repeat(80), model: 'a-model-with-quite-a-long-name-2026-11-22', agent: 'some-agent' };
    book(dataDir, [call(long), call({ id: callId(2) })]);
    for (const args of [['calls'], ['report', '--by', 'session'], ['report', '--by', 'model']]) {
      const { stdout } = await run([...args, '--data-dir', dataDir], { width });
      const lengths = stdout.split('\n').map((line) => line.length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(width);
      expect(stdout).toContain('$');
    }
  });

  it('lets no control character of a name reach the terminal', async () => {
    const dataDir = tempDir();
    book(dataDir, [call({ model: 'evil\u001b[2Jmodel\nline', session: '\u202esession' })]);
    const { stdout } = await run(['calls', '--data-dir', dataDir], { width: 200 });
    expect(stdout).toContain('evil?[2Jmodel?line');
    expect([...stdout].filter((character) => character === '\u001b' || character === '\u202e')).toEqual([]);
  });
});

describe('outlay delete', () => {
  it('deletes what started before a local day, and the reports follow', async () => {
    const dataDir = bookedDir();
    const { code, stdout } = await run(['delete', '--data-dir', dataDir, '--before', '2026-11-22']);
    expect([code, stdout]).toEqual([0, 'Deleted 2 calls.\n']);
    const left: { key: string }[] = JSON.parse(
      (await run(['report', '--data-dir', dataDir, '--by', 'day', '--json'])).stdout,
    );
    expect(left.map((row) => row.key)).toEqual([dayText(localDays()(noonOf(22)))]);
    expect(await run(['delete', '--data-dir', dataDir, '--all', '--json'])).toMatchObject({
      stdout: '{"deleted":1}\n',
    });
  });

  it('asks the running meter with its control token', async () => {
    const dataDir = bookedDir();
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        asked.push([
          request.method,
          request.url,
          request.headers.authorization,
          request.headers.host,
          JSON.parse(body),
        ]);
        response.end('{"deleted":41}');
      });
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const lock = { port, token: 'gateway', controlToken: 'control', pid: 1, version: '1' };
    writeFileSync(join(dataDir, 'meter.json'), JSON.stringify(lock));
    const { stdout } = await run(['delete', '--data-dir', dataDir, '--before', '2026-11-22']);
    expect(stdout).toBe('Deleted 41 calls.\n');
    const beforeMs = new Date(2026, 10, 22).getTime();
    expect(asked).toEqual([['POST', '/control/deleteData', 'Bearer control', `127.0.0.1:${port}`, { beforeMs }]]);
  });

  it('deletes by itself where the port of a meter that has died belongs to another program', async () => {
    const dataDir = bookedDir();
    const server = createServer((_, response) => {
      response.writeHead(404).end('not here');
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const lock = { port, token: 'gateway', controlToken: 'control', pid: 1, version: '1' };
    writeFileSync(join(dataDir, 'meter.json'), JSON.stringify(lock));
    expect(await run(['delete', '--data-dir', dataDir, '--all'])).toMatchObject({ stdout: 'Deleted 3 calls.\n' });
  });

  it('passes on why a meter refuses', async () => {
    const dataDir = bookedDir();
    const held = acquireOwnerLock(dataDir);
    if (held.state === 'held') onTestFinished(held.release);
    const server = createServer((_, response) => {
      response.writeHead(500).end('{"error":"Nothing was deleted. The disk is full."}');
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    writeFileSync(
      join(dataDir, 'meter.json'),
      JSON.stringify({ port, token: 't', controlToken: 'c', pid: 1, version: '0.1.0' }),
    );
    expect(await run(['delete', '--data-dir', dataDir, '--all'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'Nothing was deleted. The disk is full.\n',
    });
  });

  it('does it itself where the meter of the lock file is gone', async () => {
    const dataDir = bookedDir();
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    writeFileSync(
      join(dataDir, 'meter.json'),
      JSON.stringify({ port, token: 't', controlToken: 'c', pid: 1, version: '0.1.0' }),
    );
    expect(await run(['delete', '--data-dir', dataDir, '--all'])).toMatchObject({
      code: 0,
      stdout: 'Deleted 3 calls.\n',
    });
  });

  it('deletes nothing while another process owns the ledger and does not answer', async () => {
    const dataDir = bookedDir();
    const lock = acquireOwnerLock(dataDir);
    onTestFinished(() => {
      if (lock.state === 'held') lock.release();
    });
    const { code, stderr } = await run(['delete', '--data-dir', dataDir, '--all']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('Another process of Outlay is using the ledger')]);
    expect(JSON.parse((await run(['calls', '--data-dir', dataDir, '--json'])).stdout)).toHaveLength(3);
  });
});

describe('arguments', () => {
  it.each([
    [[], 'Say what to do'],
    [['spend'], 'no command "spend"'],
    [['report'], 'report needs --by model, session, day, agent, month, folder, branch, task or effort.'],
    [
      ['report', '--by', 'colour'],
      '"colour" is nothing to report by; say model, session, day, agent, month, folder, branch, task or effort.',
    ],
    [['report', '--by', 'day', '--since', 'yesterday'], '"yesterday" is no day; --since takes YYYY-MM-DD.'],
    [['report', '--by', 'day', '--since', '2026-02-30'], 'no day'],
    [['report', '--by'], "'--by <value>' argument missing"],
    [['report', '--by', 'day', '--nonsense'], "Unknown option '--nonsense'"],
    [['report', '--by', 'day', 'more'], '"more" is too much'],
    [['calls', '--by', 'day'], 'calls has no option --by.'],
    [['delete'], 'delete needs either --all or --before YYYY-MM-DD.'],
    [['delete', '--all', '--before', '2026-01-01'], 'delete needs either'],
  ])('%j end in exit code 2 and one sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('ask for help or the version', async () => {
    expect((await run(['help'])).stdout).toContain('outlay report --by');
    expect((await run(['--help'])).stdout).toContain('outlay report --by');
    expect((await run(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('the data folder', () => {
  const globalStorage = join('User', 'globalStorage', 'outlay.outlay');

  it.each([
    ['linux', join('.config', 'Code', globalStorage)],
    ['linux', join('.config', 'Code - Insiders', globalStorage)],
    ['linux', join('.config', 'VSCodium', globalStorage)],
    ['linux', join('.local', 'share', 'code-server', globalStorage)],
    ['linux', join('.vscode-server', 'data', globalStorage)],
    ['darwin', join('Library', 'Application Support', 'Code', globalStorage)],
    ['win32', join('AppData', 'Roaming', 'Code', globalStorage)],
  ] as const)('is found on %s in %s', async (platform, folder) => {
    const homeDir = tempDir();
    const dataDir = join(homeDir, folder);
    mkdirSync(dataDir, { recursive: true });
    book(dataDir, [call()]);
    const { code, stdout } = await run(['calls', '--json'], { homeDir, platform });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(1);
  });

  it('is the one with the newest ledger where several editors have one', async () => {
    const homeDir = tempDir();
    const [old, recent] = ['Code', 'VSCodium'].map((editor) => join(homeDir, '.config', editor, globalStorage));
    if (old === undefined || recent === undefined) throw new Error('no folders');
    for (const [dataDir, session] of [
      [old, 'old'],
      [recent, 'recent'],
    ] as const) {
      mkdirSync(dataDir, { recursive: true });
      book(dataDir, [call({ session })]);
    }
    utimesSync(ledgerPathOf(old), 1000, 1000);
    const { stdout } = await run(['calls', '--json'], { homeDir });
    expect(JSON.parse(stdout)).toMatchObject([{ session: 'recent' }]);
  });

  it('is the one of OUTLAY_DATA_DIR unless --data-dir names another', async () => {
    const [named, asked, homeDir] = [tempDir(), tempDir(), tempDir()];
    mkdirSync(join(homeDir, '.config', 'Code', globalStorage), { recursive: true });
    book(named, [call({ session: 'named' })]);
    book(asked, [call({ session: 'asked' })]);
    const env = { OUTLAY_DATA_DIR: named };
    expect(JSON.parse((await run(['calls', '--json'], { homeDir, env })).stdout)).toMatchObject([{ session: 'named' }]);
    const both = await run(['calls', '--json', '--data-dir', asked], { homeDir, env });
    expect(JSON.parse(both.stdout)).toMatchObject([{ session: 'asked' }]);
  });

  it('that cannot be found is said in one sentence', async () => {
    const none = await run(['calls', '--json'], { homeDir: tempDir() });
    expect(none).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('No data of Outlay was found') });
    const missing = await run(['calls', '--data-dir', '/nonexistent/folder']);
    expect(missing).toMatchObject({ code: 1, stderr: 'There is no folder /nonexistent/folder.\n' });
  });
});

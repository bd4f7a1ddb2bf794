import { appendFileSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { call, callId, priced, usage } from '../ledger/callFixtures.ts';
import { tempDir } from '../ledger/tempDir.ts';
import { homeOf } from '../readers/goldenCalls.ts';
import { book, run } from './cliFixture.ts';

async function json(args: readonly string[]) {
  const { code, stdout, stderr } = await run([...args, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** One home with the logs of both agents. */
function homeOfBoth(): string {
  const home = tempDir();
  for (const agent of ['claude-code', 'codex']) cpSync(homeOf(agent), home, { recursive: true });
  return home;
}

describe('outlay import', () => {
  it('books every call once, lists what it could not read, and finds nothing new the second time', async () => {
    const [home, dataDir] = [homeOfBoth(), join(tempDir(), 'made')];
    const first = await json(['import', '--home', home, '--data-dir', dataDir]);
    expect(first).toMatchObject({
      files: 13,
      calls: 26,
      new: 26,
      forgotten: 0,
      agents: expect.arrayContaining(['claude-code', 'codex']),
      problemCount: 3,
    });
    expect(
      first.problems.map((problem: { line: number; code: string }) => [problem.line, problem.code]).toSorted(),
    ).toEqual([
      [18, 'malformed-json'],
      [19, 'malformed-json'],
      [21, 'bad-count'],
    ]);
    const again = await json(['import', '--home', home, '--data-dir', dataDir]);
    expect(again).toMatchObject({ files: 13, filesRead: 0, calls: 0, new: 0, merged: 0 });
    const rows: { calls: number; outputTokens: number }[] = await json([
      'report',
      '--by',
      'agent',
      '--data-dir',
      dataDir,
    ]);
    expect(rows.map(({ calls, outputTokens }) => [calls, outputTokens])).toEqual(
      expect.arrayContaining([
        [4, 1310],
        [5, 2763],
        [17, 4408],
      ]),
    );
    expect(existsSync(join(dataDir, 'meter.json'))).toBe(false);
  });

  it('reads one agent only where it is named, and knows no other name', async () => {
    const [home, dataDir] = [homeOfBoth(), tempDir()];
    expect(await json(['import', '--home', home, '--agent', 'codex', '--data-dir', dataDir])).toMatchObject({
      agents: ['codex'],
      new: 9,
      merged: expect.any(Number),
    });
    const { code, stderr } = await run(['import', '--agent', 'nobody', '--data-dir', dataDir]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('"nobody" is no agent whose logs are read')]);
  });

  it('says so of a home with no agent at all', async () => {
    const { code, stdout } = await run(['import', '--home', tempDir(), '--data-dir', tempDir()]);
    expect([code, stdout]).toEqual([0, '0 files: 0 calls, 0 new, 0 merged, 0 problems.\n']);
  });

  it('ignores override variables with --home, and follows them without', async () => {
    const [home, other] = [tempDir(), homeOfBoth()];
    const env = { CODEX_HOME: join(other, '.codex') };
    const named = await run(['import', '--home', home, '--data-dir', tempDir(), '--json'], { env });
    const own = await run(['import', '--data-dir', tempDir(), '--json'], { env, homeDir: home });
    expect([JSON.parse(named.stdout).new, JSON.parse(own.stdout).new]).toEqual([0, 9]);
  });

  it('does not bring back what was deleted', async () => {
    const [home, dataDir] = [homeOfBoth(), tempDir()];
    const first = await json(['import', '--home', home, '--data-dir', dataDir]);
    expect(await json(['delete', '--all', '--data-dir', dataDir])).toEqual({ deleted: first.new });
    appendFileSync(
      join(home, '.codex/archived_sessions/rollout-2026-10-02T09-00-00-0199a000-0000-7000-8000-000000000001.jsonl'),
      '\n',
    );
    expect(await json(['import', '--home', home, '--data-dir', dataDir])).toMatchObject({ new: 0 });
    expect(await json(['report', '--by', 'model', '--data-dir', dataDir])).toEqual([]);
  });

  it('merges with what the gateway carried, and reconciles the two call by call', async () => {
    const dataDir = tempDir();
    const wire = { usage: usage({ inputTokens: 100, outputTokens: 620 }), cost: priced(1, 2), session: 's-wire' };
    book(dataDir, [call({ ...wire, id: callId(1), requestId: 'req_grow', responseId: 'msg_grow' })]);
    expect(await json(['import', '--home', homeOf('claude-code'), '--data-dir', dataDir])).toMatchObject({ new: 16 });
    const result = await json(['reconcile', 's-wire', '--data-dir', dataDir]);
    expect(result).toMatchObject({ seenBothWays: 1, onlyWire: 0, onlyTranscript: 0, outputCorrection: 2 });
    expect(result.calls).toMatchObject([
      { wire: { outputTokens: 620 }, transcript: { outputTokens: 310 }, outputDifference: -310 },
    ]);
    const reader = openLedgerReader(ledgerPathOf(dataDir));
    const [session, ...others] = reader.sessionsBothWays(9);
    expect(others).toEqual([]);
    expect(session).toMatchObject({ agent: 'claude-code', callsBothWays: 1 });
    expect(reader.reconcile(session?.session ?? '').find(({ wire }) => wire !== null)?.told?.usage.outputTokens).toBe(
      310,
    );
    expect(reader.sessionsBothWays(0)).toEqual([]);
    reader.close();
    const { stdout } = await run(['reconcile', 's-wire', '--data-dir', dataDir]);
    expect(stdout).toContain('The log has 50 % of the output that passed');
  });

  it('puts what lower bounds of logs may come to beside and below the report, once three sessions were seen both ways', async () => {
    const [home, dataDir] = [tempDir(), tempDir()];
    mkdirSync(join(home, '.claude/projects/p'), { recursive: true });
    const ids = ['1', '2', '3', 'only-told'];
    for (const id of ids) {
      const counts = { input_tokens: 1_000_000, output_tokens: 100_000 };
      const message = {
        id: `msg_${id}`,
        role: 'assistant',
        model: 'claude-opus-4-6',
        stop_reason: null,
        usage: counts,
      };
      const about = { type: 'assistant', sessionId: `s-${id}`, timestamp: '2026-11-22T12:00:00.000Z', cwd: '/p' };
      writeFileSync(join(home, `.claude/projects/p/${id}.jsonl`), `${JSON.stringify({ ...about, message })}\n`);
    }
    const seen = ids.slice(0, 3).map((id, index) => {
      const wire = { usage: usage({ inputTokens: 1_000_000, outputTokens: 300_000 }), cost: priced(1, 2) };
      return call({ ...wire, id: callId(index), requestId: null, responseId: `msg_${id}`, provenance: 'reported' });
    });
    book(dataDir, seen.slice(0, 2));
    await json(['import', '--home', home, '--data-dir', dataDir]);
    const report = ['report', '--by', 'session', '--data-dir', dataDir];
    expect((await run(report)).stdout).not.toContain('estimate');
    book(dataDir, seen);
    const { stdout } = await run(report);
    // $5 of input and $2.50 of output, which is three times as much.
    expect(stdout).toContain(
      'Logs with lower bounds: at API prices about $12.50 (estimate from 3 sessions seen both ways).',
    );
    expect(stdout).toMatch(/^Session .* Cost {2,}Estimate\n/);
    expect(stdout).toMatch(/\ns-only-told .* ≥\$7\.50 {2,}≈\$12\.50\n/);
    expect(stdout).toMatch(/At API prices .* [≈≥]\$7\.50\n/);
    for (const by of ['model', 'agent', 'day', 'month', 'effort', 'task', 'branch', 'folder']) {
      const other = (await run(['report', '--by', by, '--data-dir', dataDir])).stdout;
      expect(other, by).toMatch(/ unknown .* ≥\$7\.50 {2,}≈\$12\.50\n/);
      expect(other, by).toContain('no sum and no budget has them');
    }
    expect(await json([...report])).toContainEqual(expect.objectContaining({ key: 's-only-told', costUsd: 7.5 }));
  });

  it('shows what only logs tell of at API prices, not as billed', async () => {
    const dataDir = tempDir();
    await json(['import', '--home', homeOf('claude-code'), '--data-dir', dataDir]);
    const { stdout } = await run(['report', '--by', 'agent', '--data-dir', dataDir], { width: 160 });
    expect(stdout).toContain('From logs');
    expect(stdout).toMatch(/At API prices\s+no bill/);
    expect(stdout).not.toContain('Billed');
  });
});

describe('outlay watch', () => {
  it('prints a line for each time that there was something new', async () => {
    const home = tempDir();
    mkdirSync(join(home, '.claude/projects/p'), { recursive: true });
    writeFileSync(join(home, '.claude/projects/p/s.jsonl'), '');
    const { runWatch } = await import('../../../src/cli/watchCommand.ts');
    const lines: string[] = [];
    const io = {
      stdout: (text: string) => lines.push(text),
      stdoutBytes: () => undefined,
      stderr: () => undefined,
      width: 80,
      env: {},
      platform: 'linux',
      homeDir: home,
      launcherDir: '',
      meterHint: () => '',
      programDir: '',
      onInterrupt: () => () => undefined,
      run: async () => 0,
    } as const;
    await runWatch({ dataDir: tempDir(), home, agent: null, json: true }, io, { rounds: 1 });
    expect(lines.map((line) => JSON.parse(line).files)).toEqual([1]);
  });
});

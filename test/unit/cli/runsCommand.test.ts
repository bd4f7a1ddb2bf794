import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { acquireOwnerLock } from '../../../src/ledger/ownerLock.ts';
import { isStagedName, readStagedRuns } from '../../../src/ledger/stagedRuns.ts';
import { runHandlers } from '../../../src/meter/control/runHandlers.ts';
import type { TrialPlan, TrialRecord } from '../../../src/protocol/trials.ts';
import { resultLines } from '../../../src/trials/resultRows.ts';
import { runOrder } from '../../../src/trials/runOrder.ts';
import { TrialStore } from '../../../src/trials/trialStore.ts';
import { call, callId, priced, usage } from '../ledger/callFixtures.ts';
import { tempDir } from '../ledger/tempDir.ts';
import { run } from './cliFixture.ts';

const study = resolve(import.meta.dirname, '../../fixtures/price-reversal-v1-cost-table.csv');
const board = 'task,model,passed,cost_usd,input_usd_per_mtok,output_usd_per_mtok\na,x,1,0.5,1,2\na,y,0,0.25,3,4\n';

function runs() {
  const dataDir = tempDir();
  const cli = (...args: readonly string[]) => run([...args, '--data-dir', dataDir]);
  const json = async (...args: readonly string[]) => JSON.parse((await cli(...args, '--json')).stdout);
  const fileOf = (text: string, name = 'board.csv') => {
    const path = join(tempDir(), name);
    writeFileSync(path, text);
    return path;
  };
  return { dataDir, cli, json, fileOf };
}

const staged = (dataDir: string) => readdirSync(dataDir).filter((name) => name.startsWith('staged-'));

describe('outlay runs import', () => {
  it('says of books that were damaged that they were set aside', async () => {
    const { dataDir, cli, fileOf } = runs();
    writeFileSync(ledgerPathOf(dataDir), Buffer.alloc(9000, 0x41));
    const { code, stderr } = await cli('runs', 'import', fileOf(board));
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^The ledger was damaged\. It was set aside as .*ledger\.damaged-.*, and a new one was begun\.\n$/,
    );
  });

  it('keeps the runs of a file under its name, and compares them', async () => {
    const { dataDir, cli, json, fileOf } = runs();
    expect(await json('runs', 'import', fileOf(board))).toEqual({
      ...{ import: 'board.csv', rows: 2, taken: 2, alreadyThere: 0, notTakenRows: 0, notTaken: [], ignoredColumns: [] },
      columns: ['task', 'model', 'passed', 'cost_usd', 'input_usd_per_mtok', 'output_usd_per_mtok'],
    });
    expect(await json('runs', 'list')).toMatchObject([{ import: 'board.csv', file: 'board.csv', runs: 2 }]);
    const { pairs, costOfPass } = await json('compare');
    expect(pairs).toMatchObject([{ a: 'x', b: 'y', costRatio: 2, state: 'possibly' }]);
    expect(costOfPass).toMatchObject([
      { model: 'x', usd: 0.5 },
      { model: 'y', usd: null, atLeastUsd: 0.25 },
    ]);
    expect((await cli('compare')).stderr).toBe('');
    expect(staged(dataDir)).toEqual([]);
  });

  it('adds nothing the second time, and only what is new of a file that has grown', async () => {
    const { json, cli, fileOf } = runs();
    await json('runs', 'import', fileOf(board));
    expect(await json('runs', 'import', fileOf(board))).toMatchObject({ taken: 0, alreadyThere: 2 });
    expect(await json('runs', 'import', fileOf(`${board}b,x,1,0.5,1,2\n`))).toMatchObject({
      taken: 1,
      alreadyThere: 2,
    });
    expect((await cli('runs', 'import', fileOf(board))).stdout).toContain('2 of them were there already.');
    expect((await json('compare')).models).toMatchObject([{ runs: 2 }, { runs: 1 }]);
  });

  it('lists what it did not take and why', async () => {
    const { cli, json, fileOf } = runs();
    const path = fileOf(`${board}b,x,1,-1,1,2\nc,x\n`);
    const { code, stdout } = await cli('runs', 'import', path);
    expect([code, stdout]).toEqual([
      0,
      '2 runs imported, 2 not taken:\n  line 4 cost_usd is "-1", which is below 0.\n  line 5 has 2 values where the first line has 6.\nThey are kept apart as the import "board.csv".\n',
    ]);
    expect((await json('runs', 'import', path)).notTaken).toEqual([
      { line: 4, reason: 'cost_usd is "-1", which is below 0' },
      { line: 5, reason: 'has 2 values where the first line has 6' },
    ]);
  });

  it.each([
    ['a file without the columns', 'a,b\n1,2\n', 'There is no column task'],
    ['a file without a run that can be taken', 'task,model,cost_usd\na,x,-1\n', 'Nothing was imported from'],
    ['a file that is no text', 'task,model\na,\0\n', 'The file is no text'],
  ])('imports nothing of %s', async (_, text, sentence) => {
    const { cli, json, fileOf } = runs();
    const { code, stdout, stderr } = await cli('runs', 'import', fileOf(text));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(sentence);
    expect(await json('runs', 'list')).toEqual([]);
  });

  it('imports the table of the study, which comes out as published', async () => {
    const { json } = runs();
    expect(await json('runs', 'import', study, '--name', 'study')).toMatchObject({ import: 'study', taken: 72 });
    const { reversals } = await json('compare', '--by-task', '--origin', 'study');
    expect(reversals).toMatchObject({ count: 55, pairs: 252, withoutThinking: { count: 16 } });
  });

  it('goes through the meter where one runs', async () => {
    const { dataDir, json, fileOf } = runs();
    const lock = acquireOwnerLock(dataDir);
    if (lock.state !== 'held') throw new Error('The lock is taken.');
    const ledger = openLedger({ path: ledgerPathOf(dataDir), clock: systemClock, log: () => undefined });
    onTestFinished(() => {
      ledger.close();
      lock.release();
    });
    const modes: number[] = [];
    const handlers = runHandlers({
      importStaged: async (name) => {
        modes.push(statSync(join(dataDir, name)).mode & 0o777);
        return ledger.writer.importRuns(readStagedRuns(dataDir, name));
      },
      removeImport: async (name) => ledger.writer.removeImport(name),
    });
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const handler = request.url === '/control/importRuns' ? handlers.importRuns : handlers.removeImport;
        void handler(JSON.parse(body)).then((result) => response.end(JSON.stringify(result)));
      });
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as AddressInfo;
    const meter = { port, token: 'gateway', controlToken: 'control', pid: 1, version: '1' };
    writeFileSync(join(dataDir, 'meter.json'), JSON.stringify(meter));
    expect(await json('runs', 'import', fileOf(board))).toMatchObject({ taken: 2 });
    expect(modes).toEqual([0o600]);
    expect(staged(dataDir)).toEqual([]);
    expect((await json('compare')).models).toHaveLength(2);
    expect(await json('runs', 'remove', 'board.csv')).toEqual({ removed: 2 });
    expect(await json('runs', 'list')).toEqual([]);
  });

  it('changes nothing where somebody else has the books and does not answer', async () => {
    const { dataDir, cli, fileOf } = runs();
    const lock = acquireOwnerLock(dataDir);
    onTestFinished(() => {
      if (lock.state === 'held') lock.release();
    });
    const { code, stderr } = await cli('runs', 'import', fileOf(board));
    expect([code, stderr]).toEqual([1, expect.stringContaining('does not answer')]);
    expect(staged(dataDir)).toEqual([]);
  });

  it('takes no path for a name of staged runs', async () => {
    expect(isStagedName('../staged-runs-00000000000000000000000000000000.json')).toBe(false);
    expect(() => readStagedRuns(tempDir(), '../x')).toThrow('no name of staged runs');
    const handlers = runHandlers({
      importStaged: () => Promise.reject(new Error('asked')),
      removeImport: async () => 0,
    });
    await expect(handlers.importRuns({ staged: '/etc/passwd' })).rejects.toThrow('must be a name of staged runs');
    await expect(handlers.removeImport({})).rejects.toThrow('"name" must be a text.');
  });
});

describe('outlay runs', () => {
  it('removes an import and says where there is none', async () => {
    const { cli, fileOf } = runs();
    await cli('runs', 'import', fileOf(board), '--name', 'mine');
    expect(await cli('runs', 'remove', 'mine')).toMatchObject({ code: 0, stdout: '2 runs removed.\n' });
    expect(await cli('runs', 'remove', 'mine')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no import "mine"'),
    });
    expect((await cli('runs', 'list')).stdout).toBe('No imports yet; "outlay runs import FILE" makes one.\n');
    expect((await cli('compare')).stdout).toBe('No runs to compare yet.\n');
  });

  it('exports what can be imported again', async () => {
    const { cli, fileOf } = runs();
    await cli('runs', 'import', fileOf(board));
    const { stdout } = await cli('runs', 'export');
    expect(stdout.split('\n')[0]).toBe(
      'task,model,effort,run,passed,censored,cost_usd,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,thinking_tokens,calls,seconds,started_at,input_usd_per_mtok,output_usd_per_mtok',
    );
    const other = runs();
    await other.cli('runs', 'import', other.fileOf(stdout));
    expect((await other.cli('runs', 'export')).stdout.split('\n').toSorted()).toEqual(stdout.split('\n').toSorted());
  });

  it.each([
    [['runs'], 'Say what to do with runs'],
    [['runs', 'import'], 'import needs one file'],
    [['runs', 'import', 'a', 'b'], 'import needs one file'],
    [['runs', 'import', study, '--name', 'all'], '--name: an import needs a name'],
    [['runs', 'list', 'x'], 'list takes options only.'],
    [['runs', 'export', 'x'], 'export takes options only'],
    [['runs', 'remove'], 'remove needs the name of one import'],
    [['runs', 'list', '--origin', 'x'], 'runs list has no option --origin.'],
    [['compare', '--origin', 'nobody'], 'There are no runs of "nobody"; say trials, tasks, all.'],
  ])('refuses %j', async (args, sentence) => {
    const { code, stdout, stderr } = await runs().cli(...args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
  });
});

/** A trial of one task: passed, stopped by its budget, and not started. */
function trialRecord(): TrialRecord {
  const [passed, stopped, never] = runOrder({ contenders: [1], tasks: [1], runs: 3, seed: 1 } as unknown as TrialPlan);
  const figures = { costNanoUsd: 3e9, inputTokens: 5, calls: 2, thinkingTokens: null };
  return {
    version: 1,
    id: 'trial-abcdefghij',
    createdAtMs: 1,
    plan: { tasks: [{ name: 't' }], contenders: [{ agent: 'codex', model: 'claude-opus-4-6', effort: 'high' }] },
    runs: [
      { ...passed, outcome: 'passed', agentMs: 1500, startedAtMs: 7, figures },
      { ...stopped, outcome: 'over-budget', figures },
      { ...never, outcome: 'not-started' },
    ],
  } as unknown as TrialRecord;
}

describe('outlay compare on the books', () => {
  async function booked() {
    const fixture = runs();
    const { dataDir, cli, json, fileOf } = fixture;
    const { id } = await json('task', 'new', 'Fix login');
    const ledger = openLedger({ path: ledgerPathOf(dataDir), clock: systemClock, log: () => undefined });
    const used = usage({ inputTokens: 10, outputTokens: 5, thinkingTokens: 1 });
    ledger.writer.finish(
      call({ id: callId(1), taskId: id, effort: null, usage: used, cost: priced(1_000_000_000, 500_000_000) }),
    );
    ledger.close();
    await cli('task', 'close', id, '--outcome', 'passed');
    await new TrialStore(dataDir).save(trialRecord());
    await cli('runs', 'import', fileOf(board));
    return fixture;
  }

  it('reads the results that a trial wrote as it reads the trial: what its budget ended is censored', async () => {
    const { cli, json, fileOf } = runs();
    const rows = resultLines(trialRecord());
    expect(rows.split('\n').map((line) => line && JSON.parse(line))).toEqual([
      expect.objectContaining({ passed: 1 }),
      expect.objectContaining({ passed: 0, censored: 1, cost_usd: 3 }),
      '',
    ]);
    await cli('runs', 'import', fileOf(rows), '--name', 'results');
    const [model] = (await json('compare', '--origin', 'results')).models;
    expect(model).toMatchObject({ runs: 2, passes: 1, judgedRuns: 1, censoredRuns: 1 });
  });

  it('keeps trials, own tasks and imports apart unless it is asked to pool them', async () => {
    const { cli, json } = await booked();
    const models = async (...args: readonly string[]) =>
      (await json('compare', ...args)).models.map((model: { model: string }) => model.model);
    expect(await models()).toEqual(['claude-opus-4-6']);
    expect(await models('--origin', 'tasks')).toEqual(['claude-opus-4-6']);
    expect(await models('--origin', 'board.csv')).toEqual(['x', 'y']);
    expect(await models('--origin', 'all')).toEqual(['x', 'y', 'claude-opus-4-6', 'claude-opus-4-6']);
    const { stderr } = await cli('compare');
    expect(stderr).toBe(
      'Compared are runs of "trials"; kept apart are "tasks" (1), "board.csv" (2). --origin chooses, --origin all pools them.\n',
    );
    expect((await json('compare')).leftOut.otherOrigins).toBe(3);
  });

  it('takes runs of trials as the trial wrote them down, at the prices that the calls had', async () => {
    const { json } = await booked();
    const { models, costOfPass, leftOut } = await json('compare', '--origin', 'trials');
    expect(models).toMatchObject([
      {
        ...{ model: 'claude-opus-4-6', effort: 'high', agent: 'codex', runs: 2, tasks: 1, passes: 1, censoredRuns: 1 },
        ...{ costUsd: 3, seconds: 1.5, calls: 4, thinkingTokens: null, inputUsdPerMtok: 5 },
      },
    ]);
    expect(costOfPass).toMatchObject([{ usd: 6, passes: 1, runs: 2 }]);
    expect(leftOut.censored).toBe(1);
  });

  it('makes a run of a finished task, with its agent and its list price', async () => {
    const { json } = await booked();
    const { models, costOfPass } = await json('compare', '--origin', 'tasks');
    expect(models).toMatchObject([
      { model: 'claude-opus-4-6', agent: 'claude-code', runs: 1, passes: 1, costUsd: 1.5, inputUsdPerMtok: 5 },
    ]);
    expect(costOfPass).toMatchObject([{ usd: 1.5, passes: 1, runs: 1 }]);
  });
});

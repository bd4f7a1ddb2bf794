import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../ledger/tempDir.ts';
import { run } from './cliFixture.ts';

const study = resolve(import.meta.dirname, '../../fixtures/price-reversal-v1-cost-table.csv');

interface Counts {
  readonly count: number;
  readonly pairs: number;
  readonly rate: number;
  readonly tauB: number;
  readonly tauBMeanOverTasks: number;
  readonly maxMagnitude: unknown;
}

interface Printed {
  readonly models: readonly { readonly model: string }[];
  readonly pairs: readonly Readonly<Record<string, unknown>>[];
  readonly reversals: Counts & { readonly withoutThinking: Counts & { readonly change: number } };
  readonly frontier: Readonly<Record<string, unknown>>;
  readonly costOfPass: readonly unknown[];
  readonly budgetCurve: readonly unknown[];
}

async function compare(...args: readonly string[]): Promise<Printed> {
  const { code, stdout } = await run(['compare', ...args, '--json']);
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

function fileOf(text: string): string {
  const path = join(tempDir(), 'runs.csv');
  writeFileSync(path, text);
  return path;
}

describe('outlay compare on the table of the study', () => {
  it('counts what the study counts, pairs x tasks', async () => {
    const { reversals } = await compare('--runs', study, '--by-task');
    expect([reversals.count, reversals.pairs]).toEqual([55, 252]);
    expect(reversals.rate).toBeCloseTo(0.218, 3);
    expect(reversals.tauBMeanOverTasks).toBeCloseTo(0.563, 3);
    expect(reversals.maxMagnitude).toEqual({
      ratio: expect.closeTo(27.997, 3),
      cheaperListed: 'Gemini 3 Flash',
      dearerListed: 'Claude Haiku 4.5',
      task: 'mmlupro',
    });
    const { withoutThinking } = reversals;
    expect([withoutThinking.count, withoutThinking.pairs]).toEqual([16, 252]);
    expect(withoutThinking.tauBMeanOverTasks).toBeCloseTo(0.873, 3);
    expect(withoutThinking.change).toBeCloseTo(-0.709, 3);
  });

  it('finds as many on each task', async () => {
    const { pairs } = await compare('--runs', study, '--by-task');
    const reversed = pairs.filter(({ state }) => state === 'reversed' || state === 'possibly');
    const onTask = (task: string) => reversed.filter((pair) => pair['task'] === task).length;
    const tasks = [
      'aime',
      'arc-agi-v1',
      'arenahard',
      'gpqa',
      'hle',
      'livecodebench',
      'livemathbench',
      'mmlupro',
      'simpleqa',
    ];
    expect(tasks.map(onTask)).toEqual([5, 5, 3, 6, 6, 8, 6, 9, 7]);
  });

  it('finds Gemini 3 Flash 77.8 % below GPT-5.2 in price and 22.1 % above in cost', async () => {
    const { pairs, reversals } = await compare('--runs', study);
    const pair = pairs.find(({ a, b }) => a === 'Gemini 3 Flash' && b === 'GPT-5.2');
    expect(pair).toMatchObject({ commonTasks: 9, state: 'possibly' });
    expect(1 - Number(pair?.['listRatio'])).toBeCloseTo(0.778, 3);
    expect(Number(pair?.['costRatio']) - 1).toBeCloseTo(0.221, 3);
    expect([reversals.count, reversals.pairs, reversals.tauB]).toEqual([7, 28, 0.5]);
  });

  it('answers the questions that critics ask', async () => {
    const without = (await compare('--runs', study, '--by-task', '--without', 'Claude Haiku 4.5')).reversals;
    expect([without.count, without.pairs]).toEqual([30, 189]);
    expect(without.tauBMeanOverTasks).toBeCloseTo(0.683, 3);
    expect(without.maxMagnitude).toMatchObject({ ratio: expect.closeTo(8.9, 1), task: 'simpleqa' });
    const outputOnly = (await compare('--runs', study, '--by-task', '--price-weights', '0,1')).reversals;
    expect([outputOnly.count, outputOnly.pairs]).toEqual([48, 243]);
    for (const weights of ['1,0', '3,1']) {
      const { count, pairs } = (await compare('--runs', study, '--by-task', '--price-weights', weights)).reversals;
      expect([weights, count, pairs]).toEqual([weights, 55, 252]);
    }
  });
});

describe('outlay compare', () => {
  const table = [
    'task,model,passed,cost_usd,input_usd_per_mtok,output_usd_per_mtok',
    ...['a', 'b'].flatMap((task) => [
      `${task},low,${task === 'a' ? 1 : 0},0.1,1,2`,
      `${task},high,1,0.4,5,9`,
      `${task},bad,0,0.5,2,2`,
    ]),
  ].join('\n');

  it('prints the promised shapes, names verbatim', async () => {
    const printed = await compare('--runs', fileOf(table));
    expect(Object.keys(printed)).toEqual(
      expect.arrayContaining(['models', 'pairs', 'reversals', 'frontier', 'costOfPass', 'budgetCurve']),
    );
    expect(printed.models.map(({ model }) => model)).toEqual(['low', 'bad', 'high']);
    expect(printed.pairs).toHaveLength(3);
    expect(Object.keys(printed.pairs[0] ?? {})).toEqual(
      expect.arrayContaining(['a', 'b', 'commonTasks', 'listRatio', 'costRatio', 'interval', 'state']),
    );
    expect(printed.frontier['staircase']).toEqual([
      { model: 'low', costUsd: 0.1, passRate: 0.5 },
      { model: 'high', costUsd: 0.4, passRate: 1 },
    ]);
    expect(printed.frontier['hull']).toEqual(printed.frontier['staircase']);
    expect(printed.frontier['probabilityOnFrontier']).toContainEqual({ model: 'bad', probability: 0 });
    expect(printed.costOfPass).toEqual([
      {
        model: 'low',
        usd: 0.2,
        atLeastUsd: null,
        interval: [expect.any(Number), expect.any(Number)],
        passes: 1,
        runs: 2,
      },
      { model: 'bad', usd: null, atLeastUsd: 1, interval: [expect.any(Number), null], passes: 0, runs: 2 },
      { model: 'high', usd: 0.4, atLeastUsd: null, interval: [0.4, expect.any(Number)], passes: 2, runs: 2 },
    ]);
    expect(printed.reversals.maxMagnitude).toEqual({
      ratio: expect.closeTo(1.25, 12),
      cheaperListed: 'bad',
      dearerListed: 'high',
    });
    expect(printed.budgetCurve).toHaveLength(3);
  });

  it('prints the same for the same seed and other odds for another', async () => {
    const noisy = [
      'task,model,passed,cost_usd',
      ...Array.from(
        { length: 12 },
        (_, n) => `t${n},a,${n % 2},${1 + (n % 3)}\nt${n},b,${n % 3 ? 1 : 0},${1 + (n % 4)}`,
      ),
    ];
    const path = fileOf(noisy.join('\n'));
    const once = await compare('--runs', path, '--resamples', '500');
    expect(await compare('--runs', path, '--resamples', '500')).toEqual(once);
    expect(
      (await compare('--runs', path, '--resamples', '500', '--seed', '2')).frontier['probabilityOnFrontier'],
    ).not.toEqual(once.frontier['probabilityOnFrontier']);
  });

  it('says on stderr what it did not take, and compares the rest', async () => {
    const { code, stderr, stdout } = await run(['compare', '--runs', fileOf(`${table}\nc,low,1,-5,1,2\n`), '--json']);
    expect(code).toBe(0);
    expect(stderr).toBe('6 runs compared, 1 not taken:\n  line 8 cost_usd is "-5", which is below 0.\n');
    expect((JSON.parse(stdout) as Printed).pairs).toHaveLength(3);
  });

  it('lets no control character of a file through to a terminal, in a table, a sentence or a refusal', async () => {
    const columns = 'task,model,cost_usd,passed,input_usd_per_mtok,output_usd_per_mtok';
    const path = fileOf(
      `${columns}\nt\u001b[2J,m\u001b[31m,3,1,1,2\nt\u001b[2J,"n\u0007\nx",2,1,2,3\nu,o,\u001b[1m,1,2,3\n`,
    );
    const compared = await run(['compare', '--runs', path, '--by-task']);
    expect(compared.code).toBe(0);
    expect(compared.stdout).toContain('m?[31m against n??x on t?[2J');
    const misspelt = await run(['compare', '--runs', path, '--without', 'nobody']);
    expect(misspelt.code).toBe(2);
    const refused = await run(['compare', '--runs', fileOf('ta\u001b[31msk,model\n')]);
    expect(refused.code).toBe(1);
    for (const { stdout, stderr } of [compared, misspelt, refused]) {
      expect(`${stdout}${stderr}`).not.toMatch(/[^\P{C}\n]/u);
    }
  });

  it('prints sentences and tables for people', async () => {
    const { code, stdout } = await run(['compare', '--runs', study]);
    expect(code).toBe(0);
    expect(stdout).toContain('In 7 of 28 comparisons (25%) the model that lists less cost more');
    expect(stdout).toMatch(/Gemini 3 Flash +Claude Haiku 4.5 .* reversed/);
    expect(
      Math.max(
        ...stdout
          .split('\n')
          .slice(1)
          .filter((line) => /^\S+.* {2,}/.test(line))
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(100);
  });

  it.each([
    [['--runs', study, '--data-dir', '/'], 'Say either --runs FILE or --data-dir DIR'],
    [['--runs', study, '--price-weights', '1'], '--price-weights takes two numbers'],
    [['--runs', study, '--price-weights', '0,0'], '--price-weights takes two numbers'],
    [['--runs', study, '--price-weights=-1,2'], '--price-weights takes two numbers'],
    [['--runs', study, '--resamples', 'many'], '--resamples takes a whole number up to 1,000,000.'],
    [['--runs', study, '--seed', '1.5'], '--seed takes a whole number'],
    [['--runs', study, '--without', 'GPT'], '--without: there is no model "GPT"; there are Claude Haiku 4.5'],
    [['--runs', study, '--by', 'task'], 'compare has no option --by.'],
  ])('refuses %j', async (args, sentence) => {
    const { code, stdout, stderr } = await run(['compare', ...args]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(sentence);
  });

  it('fails on a file that cannot be read or has nothing to compare', async () => {
    expect(await run(['compare', '--runs', '/nonexistent.csv'])).toMatchObject({
      code: 1,
      stderr: 'The file /nonexistent.csv cannot be read (ENOENT).\n',
    });
    expect((await run(['compare', '--runs', fileOf('task,model\n')])).code).toBe(1);
    expect((await run(['compare', '--runs', fileOf('a,b\n1,2\n')])).stderr).toContain('There is no column task');
  });

  it('leaves the table of the study as it is published', () => {
    expect(readFileSync(study, 'utf8').trim().split('\n')).toHaveLength(73);
  });
});

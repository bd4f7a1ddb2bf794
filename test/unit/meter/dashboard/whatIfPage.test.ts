import { describe, expect, it } from 'vitest';
import type { Run } from '../../../../src/domain/run.ts';
import type { ReportRow, TaskHead, TaskUsageRow } from '../../../../src/ledger/contract.ts';
import { type ListedModel, listedFinder, listedModels } from '../../../../src/meter/dashboard/bookPrices.ts';
import { currentModels } from '../../../../src/meter/dashboard/currentModels.ts';
import { whatIfPage } from '../../../../src/meter/dashboard/whatIfPage.ts';
import { createPricer } from '../../../../src/pricing/createPricer.ts';
import { type BookModel, loadPriceBook, type PriceBook } from '../../../../src/pricing/priceBook.ts';
import { makeRun, price } from '../../analysis/runFixture.ts';

const entry = (name: string, changes: Partial<ListedModel> = {}): ListedModel => ({
  ...{ name, ids: [name], seller: 'maker', isCurrent: false, price: price(1, 2) },
  ...changes,
});
const listed = [
  entry('big', { price: price(5, 25) }),
  entry('aux'),
  entry('newest', { isCurrent: true, price: price(4, 20) }),
  entry('elsewhere', { isCurrent: true, seller: 'other' }),
  entry('old', { price: price(9, 9) }),
];

const row = (model: string, changes: Partial<ReportRow> = {}): ReportRow => ({
  ...{ key: model, auth: 'key', calls: 1, inputTokens: 1e6, cacheReadTokens: 0, cacheWrite5mTokens: 0 },
  ...{
    cacheWrite1hTokens: 0,
    outputTokens: 1e6,
    thinkingTokens: 1e6,
    unknownThinkingCalls: 0,
    thinkingAtLeastTokens: 0,
  },
  ...{ webSearches: 0, costNanoUsd: 30e9, inputNanoUsd: 0, cacheNanoUsd: 0, thinkingNanoUsd: 0, outputNanoUsd: 0 },
  ...{ unpricedCalls: 0, estimatedCalls: 0, partialCalls: 0, toldCalls: 0, lastCallAtMs: 1, agent: 'a', model },
  ...changes,
});
const used = (model: string, changes: Partial<TaskUsageRow> = {}): TaskUsageRow => ({
  ...{ model, auth: 'key', isSubAgent: false, calls: 1, costNanoUsd: 1e9, inputTokens: 1e6, cacheReadTokens: 0 },
  ...{ cacheWriteTokens: 0, outputTokens: 1e6, thinkingTokens: 1e6 },
  ...changes,
});
const head = (id: string, changes: Partial<TaskHead> = {}): TaskHead => ({
  ...{ id, title: `Title ${id}`, state: 'passed', isActive: false },
  ...changes,
});

interface Given {
  readonly heads?: readonly TaskHead[];
  readonly usage?: Readonly<Record<string, readonly TaskUsageRow[]>>;
  readonly month?: readonly ReportRow[];
  readonly runs?: readonly Run[];
  readonly subject?: string | null;
  readonly findTask?: string;
}

function pageOf({ heads = [], usage = {}, month = [], runs = [], subject = null, findTask = '' }: Given) {
  const reader = {
    taskHeads: (find: string) => heads.filter(({ title }) => title.includes(find)),
    taskUsage: (id: string) => usage[id] ?? [],
  };
  return whatIfPage({ reader, month, runs, listed }, { subject, findTask });
}

describe('the page of what if', () => {
  const heads = [head('a', { state: 'open', isActive: true }), head('o', { state: 'open' }), head('f')];
  const usage = { a: [used('big'), used('aux', { costNanoUsd: 2e8 })], o: [used('aux')], f: [used('big')] };

  it('begins with the active task and says that it is not finished', () => {
    const page = pageOf({ heads, usage, month: [row('big')] });
    expect(page).toMatchObject({ subject: 'task:a', isSoFar: true, costNanoUsd: 1.2e9 });
    expect(page.sentence).toBe('“Title a” with big and 1 other model is not finished: so far it came to $1.20.');
    expect(page.notes[0]).toContain('so far');
    expect(page.results.every(({ sentence }) => sentence.includes('so far'))).toBe(true);
  });

  it('offers the active task, open ones, the month and finished ones', () => {
    const { subjects } = pageOf({
      heads,
      usage,
      month: [row('big'), row('aux'), row('big', { auth: 'subscription' })],
    });
    expect(subjects.map(({ group, title }) => `${group}: ${title}`)).toEqual([
      'Active task: Title a (active, so far)',
      'Open tasks: Title o (open, so far)',
      'This month: This month, all models',
      'This month: This month with big',
      'This month: This month with aux',
      'This month: This month with big (subscription, at API prices)',
      'Finished tasks: Title f (passed)',
    ]);
  });

  it('reprices any of them, each model’s part of a task in its own tokens', () => {
    const open = pageOf({ heads, usage, subject: 'task:o' });
    expect(open).toMatchObject({ subject: 'task:o', isSoFar: true });
    const done = pageOf({ heads, usage, subject: 'task:f' });
    expect(done).toMatchObject({ isSoFar: false, sentence: '“Title f” with big came to $1.00.' });
    expect(done.notes.join(' ')).not.toContain('so far');
    const month = pageOf({ month: [row('big'), row('aux', { costNanoUsd: 1e9 })], subject: 'month:key' });
    expect(month).toMatchObject({ costNanoUsd: 31e9, sentence: 'What all models did this month came to $31.00.' });
    expect(month.results.find(({ model }) => model === 'old')?.sameTokensNanoUsd).toBe(36e9);
  });

  it('finds an old task by its title, and says nothing of a price that is not known', () => {
    const usageOfOld = { ...usage, f: [used('big', { costNanoUsd: null })] };
    const page = pageOf({ heads, usage: usageOfOld, month: [row('big')], findTask: 'Title f' });
    expect(page).toMatchObject({ subject: 'task:f', costNanoUsd: null });
    expect(page.sentence).toBe('“Title f” with big has no price.');
  });

  it('lists those in use, then current ones of the same sellers, then all others', () => {
    const { results, notes } = pageOf({ heads, usage, month: [row('big')] });
    expect(results.map(({ model, standing }) => [model, standing])).toEqual([
      ['big', 'in use'],
      ['aux', 'in use'],
      ['newest', 'current'],
      ['old', 'other'],
      ['elsewhere', 'other'],
    ]);
    expect(notes.at(-1)).toMatch(/^Listed first: 2 in use here and 1 that one would code with .*any of the 5 models/);
    const unknown = pageOf({ month: [row('house-model')] });
    expect(unknown.results.filter(({ standing }) => standing === 'current')).toHaveLength(2);
  });

  it('measures a task by its main model, and a model’s own month by itself', () => {
    const run = (model: string, thinkingTokens: number): Run =>
      makeRun({ model, task: 't', inputTokens: 100, outputTokens: thinkingTokens, thinkingTokens });
    const runs = [run('big', 10), run('newest', 30)];
    const result = (page: ReturnType<typeof pageOf>, model: string) => page.results.find((one) => one.model === model);
    const task = pageOf({ heads, usage, runs, subject: 'task:f' });
    // Thinking three times as much at $20: $4 for the prompt and $60.
    expect(result(task, 'newest')).toMatchObject({ sameTokensNanoUsd: 24e9, measuredNanoUsd: 64e9, measuredTasks: 1 });
    expect(result(task, 'big')?.measuredNanoUsd).toBeNull();
    const month = pageOf({ month: [row('big'), row('newest')], runs, subject: 'month:key' });
    expect(result(month, 'newest')).toMatchObject({ measuredNanoUsd: 88e9, measuredTasks: 1 });
    expect(result(month, 'old')?.measuredNanoUsd).toBeNull();
  });

  it('has nothing to say without usage, and passes over a subject that is gone', () => {
    expect(pageOf({})).toMatchObject({ subject: null, results: [], sentence: 'There is no usage to reprice yet.' });
    expect(pageOf({ month: [row('big')], subject: 'task:gone' }).subject).toBe('month:key:big');
    expect(pageOf({ heads: [head('f')], usage, month: [] }).subject).toBe('task:f');
  });
});

const sold = (...ids: string[]): BookModel => ({ ids, rows: [{ input: 1, output: 2, cacheRead: 0.1 }] });
const book: PriceBook = {
  version: 'test 1',
  sources: {},
  sections: {
    maker: {
      ...{ firstParty: true, fallback: [] },
      models: [
        ...['claude-opus-3', 'claude-opus-4-8', 'claude-opus-5', 'claude-opus-5-5', 'claude-haiku-4-5'].map((id) =>
          sold(id),
        ),
        ...['claude-sonnet-5-24b', 'claude-old-2', 'gemini-9'].map((id) => sold(id)),
      ],
    },
    quiet: {
      ...{ firstParty: true, fallback: [] },
      models: [
        sold('mistral-large-3'),
        sold('mistral-large-4'),
        sold('mistral-small-3'),
        { ids: ['mistral-embed'], rows: [{ input: 1 }] },
      ],
    },
    'github-copilot': {
      ...{ firstParty: false, fallback: [] },
      models: ['claude-opus-4-8', 'claude-opus-5-5', 'claude-haiku-4-5', 'claude-old-2', 'gemini-9'].map((id) =>
        sold(id),
      ),
    },
    reseller: { firstParty: false, fallback: [], models: [sold('vendor/qwen-9'), sold('global.claude-opus-5')] },
  },
};

describe('models of the price book', () => {
  it('are current by line and version, as coding tools sell them', () => {
    const current = currentModels(book);
    expect([...(current.get('maker') ?? [])]).toEqual(['claude-opus-5-5', 'claude-haiku-4-5']);
    expect([...(current.get('quiet') ?? [])]).toEqual(['mistral-large-4']);
    expect(current.has('reseller')).toBe(false);
  });

  it('are listed once, at the maker’s price, or by whom they are sold', () => {
    const names = listedModels(book, createPricer({ book }), 0).map(({ name }) => name);
    expect(names).toContain('claude-opus-3');
    expect(names).not.toContain('mistral-embed');
    expect(names.filter((name) => name.includes(' via '))).toEqual(['vendor/qwen-9 via reseller']);
    expect(new Set(names).size).toBe(names.length);
  });

  it('are found by the names that calls carry', () => {
    const find = listedFinder([entry('claude-opus-4-8'), entry('kimi-k3')]);
    expect(find('anthropic/claude-opus-4.8')?.name).toBe('claude-opus-4-8');
    expect(find('claude-opus-4-8-20260101')?.name).toBe('claude-opus-4-8');
    expect(find('claude-opus-9')).toBeNull();
  });

  it('of the bundled book have a current one of each large maker', async () => {
    const bundled = await loadPriceBook();
    const all = listedModels(bundled, createPricer({ book: bundled }), Date.UTC(2026, 10, 23));
    const sellers = new Set(all.filter(({ isCurrent }) => isCurrent).map(({ seller }) => seller));
    for (const maker of ['anthropic', 'openai', 'google']) expect(sellers).toContain(maker);
    expect(all.length).toBeGreaterThan(500);
    expect(all.filter(({ isCurrent }) => isCurrent).length).toBeLessThan(60);
  });
});

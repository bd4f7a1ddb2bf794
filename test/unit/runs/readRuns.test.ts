import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/domain/run.ts';
import { type ReadRuns, readRuns } from '../../../src/runs/readRuns.ts';
import { writeRuns } from '../../../src/runs/writeRuns.ts';
import { makeRun, price } from '../analysis/runFixture.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const read = (text: string) => readRuns(bytesOf(text), 'import:test');

function taken(result: ReadRuns): ReadRuns & { readonly ok: true } {
  if (!result.ok) throw new Error(result.refusal);
  return result;
}

const reasons = (text: string) => taken(read(text)).notTaken.map(({ line, reason }) => `${line} ${reason}`);
const one = (text: string): Run => {
  const { runs, notTaken } = taken(read(text));
  expect(notTaken).toEqual([]);
  expect(runs).toHaveLength(1);
  return runs[0] as Run;
};

describe('a file of runs', () => {
  it('gives every column to its field, in units of its own', () => {
    const run = one(
      'task,model,effort,run,passed,cost_usd,input_tokens,cache_read_tokens,cache_write_tokens,output_tokens,thinking_tokens,calls,seconds,started_at,input_usd_per_mtok,output_usd_per_mtok\n' +
        'login,GPT-5.2,high,2,1,0.741239,100,200,30,50,40,7,12.5,2026-11-23T10:00:00Z,1.75,14\n',
    );
    expect(run).toEqual({
      ...{ id: expect.any(String), origin: 'import:test', task: 'login', taskTitle: 'login', model: 'GPT-5.2' },
      ...{ effort: 'high', agent: null, run: '2', passed: true, isCensored: false, costNanoUsd: 741_239_000 },
      ...{ costWithoutThinkingNanoUsd: null, inputTokens: 100, cacheReadTokens: 200, cacheWriteTokens: 30 },
      ...{ outputTokens: 50, thinkingTokens: 40, calls: 7, seconds: 12.5, startedAtMs: Date.UTC(2026, 10, 23, 10) },
      listPrice: price(1.75, 14),
    });
  });

  it('takes the outcome of a run that a budget stopped for open, and its cost for a lower bound', () => {
    const stopped = { isCensored: true, passed: null, costNanoUsd: 5e8 };
    for (const passed of ['0', ''])
      expect(one(`task,model,passed,censored,cost_usd\na,m,${passed},1,0.5\n`)).toMatchObject(stopped);
    expect(one('task,model,passed,censored\na,m,0,0\n')).toMatchObject({ isCensored: false, passed: false });
    expect(reasons('task,model,passed,censored\na,m,1,1\na,m,0,maybe\n')).toEqual([
      '2 censored is 1, and passed too: a run that a budget stopped did not pass',
      '3 censored is "maybe", and can be 1 or 0 only',
    ]);
  });

  it('leaves what is missing unknown', () => {
    const run = one('task,model\nlogin,m\n');
    const { id, origin, task, taskTitle, model, isCensored, ...rest } = run;
    expect(new Set(Object.values(rest))).toEqual(new Set([null]));
    expect(one('task,model,cost_usd,passed,effort\nlogin,m,,n/a,\n')).toMatchObject({
      costNanoUsd: null,
      passed: null,
      effort: null,
    });
  });

  it.each([
    ['a byte order mark', '\ufefftask,model,cost_usd\na,m,1\n'],
    ['semicolons', 'task;model;cost_usd\na;m;1\n'],
    ['tabs', 'task\tmodel\tcost_usd\na\tm\t1\n'],
    ['bars', 'task|model|cost_usd\na|m|1\n'],
    ['a separator that is named', 'sep=;\r\ntask;model;cost_usd\r\na;m;1\r\n'],
    ['other line ends', 'task,model,cost_usd\r\na,m,1\r\n'],
    ['old line ends', 'task,model,cost_usd\ra,m,1\r'],
    ['quotation marks', '"task","model","cost_usd"\n"a","m","1"\n'],
    ['capitals and blanks in names', 'Task , Model,Cost USD\n a , m , $1\n'],
    ['empty lines', '\ntask,model,cost_usd\n\na,m,1\n\n'],
    ['a separator at the end of lines', 'task,model,cost_usd,\na,m,1,\n'],
    ['columns in another order', 'cost_usd,model,task\n1,m,a\n'],
    ['JSON lines', '{"task":"a","model":"m","cost_usd":1}\n'],
    ['a JSON array', '[{"task":"a","model":"m","cost_usd":"1"}]'],
    ['names of the study', 'task,model,actual_cost_usd\na,m,1\n'],
  ])('is read with %s', (_, text) => {
    expect(one(text)).toMatchObject({ task: 'a', model: 'm', costNanoUsd: 1e9 });
  });

  it('is read in UTF-16 with its mark', () => {
    const text = '\ufefftask,model\nü,m\n';
    const bytes = new Uint8Array(text.length * 2);
    for (let at = 0; at < text.length; at++) new DataView(bytes.buffer).setUint16(at * 2, text.charCodeAt(at), true);
    expect(taken(readRuns(bytes, 'import:x')).runs[0]?.task).toBe('ü');
  });

  it('keeps names verbatim, separators, quotes and markup included', () => {
    const run = one('task,model\n"<b>a, ""b""</b>","claude-opus-4.6 (high); x"\n');
    expect([run.task, run.model]).toEqual(['<b>a, "b"</b>', 'claude-opus-4.6 (high); x']);
  });

  it.each([
    ['cost_usd', '-1', 'cost_usd is "-1", which is below 0'],
    ['cost_usd', 'NaN', 'cost_usd is "NaN", which is no number'],
    ['cost_usd', 'Infinity', 'cost_usd is "Infinity", which is no number'],
    ['cost_usd', '1e300', 'cost_usd is "1e300", which is more than can be'],
    [
      'cost_usd',
      '"1,5"',
      'cost_usd is "1,5", which is no number (write a decimal point, and no separators of thousands)',
    ],
    ['output_tokens', 'many', 'output_tokens is "many", which is no number'],
    ['passed', '0.5', 'passed is "0.5", and can be 1 or 0 only'],
    ['passed', '2', 'passed is "2", and can be 1 or 0 only'],
    ['started_at', 'yesterday', 'started_at is "yesterday", which is no date like 2026-11-23T14:05:00Z'],
    ['started_at', '2026-02-31x', 'started_at is "2026-02-31x", which is no date like 2026-11-23T14:05:00Z'],
  ])('leaves out a row whose %s is %s, and says why', (column, value, reason) => {
    expect(reasons(`task,model,${column}\na,m,${value}\nb,m,1\n`)[0]).toBe(`2 ${reason}`);
  });

  it('leaves out what cannot be true together', () => {
    expect(reasons('task,model,output_tokens,thinking_tokens\na,m,100,101\n')).toEqual([
      '2 thinking_tokens is 101 and output_tokens, of which it is a part, 100',
    ]);
  });

  it('takes a row whole or not at all, and the rows beside it', () => {
    const { runs, notTaken, rows } = taken(read('task,model,cost_usd\na,m,1\n,m,1\nb,,1\nc,m\nd;m;1\ne,m,2\n'));
    expect(runs.map(({ task }) => task)).toEqual(['a', 'e']);
    expect(rows).toBe(6);
    expect(notTaken.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      '3 names no task',
      '4 names no model',
      '5 has 2 values where the first line has 3',
      '6 has 1 value where the first line has 3: it is separated by semicolons, the first line by commas',
    ]);
  });

  it('takes the same run once', () => {
    const text = 'task,model,run,cost_usd\na,m,1,1\na,m,2,1\na,m,1,1\na,m,1,9\n';
    expect(reasons(text)).toEqual(['4 is the same run as line 2', '5 is the same run as line 2']);
    expect(reasons('task,model,cost_usd\na,m,1\na,m,2\na,m,1\n')).toEqual(['4 is the same run as line 2']);
  });

  it('takes attempts without any figure for as many as there are', () => {
    expect(taken(read('task,model,passed\na,m,1\na,m,1\na,m,0\n')).runs).toHaveLength(3);
  });

  it('gives the same run the same id wherever it stands', () => {
    const ids = (text: string) => taken(read(text)).runs.map(({ id }) => id);
    const [a, b] = ids('task,model,cost_usd\na,m,1\nb,m,1\n');
    expect(ids('task,model,cost_usd\nb,m,1\na,m,1\n')).toEqual([b, a]);
    expect(a).not.toBe(b);
  });

  it.each([
    ['', 'The file is empty.'],
    ['model,cost_usd\nm,1\n', 'There is no column task; the first line has model, cost_usd.'],
    ['a,b\n1,2\n', 'There is no column task and no column model; the first line has a, b.'],
    [
      'task,model,cost_usd,cost_usd\na,m,1,2\n',
      'The column cost_usd is there twice, so that nobody can tell which one counts.',
    ],
    ['[{"task":', 'The file begins like a JSON array and is none.'],
    ['{"model":"m"}\n', 'There is no column task; its objects have model.'],
    [
      'task,model\n"a,m\n',
      'A quotation mark is opened and never closed near line 2, so that nobody can tell where rows end.',
    ],
    [
      'task,model\na,m\n"b" c,m\n',
      'Text follows a closing quotation mark near line 3, so that nobody can tell where the value ends; a mark inside a value is written twice.',
    ],
    ['task,model\na,\0\n', 'The file is no text in UTF-8 (or UTF-16 with its mark).'],
  ])('is refused whole where it is of no use: %j', (text, refusal) => {
    expect(read(text)).toEqual({ ok: false, refusal });
  });

  it('names broken lines of JSON and columns that mean nothing', () => {
    const result = taken(read('{"task":"a","model":"m","price":1}\n{"task":\n[1]\n"x"\n'));
    expect(result.ignoredColumns).toEqual(['price']);
    expect(result.notTaken.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      '2 is no JSON',
      '3 is no object',
      '4 is no object',
    ]);
  });

  it('is read in 100,000 rows', () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `t${index % 1000},m${index % 40},${index},1`);
    expect(taken(read(`task,model,run,cost_usd\n${lines.join('\n')}\n`)).runs).toHaveLength(100_000);
  });

  it('never throws, whatever bytes come', () => {
    const words = fc.constantFrom('task', 'model', ',', ';', '"', '\n', 'cost_usd', '-1', '{', '}', '\t', 'NaN', ' ');
    const texts = fc.array(words, { maxLength: 40 }).map((parts) => bytesOf(parts.join('')));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), texts), (bytes) => {
        expect(readRuns(bytes, 'import:x')).toHaveProperty('ok');
      }),
    );
  });
});

describe('writing runs', () => {
  it('gives back the runs that were read', () => {
    const amount = fc.option(fc.integer({ min: 0, max: 1e9 }), { nil: null });
    const name = fc
      .string({ minLength: 1, maxLength: 12 })
      .filter((text) => text.trim() === text && !/[\0\ud800-\udfff]/.test(text));
    const runs = fc.array(
      fc.record({
        ...{ task: name, model: name, passed: fc.constantFrom(true, false, null) },
        costNanoUsd: fc.option(fc.integer({ min: 0, max: 1e15 }), { nil: null }),
        ...{ inputTokens: amount, outputTokens: amount, calls: amount, seconds: amount },
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(runs, (fields) => {
        const written = fields.map((field, index) =>
          makeRun({
            ...field,
            isCensored: field.passed === null && index % 2 === 0,
            taskTitle: field.task,
            run: String(index),
            listPrice: price(0.075, 3.6),
          }),
        );
        const back = readRuns(bytesOf(writeRuns(written)), 'import:test');
        const bare = (list: readonly Run[]) =>
          list.map(({ id, ...rest }) => rest).toSorted((a, b) => Number(a.run) - Number(b.run));
        expect(bare(taken(back).runs)).toEqual(bare(written));
      }),
    );
  });

  it('tells tasks of one title apart and writes unknown as nothing', () => {
    const text = writeRuns([
      makeRun({ task: 'task-1', taskTitle: 'Fix', isCensored: true, usd: 0.5 }),
      makeRun({ task: 'task-2', taskTitle: 'Fix' }),
    ]);
    expect(text.split('\n').slice(1)).toEqual([
      'Fix (task-1),m,,,,1,0.5,,,,,,,,,,',
      'Fix (task-2),m,,,,,,,,,,,,,,,',
      '',
    ]);
  });
});

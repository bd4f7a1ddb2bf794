import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { type ApiKind, type AuthKind, apiKinds } from '../../../src/domain/api.ts';
import type { CallRecord, CallSource, CallStatus, CostProvenance, UsageProvenance } from '../../../src/domain/call.ts';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { openLedgerReader } from '../../../src/ledger/openLedgerReader.ts';
import { DamagedRow } from '../../../src/ledger/sqlite.ts';
import { advisedCall, call, callId, priced, unpriced, usage } from './callFixtures.ts';
import { execute, rowsOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

function book(...records: readonly CallRecord[]): string {
  const path = ledgerPathOf(tempDir());
  const ledger = openLedger({ path, timeZone: 'UTC', clock: systemClock, log: () => undefined });
  for (const record of records) ledger.writer.finish(record);
  ledger.close();
  return path;
}

function read(path: string): readonly CallRecord[] {
  const reader = openLedgerReader(path);
  try {
    return reader.calls({});
  } finally {
    reader.close();
  }
}

function readAfter(sql: string, record: CallRecord = call()): unknown {
  const path = book(record);
  execute(path, sql);
  try {
    return read(path);
  } catch (error) {
    return error;
  }
}

describe('a call in the books', () => {
  it('keeps every field apart from every other', () => {
    const cost = {
      ...priced(0, 0),
      costNanoUsd: 1111,
      split: { inputNanoUsd: 1, cacheNanoUsd: 10, thinkingNanoUsd: 100, outputNanoUsd: 1000 },
    };
    const record = call({
      startedAtMs: 1,
      durationMs: 2,
      ttftMs: 3,
      workspaceId: 'workspace',
      agent: 'agent',
      session: 'session',
      subAgent: 'sub-agent',
      provider: 'provider',
      model: 'model',
      requestedModel: 'requested',
      effort: 'effort',
      httpStatus: 4,
      errorType: 'error',
      requestId: 'request',
      responseId: 'response',
      usage: {
        inputTokens: 5,
        cacheReadTokens: 6,
        cacheWrite5mTokens: 7,
        cacheWrite1hTokens: 8,
        outputTokens: 9,
        thinkingTokens: 10,
        webSearches: 11,
        toolCalls: 12,
      },
      thinkingAtLeastTokens: 13,
      cost,
      problems: ['first', 'second'],
    });
    expect(read(book(record))).toEqual([record]);
  });

  it('may know next to nothing', () => {
    const record = call({
      durationMs: null,
      ttftMs: null,
      subAgent: null,
      requestedModel: null,
      effort: null,
      httpStatus: null,
      errorType: null,
      requestId: null,
      responseId: null,
      usage: usage({}),
      thinkingAtLeastTokens: null,
      cost: unpriced,
    });
    expect(read(book(record))).toEqual([record]);
  });

  it('may have any of the values that its kinds allow', () => {
    const records: CallRecord[] = [
      ...apiKinds.map((api: ApiKind) => call({ api })),
      ...(['key', 'subscription', 'unknown'] as const satisfies readonly AuthKind[]).map((auth) => call({ auth })),
      ...(['gateway', 'host', 'transcript'] as const satisfies readonly CallSource[]).map((source) => call({ source })),
      ...(['ok', 'error', 'truncated', 'aborted', 'lost'] as const satisfies readonly CallStatus[]).map((status) =>
        call({ status }),
      ),
      ...(['reported', 'estimated', 'partial'] as const satisfies readonly UsageProvenance[]).map((provenance) =>
        call({ provenance }),
      ),
      ...(['billed', 'priced', 'unpriced'] as const satisfies readonly CostProvenance[]).map((provenance) =>
        call({ cost: { ...priced(1, 2), provenance } }),
      ),
    ].map((record, index) => ({ ...record, id: callId(index), requestId: `req_${index}`, responseId: `msg_${index}` }));
    expect(read(book(...records)).toReversed()).toEqual(records);
  });

  it('is found under its id, be that a UUID or another text', () => {
    const ids = [callId(1), callId(1).toUpperCase(), 'text', `${callId(1)}0`, `0${callId(1)}`, '1'];
    const path = book(...ids.map((id) => call({ id })));
    const reader = openLedgerReader(path);
    for (const id of ids) expect(reader.calls({ id }).map((record) => record.id)).toEqual([id]);
    expect(reader.calls({ id: 'nobody' })).toEqual([]);
    reader.close();
    // A UUID takes the room of its bytes.
    expect(rowsOf(path, 'SELECT typeof(id) AS type, length(id) AS length FROM calls ORDER BY seq LIMIT 2')).toEqual([
      { type: 'blob', length: 16 },
      { type: 'text', length: 36 },
    ]);
  });

  it('counts what is no number as nothing, and does not fail', () => {
    const record = call({
      durationMs: Number.NaN,
      ttftMs: Number.POSITIVE_INFINITY,
      usage: usage({ cacheReadTokens: Number.NaN, outputTokens: Number.NEGATIVE_INFINITY, inputTokens: 1.6 }),
    });
    expect(read(book(record))).toMatchObject([
      { durationMs: null, ttftMs: null, usage: { cacheReadTokens: 0, outputTokens: null, inputTokens: 2 } },
    ]);
  });

  it('has the cost of a part as unpriced where it came without one', () => {
    const [first] = advisedCall().partCosts;
    if (first === undefined) throw new Error('The call has no costs.');
    const record = advisedCall({ partCosts: [first] });
    expect(read(book(record))).toEqual([{ ...record, partCosts: [first, unpriced] }]);
  });

  it('ends when it started and took as long as it did, rounded once', () => {
    const path = book(
      call({ id: callId(1), startedAtMs: 1000.4, durationMs: 0.4 }),
      call({ id: callId(2), startedAtMs: 2000, durationMs: null }),
    );
    expect(rowsOf(path, 'SELECT started_at_ms, ended_at_ms FROM calls ORDER BY seq')).toEqual([
      { started_at_ms: 1000, ended_at_ms: 1001 },
      { started_at_ms: 2000, ended_at_ms: 2000 },
    ]);
  });
});

describe('a row that nothing of ours can have written', () => {
  it.each([
    ['UPDATE calls SET id = 7', 'id is neither a UUID nor text'],
    ["UPDATE calls SET id = x'00'", 'id is neither a UUID nor text'],
    ["UPDATE calls SET api = 'x'", 'api holds an unknown value'],
    ["UPDATE calls SET auth = 'x'", 'auth holds an unknown value'],
    ["UPDATE calls SET source = ''", 'source holds an unknown value'],
    ["UPDATE calls SET status = 'x'", 'status holds an unknown value'],
    ["UPDATE calls SET provenance = 'x'", 'provenance holds an unknown value'],
    ["UPDATE calls SET cost_provenance = 'x'", 'cost_provenance holds an unknown value'],
    ['UPDATE calls SET model = 999', 'name 999 is missing'],
    ['UPDATE calls SET sub_agent = 999', 'name 999 is missing'],
    ['UPDATE calls SET cache_nano_usd = NULL', 'cache_nano_usd holds no number'],
    ['UPDATE calls SET thinking_nano_usd = NULL', 'thinking_nano_usd holds no number'],
    ['UPDATE calls SET output_nano_usd = NULL', 'output_nano_usd holds no number'],
    ["UPDATE names SET name = '[' WHERE id = (SELECT rates FROM calls)", 'a list is not readable'],
    ["UPDATE names SET name = '{}' WHERE id = (SELECT problems FROM calls)", 'a list is not readable'],
    ["UPDATE names SET name = '[1]' WHERE id = (SELECT rates FROM calls)", 'rates are no object'],
    ["UPDATE names SET name = '[null]' WHERE id = (SELECT rates FROM calls)", 'rates are no object'],
    [
      "UPDATE names SET name = '[{}]' WHERE id = (SELECT rates FROM calls)",
      'inputNanoUsdPerMtok of the rates is no number',
    ],
  ])('after %s is damage', (sql, message) => {
    const error = readAfter(sql);
    expect(error).toBeInstanceOf(DamagedRow);
    expect(error).toMatchObject({ message });
  });

  it('has a rate missing', () => {
    const [rates] = call().cost.rates;
    const fields = Object.entries(rates ?? {}).flatMap(([name, value]) => (typeof value === 'number' ? [name] : []));
    expect(fields).toHaveLength(6);
    for (const name of fields) {
      const broken = JSON.stringify([{ ...rates, [name]: '1' }]);
      const error = readAfter(`UPDATE names SET name = '${broken}' WHERE id = (SELECT rates FROM calls)`);
      expect(error).toBeInstanceOf(DamagedRow);
      expect(error).toMatchObject({ message: `${name} of the rates is no number` });
    }
  });

  it('is set aside by the writer with the reason in a sentence', () => {
    const path = book(call());
    execute(path, 'UPDATE calls SET model = 999');
    const said: string[] = [];
    const ledger = openLedger({ path, timeZone: 'UTC', clock: systemClock, log: (sentence) => said.push(sentence) });
    expect(ledger.reader.calls({})).toEqual([]);
    const health = ledger.health();
    ledger.close();
    const setAsidePath = health.state === 'recovered' ? health.setAsidePath : '';
    expect(said).toEqual([
      `The ledger was damaged (name 999 is missing); it was set aside as ${setAsidePath} and a new one begun.`,
    ]);
    expect(rowsOf(setAsidePath, 'SELECT model FROM calls')).toEqual([{ model: 999 }]);
  });

  it('may lack the names of what changed its rates', () => {
    const [rates] = call().cost.rates;
    const odd = JSON.stringify([{ ...rates, modifiers: 'none' }]);
    expect(readAfter(`UPDATE names SET name = '${odd}' WHERE id = (SELECT rates FROM calls)`)).toMatchObject([
      { cost: { rates: [{ ...rates, modifiers: [] }] } },
    ]);
  });
});

describe('reports', () => {
  it('refuse a day that is none, by name', () => {
    const reader = openLedgerReader(book(call()));
    expect(() => reader.report({ by: 'day', sinceDay: '2026-13-01' })).toThrow(
      new RangeError('"2026-13-01" is no day of the form YYYY-MM-DD'),
    );
    expect(() => reader.report({ by: 'day', untilDay: 'today' })).toThrow(RangeError);
    reader.close();
  });
});

describe('the names in a ledger', () => {
  it('are kept once however often they are used, and go with the last call that used them', () => {
    const path = ledgerPathOf(tempDir());
    const ledger = openLedger({ path, timeZone: 'UTC', clock: systemClock, log: () => undefined });
    ledger.writer.finish(call({ id: callId(1), startedAtMs: 1000, session: 'old', errorType: 'old_error' }));
    ledger.writer.finish(advisedCall({ id: callId(2), startedAtMs: 2000, session: 'new', subAgent: 'sub' }));
    ledger.writer.deleteBefore(1500);
    // Names that were remembered before the deletion are looked up anew.
    ledger.writer.finish(call({ id: callId(3), startedAtMs: 3000, session: 'old' }));
    expect(ledger.reader.calls({}).map(({ session }) => session)).toEqual(['old', 'new']);
    ledger.close();
    const names = rowsOf(path, 'SELECT name FROM names ORDER BY name').map(({ name }) => name);
    expect(names.filter((name) => !String(name).startsWith('['))).toEqual([
      'anthropic',
      'book 1 (2026-11-20)',
      'claude-advisor',
      'claude-code',
      'claude-opus-4-6',
      'high',
      'new',
      'old',
      'sub',
      'w1',
    ]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('survive in tables that only later parts of Outlay fill', () => {
    const path = book(call({ session: 'gone' }));
    const db = new DatabaseSync(path);
    db.exec(`INSERT INTO names (id, name) VALUES (901, 'task-workspace'), (902, 'hold-provider'), (903, 'hold-model'),
        (904, 'hold-price'), (909, 'nobody'),
        (910, 'machine day 2026-11-22');
      INSERT INTO tasks (seq, id, title, workspace, state, created_at_ms, mode, counts_subscription)
        VALUES (1, 't', 't', 901, 'open', 0, 'strict', 0);
      INSERT INTO holds (call_id, state, at_ms, task, accounts, provider, model, price_version, subscription, nano_usd,
          thinking_tokens, output_tokens, tool_calls, calls, owner_pid, owner_boot)
        VALUES ('h', 'held', 0, 1, 910, 902, 903, 904, 0, 0, 0, 0, 0, 1, 1, 'b')`);
    db.close();
    const ledger = openLedger({ path, timeZone: 'UTC', clock: systemClock, log: () => undefined });
    ledger.writer.deleteBefore(null);
    ledger.close();
    expect(rowsOf(path, 'SELECT id FROM names ORDER BY id').map(({ id }) => id)).toEqual([901, 902, 903, 904, 910]);
  });
});

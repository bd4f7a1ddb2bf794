import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import type { Reader } from '../../../src/readers/contract.ts';
import { copilot } from '../../../src/readers/copilot/copilot.ts';
import { cursor } from '../../../src/readers/cursor/cursor.ts';
import { goose } from '../../../src/readers/goose/goose.ts';
import { openCode } from '../../../src/readers/openCode/openCode.ts';
import { zed } from '../../../src/readers/zed/zed.ts';
import { buildHome } from './builtHome.ts';
import { readHome } from './readHome.ts';

const removals: (() => void)[] = [];

afterEach(() => {
  for (const remove of removals.splice(0)) remove();
});

interface Growth {
  readonly reader: Reader;
  readonly path: string;
  /** Adds one call of 4,242 tokens of output at a later time. */
  readonly sql: string;
}

const message = JSON.stringify({
  role: 'assistant',
  modelID: 'gpt-5',
  providerID: 'openai',
  tokens: { input: 1, output: 4242, reasoning: 0, cache: { read: 0, write: 0 } },
  time: { created: 1_799_000_000_000 },
});
const thread = JSON.stringify({ cumulative_token_usage: { input_tokens: 1, output_tokens: 4242 } });
const bubble = JSON.stringify({
  tokenCount: { inputTokens: 1, outputTokens: 4242 },
  createdAt: '2026-12-01T00:00:00Z',
});

const growths: readonly (readonly [string, Growth])[] = [
  {
    reader: copilot,
    path: '.copilot/session-store.db',
    sql: `INSERT INTO assistant_usage_events (session_id, model, input_tokens, output_tokens, created_at)
      VALUES ('s', 'gpt-5-mini', 1, 4242, '2026-12-01T00:00:00Z')`,
  },
  {
    reader: copilot,
    path: '.config/Code/User/globalStorage/github.copilot-chat/agent-traces.db',
    sql: `INSERT INTO spans (span_id, trace_id, name, start_time_ms, end_time_ms, operation_name, provider_name, input_tokens, output_tokens)
      VALUES ('new', 't', 'chat', 1799000000000, 1799000001000, 'chat', 'openai', 1, 4242)`,
  },
  {
    reader: goose,
    path: '.local/share/goose/sessions/sessions.db',
    sql: `INSERT INTO usage_ledger (session_id, created_timestamp, model, input_tokens, output_tokens)
      VALUES ('20261001_1', 1799000000, 'gpt-5', 1, 4242)`,
  },
  {
    reader: openCode,
    path: '.local/share/opencode/opencode.db',
    sql: `INSERT INTO message VALUES ('msg_new', 'ses_old', 1799000000000, 1799000000000, '${message}')`,
  },
  {
    reader: zed,
    path: '.local/share/zed/threads/threads.db',
    sql: `INSERT INTO threads (id, summary, updated_at, data_type, data)
      VALUES ('new', '', '2026-12-01T00:00:00+00:00', 'json', CAST('${thread}' AS BLOB))`,
  },
  {
    reader: cursor,
    path: '.config/Cursor/User/globalStorage/state.vscdb',
    sql: `INSERT INTO cursorDiskKV VALUES ('bubbleId:c-2:b-1', '${bubble}')`,
  },
].map((growth) => [`${growth.reader.agent} ${growth.path}`, growth]);

/** Those whose rows are found by their times. */
const timed = growths.filter(([, { path }]) => /traces|opencode|threads/.test(path));

function at(sql: string, ms: number): string {
  return sql
    .replaceAll('179900000', String(Math.floor(ms / 10_000)))
    .replaceAll('2026-12-01T00:00:00', new Date(ms).toISOString().slice(0, 19));
}

function change(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

describe('a database that grows', () => {
  it.each(growths)('%s: tells of its new call, and no more of its oldest', (_name, { reader, path, sql }) => {
    const home = buildHome(reader.agent);
    removals.push(home.remove);
    const first = readHome(reader, home);
    change(join(home.homeDir, path), sql);
    const next = readHome(reader, home, first);
    expect(next.observations.map(({ usage }) => usage.outputTokens)).toContain(4242);
    const [oldest] = first.observations;
    const own = next.observations.filter(({ keys }) => keys.ownId === oldest?.keys.ownId);
    expect(own).toEqual([]);
  });

  it.each(timed)('%s: tells of a new call although the clock was ahead once', (_name, { reader, path, sql }) => {
    const home = buildHome(reader.agent);
    removals.push(home.remove);
    change(join(home.homeDir, path), at(sql, Date.UTC(2099, 0)).replaceAll('new', 'ahead'));
    const first = readHome(reader, home);
    change(join(home.homeDir, path), at(sql, Date.now()).replaceAll('4242', '4343'));
    const next = readHome(reader, home, first);
    expect(next.observations.map(({ usage }) => usage.outputTokens)).toContain(4343);
  });

  it.each(timed)('%s: tells of a new call although the clock was set back', (_name, { reader, path, sql }) => {
    const home = buildHome(reader.agent);
    removals.push(home.remove);
    const first = readHome(reader, home);
    const before = Date.UTC(2020, 0);
    change(join(home.homeDir, path), at(sql, before));
    const touched = new Date(before + 1000);
    utimesSync(join(home.homeDir, path), touched, touched);
    const next = readHome(reader, home, first);
    expect(next.observations.map(({ usage }) => usage.outputTokens)).toContain(4242);
  });

  it.each([
    ['copilot', copilot, '.copilot/session-store.db', 'assistant_usage_events'],
    ['goose', goose, '.local/share/goose/sessions/sessions.db', 'usage_ledger'],
  ] as const)('%s: that was made anew is read from its start', (agent, reader, path, table) => {
    const home = buildHome(agent);
    removals.push(home.remove);
    const first = readHome(reader, home);
    change(join(home.homeDir, path), `DELETE FROM ${table} WHERE id > 1`);
    const kept = first.observations.filter(({ keys }) => /^\S+ (?:1 |total)/.test(keys.ownId));
    const again = readHome(reader, home, first).observations.map(({ keys }) => keys.ownId);
    expect(again).toEqual(expect.arrayContaining(kept.map(({ keys }) => keys.ownId)));
  });

  it('tells of what its program, which has it open, has not moved out of its log yet', () => {
    const home = buildHome('goose');
    removals.push(home.remove);
    const path = join(home.homeDir, '.local/share/goose/sessions/sessions.db');
    const db = new DatabaseSync(path);
    db.exec(
      "PRAGMA journal_mode = WAL; INSERT INTO usage_ledger (session_id, created_timestamp, model, input_tokens, output_tokens) VALUES ('x', 1799000000, 'gpt-5', 1, 4242)",
    );
    const { observations, problems } = readHome(goose, home);
    db.close();
    expect(problems).toEqual([]);
    expect(observations.map(({ usage }) => usage.outputTokens)).toContain(4242);
  });
});

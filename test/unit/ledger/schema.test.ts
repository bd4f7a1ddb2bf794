import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/domain/clock.ts';
import { ledgerPathOf } from '../../../src/ledger/ledgerFiles.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { call } from './callFixtures.ts';
import { rowsOf } from './rawDatabase.ts';
import { tempDir } from './tempDir.ts';

const usageColumns =
  'input_tokens cache_read_tokens cache_write_5m_tokens cache_write_1h_tokens output_tokens thinking_tokens web_searches tool_calls';
const costColumns =
  'cost_nano_usd cost_provenance input_nano_usd cache_nano_usd thinking_nano_usd output_nano_usd rates price_version';

/** Every column that is on disk. A new one is a decision: it must hold no prompt, no answer, no key and no header. */
const columns = {
  calibration: 'model log_ratio_sum weight variance samples updated_at_ms',
  call_parts: `call ordinal model ${usageColumns} ${costColumns}`,
  calls: `seq id started_at_ms ended_at_ms duration_ms ttft_ms day workspace agent session sub_agent provider api auth source model requested_model effort status http_status error_type request_id response_id provenance thinking_at_least_tokens problems task owner_pid owner_boot ${usageColumns} ${costColumns} pricing`,
  forgotten: 'id before_ms',
  logs: 'path agent size_bytes mtime_ms inode read_bytes read_lines fingerprint state session parent',
  sightings: `id call source agent session started_at_ms model provenance cost_nano_usd ${usageColumns}`,
  names: 'id name',
  observations: 'native_key key_kind provider source call',
  imports: 'seq name file imported_at_ms',
  rollups:
    'day session model effort agent auth workspace task calls input_tokens cache_read_tokens cache_write_5m_tokens cache_write_1h_tokens output_tokens thinking_tokens known_thinking unknown_thinking_calls thinking_at_least_tokens web_searches tool_calls cost_nano_usd priced input_nano_usd cache_nano_usd thinking_nano_usd output_nano_usd unpriced_calls estimated_calls partial_calls told_calls newest',
  task_rollups:
    'day session task agent model effort sub_agent rates calls cost_nano_usd unpriced_calls thinking_nano_usd input_tokens cache_read_tokens cache_write_tokens output_tokens unknown_token_calls thinking_tokens unknown_thinking_calls duration_ms first_at_ms last_at_ms',
  runs: `id import task model effort run passed cost_nano_usd cost_without_thinking_nano_usd input_tokens cache_read_tokens cache_write_tokens output_tokens thinking_tokens calls seconds started_at_ms input_nano_usd_per_mtok output_nano_usd_per_mtok censored`,
  accounts:
    'key spent_nano_usd spent_subscription_nano_usd spent_thinking_tokens spent_output_tokens spent_tool_calls spent_calls held_nano_usd held_subscription_nano_usd held_thinking_tokens held_output_tokens held_tool_calls held_calls open_holds estimated_charges unpriced_calls guessed_thinking_tokens',
  active_tasks: 'workspace task',
  bindings: 'session task moved',
  charges:
    'call_id at_ms task accounts subscription estimated unpriced nano_usd thinking_tokens output_tokens tool_calls calls guessed_thinking_tokens',
  holds:
    'call_id state at_ms task accounts provider model price_version subscription nano_usd thinking_tokens output_tokens tool_calls calls owner_pid owner_boot',
  policy: 'id value',
  task_events: 'seq task at_ms kind text done_by',
  tasks:
    'seq id title workspace folder branch check_command state created_at_ms ended_at_ms limit_nano_usd limit_thinking_tokens limit_output_tokens limit_tool_calls limit_calls mode counts_subscription outcome_by proposed_outcome proposed_because proposed_at_ms',
};

describe('the schema', () => {
  it('has exactly these columns', () => {
    const path = ledgerPathOf(tempDir());
    openLedger({ path, clock: systemClock, log: () => undefined }).close();
    const sql = `SELECT t.name AS name, group_concat(c.name, ' ' ORDER BY c.cid) AS columns
      FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' GROUP BY t.name`;
    expect(Object.fromEntries(rowsOf(path, sql).map((row) => [row['name'], row['columns']]))).toEqual(columns);
  });

  it('keeps nothing that a record carries beyond its declared fields', () => {
    const folder = tempDir();
    const ledger = openLedger({ path: ledgerPathOf(folder), clock: systemClock, log: () => undefined });
    const smuggled = { ...call(), prompt: 'PROMPT-SECRET', headers: { authorization: 'Bearer KEY-SECRET' } };
    ledger.writer.begin(smuggled);
    ledger.writer.finish(smuggled);
    const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    ledger.close();
    const after = readFileSync(ledgerPathOf(folder), 'latin1');
    expect(dirname(ledgerPathOf(folder))).toBe(folder);
    expect([...bytes, after].filter((text) => text.includes('claude-opus-4-6'))).not.toEqual([]);
    expect([...bytes, after].filter((text) => text.includes('-SECRET'))).toEqual([]);
  });
});

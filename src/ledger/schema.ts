/** Token counts as columns, shared by calls and their parts. */
const usageColumns = `
  input_tokens INTEGER,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_5m_tokens INTEGER NOT NULL,
  cache_write_1h_tokens INTEGER NOT NULL,
  output_tokens INTEGER,
  thinking_tokens INTEGER,
  web_searches INTEGER NOT NULL,
  tool_calls INTEGER NOT NULL`;

/** A cost as columns; the four amounts of the split are all null where there is none. */
const costColumns = `
  cost_nano_usd INTEGER,
  cost_provenance TEXT NOT NULL,
  input_nano_usd INTEGER,
  cache_nano_usd INTEGER,
  thinking_nano_usd INTEGER,
  output_nano_usd INTEGER,
  rates INTEGER NOT NULL,
  price_version INTEGER`;

/**
 * The first schema. Names (models, agents, sessions, rates as JSON) are kept once and referred to by number, without a declared
 * reference: SQLite would search every call for each name that is deleted. A call that is in
 * flight has an owner; a finished one has none, and only finished ones are in rollups. `tasks`, `holds`, `runs` and `outcomes`
 * are seats for budgets and comparisons and may stay empty. There is no column for a prompt, an answer, a key or a header.
 */
export const schemaVersion1 = `
CREATE TABLE names (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE tasks (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  folder TEXT,
  workspace INTEGER,
  state TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  limit_cost_nano_usd INTEGER,
  limit_thinking_tokens INTEGER,
  limit_output_tokens INTEGER,
  limit_tool_calls INTEGER,
  hard INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE calls (
  seq INTEGER PRIMARY KEY,
  id ANY NOT NULL UNIQUE,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER NOT NULL,
  duration_ms INTEGER,
  ttft_ms INTEGER,
  day INTEGER NOT NULL,
  workspace INTEGER NOT NULL,
  agent INTEGER NOT NULL,
  session INTEGER NOT NULL,
  sub_agent INTEGER,
  provider INTEGER NOT NULL,
  api TEXT NOT NULL,
  auth TEXT NOT NULL,
  source TEXT NOT NULL,
  model INTEGER NOT NULL,
  requested_model INTEGER,
  effort INTEGER,
  status TEXT NOT NULL,
  http_status INTEGER,
  error_type INTEGER,
  request_id TEXT,
  response_id TEXT,
  provenance TEXT NOT NULL,
  thinking_at_least_tokens INTEGER,
  problems INTEGER NOT NULL,
  task INTEGER REFERENCES tasks (seq),
  owner_pid INTEGER,
  owner_boot TEXT,${usageColumns},${costColumns}
) STRICT;
CREATE INDEX calls_started ON calls (started_at_ms);
CREATE INDEX calls_ended ON calls (ended_at_ms);
CREATE INDEX calls_day ON calls (day, session);
CREATE INDEX calls_in_flight ON calls (owner_pid) WHERE owner_pid IS NOT NULL;

CREATE TABLE call_parts (
  call INTEGER NOT NULL REFERENCES calls (seq) ON DELETE CASCADE,
  ordinal INTEGER NOT NULL,
  model INTEGER,${usageColumns},${costColumns},
  PRIMARY KEY (call, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE observations (
  native_key TEXT NOT NULL,
  key_kind TEXT NOT NULL,
  provider INTEGER NOT NULL,
  source TEXT NOT NULL,
  call INTEGER NOT NULL REFERENCES calls (seq) ON DELETE CASCADE,
  PRIMARY KEY (native_key, key_kind, provider, source, call)
) STRICT, WITHOUT ROWID;
CREATE INDEX observations_call ON observations (call);

CREATE TABLE rollups (
  day INTEGER NOT NULL,
  session INTEGER NOT NULL,
  model INTEGER NOT NULL,
  agent INTEGER NOT NULL,
  auth TEXT NOT NULL,
  workspace INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_5m_tokens INTEGER NOT NULL,
  cache_write_1h_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  thinking_tokens INTEGER NOT NULL,
  known_thinking INTEGER NOT NULL,
  unknown_thinking_calls INTEGER NOT NULL,
  thinking_at_least_tokens INTEGER NOT NULL,
  web_searches INTEGER NOT NULL,
  tool_calls INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  priced INTEGER NOT NULL,
  input_nano_usd INTEGER NOT NULL,
  cache_nano_usd INTEGER NOT NULL,
  thinking_nano_usd INTEGER NOT NULL,
  output_nano_usd INTEGER NOT NULL,
  unpriced_calls INTEGER NOT NULL,
  estimated_calls INTEGER NOT NULL,
  newest INTEGER NOT NULL,
  PRIMARY KEY (day, session, model, agent, auth, workspace)
) STRICT, WITHOUT ROWID;

CREATE TABLE calibration (
  model TEXT PRIMARY KEY,
  log_ratio_sum REAL NOT NULL,
  weight REAL NOT NULL,
  variance REAL NOT NULL,
  samples INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE holds (
  id TEXT PRIMARY KEY,
  task INTEGER NOT NULL REFERENCES tasks (seq) ON DELETE CASCADE,
  call_id ANY,
  window_key TEXT,
  provider INTEGER,
  model INTEGER,
  price_version INTEGER,
  held_nano_usd INTEGER NOT NULL,
  held_thinking_tokens INTEGER,
  held_output_tokens INTEGER,
  held_tool_calls INTEGER,
  settled_nano_usd INTEGER,
  state TEXT NOT NULL CHECK (state IN ('held', 'settled', 'released', 'unknown')),
  created_at_ms INTEGER NOT NULL,
  lease_until_ms INTEGER,
  owner_pid INTEGER NOT NULL,
  owner_boot TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  task INTEGER NOT NULL REFERENCES tasks (seq) ON DELETE CASCADE,
  origin TEXT NOT NULL,
  agent INTEGER,
  model INTEGER,
  effort INTEGER,
  session INTEGER,
  started_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE outcomes (
  task INTEGER NOT NULL REFERENCES tasks (seq) ON DELETE CASCADE,
  run TEXT REFERENCES runs (id) ON DELETE CASCADE,
  outcome TEXT NOT NULL CHECK (outcome IN ('passed', 'failed', 'abandoned')),
  decided_by TEXT NOT NULL,
  decided_at_ms INTEGER NOT NULL
) STRICT;
`;

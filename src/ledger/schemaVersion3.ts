/**
 * Calls that agents' logs tell of. One that nobody else saw is a row of `calls`, whose id follows from its key. One that the gateway or
 * the host saw as well is a row of `sightings`, which counts nowhere: it corroborates, and fills in what the wire did not tell. `logs`
 * says how far each log was read. What was deleted up to `forgotten` does not come back from a log. The rollups tell how many calls of a sum
 * are known from logs only.
 */
export const schemaVersion3 = `
ALTER TABLE calls ADD COLUMN pricing INTEGER;
CREATE INDEX calls_told_request ON calls (request_id) WHERE source = 'transcript' AND request_id IS NOT NULL;
CREATE INDEX calls_told_without_message ON calls (request_id)
  WHERE source = 'transcript' AND response_id IS NULL AND request_id IS NOT NULL;

CREATE TABLE sightings (
  id ANY PRIMARY KEY,
  call INTEGER NOT NULL REFERENCES calls (seq) ON DELETE CASCADE,
  source TEXT NOT NULL,
  agent INTEGER NOT NULL,
  session INTEGER NOT NULL,
  started_at_ms INTEGER NOT NULL,
  model INTEGER NOT NULL,
  provenance TEXT NOT NULL,
  cost_nano_usd INTEGER,
  input_tokens INTEGER,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_5m_tokens INTEGER NOT NULL,
  cache_write_1h_tokens INTEGER NOT NULL,
  output_tokens INTEGER,
  thinking_tokens INTEGER,
  web_searches INTEGER NOT NULL,
  tool_calls INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_call ON sightings (call);
CREATE INDEX sightings_session ON sightings (session);

CREATE TABLE logs (
  path TEXT PRIMARY KEY,
  agent INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  mtime_ms REAL NOT NULL,
  inode INTEGER NOT NULL,
  read_bytes INTEGER NOT NULL,
  read_lines INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  state TEXT NOT NULL,
  session TEXT,
  parent TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE forgotten (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  before_ms INTEGER NOT NULL
) STRICT;

ALTER TABLE rollups ADD COLUMN told_calls INTEGER NOT NULL DEFAULT 0;
`;

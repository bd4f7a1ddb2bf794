/**
 * Runs that were imported. `runs` and `outcomes` were seats without rows in version 1: `runs` is made anew, and an outcome is a column of it. Runs of
 * own tasks have no rows, since they follow from calls. Amounts are REAL: a mean over many queries may be finer than a nano-USD or a token.
 */
export const schemaVersion4 = `
DROP TABLE outcomes;
DROP TABLE runs;

CREATE TABLE imports (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL UNIQUE,
  file TEXT NOT NULL,
  imported_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
  id TEXT NOT NULL PRIMARY KEY,
  import INTEGER NOT NULL REFERENCES imports (seq) ON DELETE CASCADE,
  task TEXT NOT NULL,
  model TEXT NOT NULL,
  effort TEXT,
  run TEXT,
  passed INTEGER,
  cost_nano_usd REAL,
  cost_without_thinking_nano_usd REAL,
  input_tokens REAL,
  cache_read_tokens REAL,
  cache_write_tokens REAL,
  output_tokens REAL,
  thinking_tokens REAL,
  calls REAL,
  seconds REAL,
  started_at_ms REAL,
  input_nano_usd_per_mtok REAL,
  output_nano_usd_per_mtok REAL
) STRICT, WITHOUT ROWID;
CREATE INDEX runs_import ON runs (import);
`;

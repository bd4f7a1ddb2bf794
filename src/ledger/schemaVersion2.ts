/** An amount for each dimension of a budget, in the order of `dimensions`, and the subscription use that is kept apart. */
function amountColumns(prefix: string): string {
  return ['nano_usd', 'subscription_nano_usd', 'thinking_tokens', 'output_tokens', 'tool_calls', 'calls']
    .map((name) => `\n  ${prefix}_${name} INTEGER NOT NULL`)
    .join(',');
}

/**
 * Tasks and budgets. `tasks` and `holds` were seats without rows in version 1 and are made anew. A hold stays as `settled` after its
 * call has ended, so that settling it again comes to the same; one that was released is deleted. A charge is what one call added to
 * its accounts: the sum of an account's charges is what is spent in it, less the charges of calls that were deleted, which stay in the account.
 * The accounts of days and months begin with the calls that were booked before there were any.
 */
export const schemaVersion2 = `
DROP TABLE holds;
DROP TABLE tasks;

CREATE TABLE tasks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  workspace INTEGER,
  folder TEXT,
  branch TEXT,
  check_command TEXT,
  state TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  ended_at_ms INTEGER,
  limit_nano_usd INTEGER,
  limit_thinking_tokens INTEGER,
  limit_output_tokens INTEGER,
  limit_tool_calls INTEGER,
  limit_calls INTEGER,
  mode TEXT NOT NULL,
  counts_subscription INTEGER NOT NULL,
  outcome_by TEXT,
  proposed_outcome TEXT,
  proposed_because TEXT,
  proposed_at_ms INTEGER
) STRICT;
CREATE INDEX calls_task ON calls (task, session, agent, started_at_ms) WHERE task IS NOT NULL;

CREATE TABLE task_events (
  seq INTEGER PRIMARY KEY,
  task INTEGER NOT NULL REFERENCES tasks (seq) ON DELETE CASCADE,
  at_ms INTEGER NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  done_by TEXT NOT NULL
) STRICT;
CREATE INDEX task_events_task ON task_events (task, seq);

CREATE TABLE bindings (
  session INTEGER PRIMARY KEY,
  task INTEGER REFERENCES tasks (seq) ON DELETE SET NULL,
  moved INTEGER NOT NULL
) STRICT;
CREATE INDEX bindings_task ON bindings (task);

CREATE TABLE active_tasks (
  workspace INTEGER PRIMARY KEY,
  task INTEGER NOT NULL REFERENCES tasks (seq) ON DELETE CASCADE
) STRICT;
CREATE INDEX active_tasks_task ON active_tasks (task);

CREATE TABLE accounts (
  key TEXT PRIMARY KEY,${amountColumns('spent')},${amountColumns('held')},
  open_holds INTEGER NOT NULL,
  estimated_charges INTEGER NOT NULL,
  unpriced_calls INTEGER NOT NULL,
  guessed_thinking_tokens INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE holds (
  call_id ANY PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('held', 'settled')),
  at_ms INTEGER NOT NULL,
  task INTEGER,
  accounts INTEGER NOT NULL,
  provider INTEGER NOT NULL,
  model INTEGER NOT NULL,
  price_version INTEGER,
  subscription INTEGER NOT NULL,
  nano_usd INTEGER NOT NULL,
  thinking_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  tool_calls INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  owner_pid INTEGER NOT NULL,
  owner_boot TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX holds_open ON holds (owner_pid) WHERE state = 'held';
CREATE INDEX holds_task ON holds (task) WHERE task IS NOT NULL;

CREATE TABLE charges (
  call_id ANY PRIMARY KEY,
  at_ms INTEGER NOT NULL,
  task INTEGER,
  accounts INTEGER NOT NULL,
  subscription INTEGER NOT NULL,
  estimated INTEGER NOT NULL,
  unpriced INTEGER NOT NULL,
  nano_usd INTEGER NOT NULL,
  thinking_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  tool_calls INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  guessed_thinking_tokens INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX charges_task ON charges (task) WHERE task IS NOT NULL;

CREATE TABLE policy (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  value TEXT NOT NULL
) STRICT;

WITH booked AS (
  SELECT printf('%04d-%02d', day / 10000, day / 100 % 100) AS month, printf('%02d', day % 100) AS date,
    (SELECT name FROM names WHERE id = workspace) AS workspace, auth = 'subscription' AS subscription,
    ifnull(cost_nano_usd, 0) AS nano_usd, coalesce(thinking_tokens, output_tokens, 0) AS thinking_tokens,
    ifnull(output_tokens, 0) AS output_tokens, tool_calls,
    CASE WHEN thinking_tokens IS NULL THEN ifnull(output_tokens, 0) ELSE 0 END AS guessed,
    provenance <> 'reported' OR output_tokens IS NULL AS estimated,
    cost_nano_usd IS NULL AND NOT (status = 'error' AND output_tokens IS 0 AND ifnull(input_tokens, 0) = 0) AS unpriced
  FROM calls WHERE owner_pid IS NULL
), keyed AS (
  SELECT 'machine day ' || month || '-' || date AS key, * FROM booked
  UNION ALL SELECT 'machine month ' || month, * FROM booked
  UNION ALL SELECT 'folder day ' || month || '-' || date || ' ' || workspace, * FROM booked
  UNION ALL SELECT 'folder month ' || month || ' ' || workspace, * FROM booked
)
INSERT INTO accounts
SELECT key, sum(nano_usd * NOT subscription), sum(nano_usd * subscription), sum(thinking_tokens), sum(output_tokens),
  sum(tool_calls), count(*), 0, 0, 0, 0, 0, 0, 0, sum(estimated), sum(unpriced), sum(guessed)
FROM keyed WHERE key IS NOT NULL GROUP BY key;
`;

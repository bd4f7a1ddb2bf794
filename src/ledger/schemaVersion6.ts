/** Token counts and amounts that are added up over the parts of a call; an unknown one adds nothing, and stays unknown where all are. */
const amounts = [
  ...['input_tokens', 'cache_read_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens', 'output_tokens'],
  ...['thinking_tokens', 'web_searches', 'cost_nano_usd'],
];
const split = ['input_nano_usd', 'cache_nano_usd', 'thinking_nano_usd', 'output_nano_usd'];

const summed = [
  ...['calls', 'input_tokens', 'cache_read_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens', 'output_tokens'],
  ...['thinking_tokens', 'known_thinking', 'unknown_thinking_calls', 'thinking_at_least_tokens', 'web_searches'],
  ...['tool_calls', 'cost_nano_usd', 'priced', ...split, 'unpriced_calls', 'estimated_calls', 'partial_calls'],
  'told_calls',
];

/** A row that is no call but the sum of several, of which only a log tells. */
const isSum = `(c.pricing IS NOT NULL AND (SELECT name FROM names WHERE id = c.pricing) LIKE '%,true]')`;

/** Of a sum nothing may count: then it shows nowhere. */
const counts = `(c.pricing IS NULL OR c.web_searches > 0 OR NOT (c.input_tokens IS 0 AND c.output_tokens IS 0 AND c.cache_read_tokens IS 0
    AND c.cache_write_5m_tokens IS 0 AND c.cache_write_1h_tokens IS 0) OR NOT ${isSum})`;

/** What the parts of a call come to by model, for calls whose parts add up to them: those are shared out, and no others. */
const parts = `by_model AS MATERIALIZED (
  SELECT p.call AS call, ifnull(p.model, c.model) AS model, ifnull(p.model, c.model) <> c.model AS is_other, min(p.ordinal) AS ordinal,
    ${amounts.map((name) => `sum(p.${name}) AS ${name}`).join(', ')},
    ${split.map((name) => `sum(ifnull(p.${name}, 0)) AS ${name}`).join(', ')}
  FROM call_parts p JOIN calls c ON c.seq = p.call WHERE c.owner_pid IS NULL GROUP BY p.call, ifnull(p.model, c.model)
), shared_calls AS MATERIALIZED (
  SELECT c.seq AS call FROM by_model m JOIN calls c ON c.seq = m.call GROUP BY c.seq
  HAVING sum(m.is_other = 0) = 1 AND ${amounts.map((name) => `sum(m.${name}) IS c.${name}`).join(' AND ')}
    AND ${split.map((name) => `sum(m.${name}) = ifnull(c.${name}, 0)`).join(' AND ')}
)`;

/** A call of which nothing is shared out. */
const wholeCalls = `SELECT c.day, c.session, c.model, ifnull(c.effort, 0) AS effort, c.agent, c.auth, c.workspace, ifnull(c.task, 0) AS task,
    NOT ${isSum} AS calls, ${amounts.map((name) => `c.${name} AS ${name}`).join(', ')},
    ${split.map((name) => `ifnull(c.${name}, 0) AS ${name}`).join(', ')},
    c.thinking_tokens IS NULL AS unknown_thinking_calls,
    iif(c.thinking_tokens IS NULL, ifnull(c.thinking_at_least_tokens, 0), 0) AS thinking_at_least_tokens, c.tool_calls AS tool_calls,
    c.cost_nano_usd IS NULL AS unpriced_calls, c.provenance, c.source, c.started_at_ms
  FROM calls c WHERE c.owner_pid IS NULL AND ${counts} AND c.seq NOT IN (SELECT call FROM shared_calls)`;

/** A call counts once among those of unknown thinking and once among those without a price, at its first share that is: its own before others. */
const shares = `SELECT c.day, c.session, m.model, iif(m.is_other, 0, ifnull(c.effort, 0)) AS effort, c.agent, c.auth, c.workspace,
    ifnull(c.task, 0) AS task, NOT m.is_other AND NOT ${isSum} AS calls, ${amounts.map((name) => `m.${name} AS ${name}`).join(', ')},
    ${split.map((name) => `m.${name} AS ${name}`).join(', ')},
    m.thinking_tokens IS NULL AND row_number() OVER (PARTITION BY m.call, m.thinking_tokens IS NULL ORDER BY m.is_other, m.ordinal) = 1
      AS unknown_thinking_calls,
    iif(NOT m.is_other AND m.thinking_tokens IS NULL, ifnull(c.thinking_at_least_tokens, 0), 0) AS thinking_at_least_tokens,
    iif(m.is_other, 0, c.tool_calls) AS tool_calls,
    m.cost_nano_usd IS NULL AND row_number() OVER (PARTITION BY m.call, m.cost_nano_usd IS NULL ORDER BY m.is_other, m.ordinal) = 1
      AS unpriced_calls,
    iif(m.is_other, 'reported', c.provenance) AS provenance, c.source, c.started_at_ms
  FROM by_model m JOIN calls c ON c.seq = m.call WHERE m.call IN (SELECT call FROM shared_calls) AND ${counts}`;

const keys = 'day, session, model, effort, agent, auth, workspace, task';

/**
 * Rollups that tell efforts and tasks apart, and calls that are estimated from calls that were seen in part. They are made anew from the calls
 * that there are. An effort or a task of 0 is none that is known.
 *
 * `task_rollups` holds what runs of own tasks are made of: sums over whole calls of a task, for each agent, model and effort at one set of rates.
 */
export const schemaVersion6 = `
DROP TABLE rollups;

CREATE TABLE rollups (
  day INTEGER NOT NULL,
  session INTEGER NOT NULL,
  model INTEGER NOT NULL,
  effort INTEGER NOT NULL,
  agent INTEGER NOT NULL,
  auth TEXT NOT NULL,
  workspace INTEGER NOT NULL,
  task INTEGER NOT NULL,${summed.map((name) => `\n  ${name} INTEGER NOT NULL,`).join('')}
  newest INTEGER NOT NULL,
  PRIMARY KEY (${keys})
) STRICT, WITHOUT ROWID;

CREATE TABLE task_rollups (
  day INTEGER NOT NULL,
  session INTEGER NOT NULL,
  task INTEGER NOT NULL,
  agent INTEGER NOT NULL,
  model INTEGER NOT NULL,
  effort INTEGER NOT NULL,
  sub_agent INTEGER NOT NULL,
  rates INTEGER NOT NULL,
  calls INTEGER NOT NULL,
  cost_nano_usd INTEGER NOT NULL,
  unpriced_calls INTEGER NOT NULL,
  thinking_nano_usd INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL,
  cache_write_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  unknown_token_calls INTEGER NOT NULL,
  thinking_tokens INTEGER NOT NULL,
  unknown_thinking_calls INTEGER NOT NULL,
  duration_ms INTEGER NOT NULL,
  first_at_ms INTEGER NOT NULL,
  last_at_ms INTEGER NOT NULL,
  PRIMARY KEY (day, session, task, agent, model, effort, sub_agent, rates)
) STRICT, WITHOUT ROWID;

WITH ${parts}, shares AS (
  ${wholeCalls}
  UNION ALL
  ${shares}
)
INSERT INTO rollups (${keys}, ${summed.join(', ')}, newest)
SELECT ${keys}, sum(calls), sum(ifnull(input_tokens, 0)), sum(cache_read_tokens), sum(cache_write_5m_tokens), sum(cache_write_1h_tokens),
  sum(ifnull(output_tokens, 0)), sum(ifnull(thinking_tokens, 0)), count(thinking_tokens), sum(unknown_thinking_calls),
  sum(thinking_at_least_tokens), sum(web_searches), sum(tool_calls), sum(ifnull(cost_nano_usd, 0)), count(cost_nano_usd),
  ${split.map((name) => `sum(${name})`).join(', ')}, sum(unpriced_calls), sum(provenance = 'estimated'), sum(provenance = 'partial'),
  sum(iif(source = 'transcript', calls, 0)), max(started_at_ms * 2 + calls)
FROM shares GROUP BY ${keys};

INSERT INTO task_rollups
SELECT c.day, c.session, c.task, c.agent, c.model, ifnull(c.effort, 0), c.sub_agent IS NOT NULL, c.rates, sum(NOT ${isSum}),
  sum(ifnull(c.cost_nano_usd, 0)),
  sum(c.cost_nano_usd IS NULL AND NOT (c.status = 'error' AND c.output_tokens IS 0 AND ifnull(c.input_tokens, 0) = 0)),
  sum(ifnull(c.thinking_nano_usd, 0)), sum(ifnull(c.input_tokens, 0)), sum(c.cache_read_tokens),
  sum(c.cache_write_5m_tokens + c.cache_write_1h_tokens), sum(ifnull(c.output_tokens, 0)),
  sum((c.input_tokens IS NULL OR c.output_tokens IS NULL) AND c.status <> 'error'), sum(ifnull(c.thinking_tokens, 0)),
  sum(c.thinking_tokens IS NULL AND NOT (c.status = 'error' AND ifnull(c.output_tokens, 0) = 0)), 
  sum(iif(${isSum}, 0, ifnull(c.duration_ms, 0))),
  min(c.started_at_ms), max(c.started_at_ms)
FROM calls c WHERE c.owner_pid IS NULL AND c.task IS NOT NULL AND ${counts}
GROUP BY c.day, c.session, c.task, c.agent, c.model, ifnull(c.effort, 0), c.sub_agent IS NOT NULL, c.rates;
`;

import { integerOf, type SqlRow, type Statements } from './sqlite.ts';
import { countsOf } from './toldRecord.ts';

/**
 * Where names are referred to. Sessions, models, agents and workspaces of finished calls are in the rollups, which are small; the
 * other columns of calls have few different values and are read in one pass.
 */
const references = [
  'SELECT DISTINCT session, model, agent, workspace FROM rollups',
  'SELECT session, model, agent, workspace FROM calls WHERE owner_pid IS NOT NULL',
  // What counts nowhere is in no rollup.
  `SELECT session, model, agent, workspace FROM calls WHERE NOT ${countsOf('calls')}`,
  `SELECT DISTINCT provider, sub_agent, requested_model, effort, error_type, problems, rates, price_version, pricing FROM calls`,
  'SELECT DISTINCT model, rates, price_version FROM call_parts',
  'SELECT DISTINCT provider FROM observations',
  'SELECT DISTINCT agent, session, model FROM sightings',
  'SELECT DISTINCT agent FROM logs',
  'SELECT DISTINCT workspace FROM tasks',
  'SELECT DISTINCT provider, model, price_version, accounts FROM holds',
  'SELECT DISTINCT accounts FROM charges',
  'SELECT session FROM bindings',
  'SELECT workspace FROM active_tasks',
];

/** Deletes names that nothing refers to any more, so that the names of deleted calls go with them. */
export function pruneNames(statements: Statements): void {
  const kept = new Set<unknown>();
  for (const sql of references) {
    for (const row of statements.prepare(sql).iterate() as Iterable<SqlRow>) {
      for (const id of Object.values(row)) kept.add(id);
    }
  }
  const all = statements.all('SELECT id FROM names').map((row) => integerOf(row, 'id'));
  for (const id of all) if (!kept.has(id)) statements.run('DELETE FROM names WHERE id = ?', id);
}

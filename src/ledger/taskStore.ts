import { taskAccountKey } from '../budget/accountKeys.ts';
import type { AccountState, Dimension } from '../domain/budget.ts';
import type { Task, TaskEvent } from '../domain/task.ts';
import type { Accounts } from './accounts.ts';
import type { Bookings } from './bookings.ts';
import type { BudgetZone } from './budgetZone.ts';
import type { SessionBinding, TaskBooks, TaskWithAccount } from './contract.ts';
import type { Names } from './names.ts';
import type { Rollups } from './rollups.ts';
import { integerOf, integerOrNull, type SqlRow, type SqlValue, type Statements, textOf } from './sqlite.ts';
import { taskColumns, taskEventOf, taskOf } from './taskRow.ts';

export interface TaskStoreOptions {
  readonly statements: Statements;
  readonly names: Names;
  readonly accounts: Accounts;
  readonly bookings: Bookings;
  readonly rollups: Rollups;
  readonly zone: BudgetZone;
}

/** Events of a task that are kept; an agent that tries again and again must not fill the disk with refusals. */
const keptEvents = 1000;
const keptSessions = 20;

const limitColumns: Readonly<Record<Dimension, string>> = {
  costNanoUsd: 'limit_nano_usd',
  thinkingTokens: 'limit_thinking_tokens',
  outputTokens: 'limit_output_tokens',
  toolCalls: 'limit_tool_calls',
  calls: 'limit_calls',
};

/** Tasks and what belongs to them. What writes must run inside a transaction; a fault of the caller's is thrown as a sentence. */
export class TaskStore {
  readonly #options: TaskStoreOptions;

  constructor(options: TaskStoreOptions) {
    this.#options = options;
  }

  load(): TaskBooks {
    const { statements, names } = this.#options;
    const bindings = statements.all(
      'SELECT b.session, b.moved, t.id FROM bindings b LEFT JOIN tasks t ON t.seq = b.task',
    );
    const active = statements.all('SELECT a.workspace, t.id FROM active_tasks a JOIN tasks t ON t.seq = a.task');
    return {
      tasks: statements.all('SELECT * FROM tasks ORDER BY seq').map((row) => this.#withAccount(row)),
      bindings: bindings.map(
        (row): SessionBinding => ({
          session: names.textOf(integerOf(row, 'session')),
          taskId: row['id'] === null ? null : textOf(row, 'id'),
          isMoved: row['moved'] === 1,
        }),
      ),
      active: active.map((row) => ({
        workspaceId: names.textOf(integerOf(row, 'workspace')),
        taskId: textOf(row, 'id'),
      })),
    };
  }

  task(taskId: string): TaskWithAccount | null {
    const row = this.#row(taskId);
    return row === undefined ? null : this.#withAccount(row);
  }

  save(task: Task): void {
    const { statements, names } = this.#options;
    const columns = taskColumns(task, names);
    const keys = Object.keys(columns);
    const changes = keys.filter((name) => name !== 'id').map((name) => `${name} = excluded.${name}`);
    statements
      .prepare(
        `INSERT INTO tasks (${keys.join(', ')}) VALUES (${keys.map((name) => `:${name}`).join(', ')})
         ON CONFLICT (id) DO UPDATE SET ${changes.join(', ')}`,
      )
      .run(columns);
  }

  extend(taskId: string, dimension: Dimension, by: number): Task | null {
    if (!Number.isSafeInteger(by) || by <= 0) throw new Error('A budget is extended by a whole number above 0.');
    const { statements, names } = this.#options;
    const column = limitColumns[dimension];
    statements.run(
      `UPDATE tasks SET ${column} = min(${Number.MAX_SAFE_INTEGER}, ${column} + ?) WHERE id = ? AND ${column} IS NOT NULL`,
      by,
      taskId,
    );
    const row = this.#row(taskId);
    return row === undefined ? null : taskOf(row, names);
  }

  delete(taskId: string): void {
    const { statements, bookings, rollups } = this.#options;
    const seq = this.seqOf(taskId);
    if (seq === null) return;
    bookings.forgetTask(seq);
    rollups.forgetTask(seq);
    statements.run('UPDATE calls SET task = NULL WHERE task = ?', seq);
    statements.run('DELETE FROM tasks WHERE seq = ?', seq);
  }

  setActive(workspaceId: string, taskId: string | null): void {
    const { statements, names } = this.#options;
    const workspace = names.idOf(workspaceId);
    if (taskId === null) statements.run('DELETE FROM active_tasks WHERE workspace = ?', workspace);
    else statements.run('INSERT OR REPLACE INTO active_tasks VALUES (?, ?)', workspace, this.#seqOrThrow(taskId));
  }

  /** Sessions are looked for on the days that the rollups name, so that the calls of others are not read. */
  bindSession(session: string, taskId: string | null, moveCalls: boolean): number {
    const { statements, names, bookings, rollups } = this.#options;
    const task = taskId === null ? null : this.#seqOrThrow(taskId);
    const name = names.idOf(session);
    statements.run('INSERT OR REPLACE INTO bindings VALUES (?, ?, ?)', name, task, Number(moveCalls));
    if (!moveCalls) return 0;
    const moved = statements
      .prepare(
        `SELECT seq, id, day FROM calls WHERE session = :session AND day IN (SELECT day FROM rollups WHERE session = :session)
           AND owner_pid IS NULL AND task IS NOT :task
         UNION ALL SELECT seq, id, NULL FROM calls WHERE session = :session AND owner_pid IS NOT NULL AND task IS NOT :task`,
      )
      .all({ session: name, task });
    for (const row of moved) {
      statements.run('UPDATE calls SET task = ? WHERE seq = ?', task, integerOf(row, 'seq'));
      bookings.move(row['id'] ?? null, task);
      const day = integerOrNull(row, 'day');
      if (day !== null) rollups.markStale(day, name);
    }
    return moved.length;
  }

  /** The task of a call that is booked now. What the user has moved stays where it was moved to, whatever an older record says. */
  taskOfCall(
    record: { readonly taskId: string | null; readonly session: string },
    before: SqlRow | undefined,
    callKey: SqlValue,
  ): number | null {
    const { statements, names, bookings } = this.#options;
    const given = record.taskId === null ? null : this.seqOf(record.taskId);
    if (before === undefined) return bookings.hold(callKey)?.task ?? given;
    const kept = integerOrNull(before, 'task');
    if (kept !== null || given === null) return kept;
    const binding = statements.get('SELECT task FROM bindings WHERE session = ?', names.idOf(record.session));
    return binding !== undefined && binding['task'] === null ? null : given;
  }

  /** Of a task that was deleted meanwhile nothing is kept. */
  addEvent({ taskId, atMs, kind, text, by }: TaskEvent): void {
    const { statements } = this.#options;
    const seq = this.seqOf(taskId);
    if (seq === null) return;
    statements.run(
      'INSERT INTO task_events (task, at_ms, kind, text, done_by) VALUES (?, ?, ?, ?, ?)',
      seq,
      Math.round(atMs),
      kind,
      text,
      by,
    );
    statements.run(
      'DELETE FROM task_events WHERE task = ? AND seq <= (SELECT seq FROM task_events WHERE task = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)',
      seq,
      seq,
      keptEvents,
    );
  }

  events(taskId: string | null, limit: number): readonly TaskEvent[] {
    const { statements } = this.#options;
    const select = 'SELECT e.*, t.id AS task_id FROM task_events e JOIN tasks t ON t.seq = e.task';
    const rows =
      taskId === null
        ? statements.all(`${select} ORDER BY e.at_ms DESC, e.seq DESC LIMIT ?`, limit)
        : statements.all(`${select} WHERE t.id = ? ORDER BY e.at_ms DESC, e.seq DESC LIMIT ?`, taskId, limit);
    return rows.map(taskEventOf);
  }

  accounts(keys: readonly string[]): readonly AccountState[] {
    return keys.map((key) => this.#options.accounts.state(key));
  }

  recentOutputs(
    limit: number,
  ): readonly { readonly agent: string; readonly model: string; readonly outputTokens: number }[] {
    const { statements, names } = this.#options;
    const rows = statements.all(
      `SELECT agent, model, output_tokens FROM calls
       WHERE owner_pid IS NULL AND status = 'ok' AND output_tokens IS NOT NULL ORDER BY started_at_ms DESC LIMIT ?`,
      limit,
    );
    return rows.map((row) => ({
      agent: names.textOf(integerOf(row, 'agent')),
      model: names.textOf(integerOf(row, 'model')),
      outputTokens: integerOf(row, 'output_tokens'),
    }));
  }

  savePolicy(value: unknown): void {
    this.#options.statements.run('INSERT OR REPLACE INTO policy VALUES (1, ?)', JSON.stringify(value ?? null));
    this.#options.zone.follow(value);
  }

  /** Null where none was saved. */
  loadPolicy(): unknown {
    const row = this.#options.statements.get('SELECT value FROM policy');
    return row === undefined ? null : JSON.parse(textOf(row, 'value'));
  }

  seqOf(taskId: string): number | null {
    const row = this.#options.statements.get('SELECT seq FROM tasks WHERE id = ?', taskId);
    return row === undefined ? null : integerOf(row, 'seq');
  }

  #seqOrThrow(taskId: string): number {
    const seq = this.seqOf(taskId);
    if (seq === null) throw new Error('There is no such task; it may have been deleted.');
    return seq;
  }

  #row(taskId: string): SqlRow | undefined {
    return this.#options.statements.get('SELECT * FROM tasks WHERE id = ?', taskId);
  }

  #withAccount(row: SqlRow): TaskWithAccount {
    const { statements, names, accounts } = this.#options;
    const task = taskOf(row, names);
    const sessions = statements.all(
      `SELECT session, agent, max(started_at_ms) AS last FROM calls WHERE task = ?
       GROUP BY session, agent ORDER BY last DESC LIMIT ${keptSessions}`,
      integerOf(row, 'seq'),
    );
    return {
      task,
      account: accounts.state(taskAccountKey(task.id)),
      sessions: sessions.map((session) => ({
        session: names.textOf(integerOf(session, 'session')),
        agent: names.textOf(integerOf(session, 'agent')),
        lastCallAtMs: integerOf(session, 'last'),
      })),
    };
  }
}

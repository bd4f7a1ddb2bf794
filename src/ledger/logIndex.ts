import type { ImportedLog } from './importContract.ts';
import type { Names } from './names.ts';
import { integerOf, type Statements, textOf } from './sqlite.ts';

/** What is known of every log, by path. */
export function loadLogs(statements: Statements, names: Names): readonly ImportedLog[] {
  return statements.all('SELECT * FROM logs').map((row) => ({
    path: textOf(row, 'path'),
    agent: names.textOf(integerOf(row, 'agent')),
    sizeBytes: integerOf(row, 'size_bytes'),
    mtimeMs: integerOf(row, 'mtime_ms'),
    inode: integerOf(row, 'inode'),
    offset: integerOf(row, 'read_bytes'),
    lines: integerOf(row, 'read_lines'),
    fingerprint: textOf(row, 'fingerprint'),
    state: textOf(row, 'state'),
    sessionId: row['session'] === null ? null : textOf(row, 'session'),
    parentId: row['parent'] === null ? null : textOf(row, 'parent'),
  }));
}

/** Inside a transaction. */
export function saveLogs(statements: Statements, names: Names, logs: readonly ImportedLog[]): void {
  const insert = statements.prepare('INSERT OR REPLACE INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  for (const log of logs) {
    insert.run(
      log.path,
      names.idOf(log.agent),
      log.sizeBytes,
      log.mtimeMs,
      // Some file systems have numbers beyond what can be kept exactly; the log is then told apart by its bytes alone.
      Number.isSafeInteger(log.inode) ? log.inode : 0,
      log.offset,
      log.lines,
      log.fingerprint,
      log.state,
      log.sessionId,
      log.parentId,
    );
  }
}

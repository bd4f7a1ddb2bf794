import { type Dirent, lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { ReadProblem, SourceFile, SourceRoot } from './contract.ts';

/** A log that was found, with what tells whether it has changed. */
export interface FoundLog extends SourceFile {
  readonly root: SourceRoot;
  /** The root with all links resolved: what is read must lie in it. */
  readonly realRoot: string;
  readonly sizeBytes: number;
  readonly inode: number;
}

export interface FoundProblem extends ReadProblem {
  readonly path: string;
}

export interface FindSink {
  log(log: FoundLog): void;
  problem(problem: FoundProblem): void;
}

/** More files than anybody's agents write; whoever made them does not want them read. */
const maxFolders = 100_000;

/**
 * Finds the logs below a root. Links below it are not followed: what they lead to inside the root is found there, and what is
 * outside is not ours to read. Says nothing about a root that does not exist.
 */
export function findLogs(root: SourceRoot, sink: FindSink): void {
  let realRoot: string;
  let stats: Stats;
  try {
    realRoot = realpathSync.native(root.path);
    stats = lstatSync(realRoot);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') sink.problem(unreadable(root.path, error));
    return;
  }
  if (stats.isFile()) {
    if (root.accepts('')) sink.log(found(realRoot, '', { root, realRoot, stats }));
    return;
  }
  if (!stats.isDirectory()) return;
  const waiting: { readonly relative: string; readonly depth: number }[] = [{ relative: '', depth: 0 }];
  for (let visited = 0; visited < waiting.length && visited < maxFolders; visited++) {
    const folder = waiting[visited];
    if (folder === undefined) break;
    for (const entry of entriesOf(join(realRoot, folder.relative), sink)) {
      const relative = folder.relative === '' ? entry.name : `${folder.relative}/${entry.name}`;
      if (entry.isDirectory()) {
        if (folder.depth < root.maxDepth && !root.skipsFolder?.(relative))
          waiting.push({ relative, depth: folder.depth + 1 });
      } else if (entry.isSymbolicLink()) noteLink({ root, realRoot, relative, depth: folder.depth }, sink);
      else if (root.accepts(relative)) addFile({ root, realRoot, relative, entry }, sink);
    }
  }
}

function addFile(
  at: { readonly root: SourceRoot; readonly realRoot: string; readonly relative: string; readonly entry: Dirent },
  sink: FindSink,
): void {
  const path = join(at.realRoot, at.relative);
  if (!at.entry.isFile()) {
    sink.problem({ path, code: 'not-a-file', detail: 'not a regular file' });
    return;
  }
  try {
    const stats = lstatSync(path);
    if (stats.isFile()) sink.log(found(path, at.relative, { ...at, stats }));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') sink.problem(unreadable(path, error));
  }
}

/** A link inside of the root tells nothing new; one that leads out is told of, if it could hide logs. */
function noteLink(
  at: { readonly root: SourceRoot; readonly realRoot: string; readonly relative: string; readonly depth: number },
  sink: FindSink,
): void {
  const path = join(at.realRoot, at.relative);
  let target: string;
  try {
    target = realpathSync.native(path);
    if (isInside(target, at.realRoot)) return;
    const stats = lstatSync(target);
    const hidesLogs = stats.isDirectory()
      ? at.depth < at.root.maxDepth && !at.root.skipsFolder?.(at.relative)
      : at.root.accepts(at.relative);
    if (!hidesLogs) return;
  } catch {
    return;
  }
  sink.problem({ path, code: 'outside-root', detail: 'a link that leads out of the folder is not followed' });
}

/** Whether a resolved path is a root or below it. */
export function isInside(path: string, realRoot: string): boolean {
  return path === realRoot || path.startsWith(realRoot.endsWith(sep) ? realRoot : realRoot + sep);
}

function found(
  path: string,
  relativePath: string,
  about: { readonly root: SourceRoot; readonly realRoot: string; readonly stats: Stats },
): FoundLog {
  const { root, realRoot, stats } = about;
  const { size: sizeBytes, mtimeMs, ino: inode } = stats;
  const log = { path, relativePath, root, realRoot, sizeBytes, mtimeMs, inode };
  if (root.format.kind === 'document') {
    const beside = root.format.beside?.(relativePath) ?? [];
    return { ...log, sizeBytes: beside.reduce((sum, name) => sum + sizeOf(join(dirname(path), name)), sizeBytes) };
  }
  if (root.format.kind !== 'sqlite') return log;
  // What a database was told last stands in its log first.
  const wal = lstatSync(`${path}-wal`, { throwIfNoEntry: false });
  if (wal === undefined) return log;
  return { ...log, sizeBytes: sizeBytes + wal.size, mtimeMs: Math.max(mtimeMs, wal.mtimeMs) };
}

function sizeOf(path: string): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() ? stats.size : 0;
}

/** The same log as it is now; null where it is gone or is no regular file any more. */
export function foundAgain(log: FoundLog): FoundLog | null {
  const stats = lstatSync(log.path, { throwIfNoEntry: false });
  return stats?.isFile() ? found(log.path, log.relativePath, { root: log.root, realRoot: log.realRoot, stats }) : null;
}

function entriesOf(path: string, sink: FindSink): readonly Dirent[] {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') sink.problem(unreadable(path, error));
    return [];
  }
}

function unreadable(path: string, error: unknown): FoundProblem {
  return { path, code: 'unreadable', detail: `cannot be read (${codeOf(error)})` };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'error';
}

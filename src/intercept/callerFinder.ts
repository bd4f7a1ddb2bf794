import { fileURLToPath } from 'node:url';

/** An extension by the folder that its code is in. */
export interface ExtensionFolder {
  readonly path: string;
  readonly id: string;
}

/** Far deeper than SDKs are; the default of ten ends inside undici. */
const STACK_FRAMES = 120;

/**
 * Finds the extension that is calling from the stack: the innermost frame whose file is inside the folder of one. `null` where none is
 * there, as after a promise that nobody awaits. Only for calls of LLM APIs, since a deep stack takes some hundred microseconds.
 */
export function createCallerFinder(folders: () => readonly ExtensionFolder[]): () => string | null {
  return () => {
    const stack = stackText();
    let found: { readonly at: number; readonly length: number; readonly id: string } | null = null;
    for (const { path, id } of folders()) {
      const at = indexOfFolder(stack, path);
      if (at < 0) continue;
      // Of two folders at the same place the inner one is meant.
      if (found === null || at < found.at || (at === found.at && path.length > found.length)) {
        found = { at, length: path.length, id };
      }
    }
    return found?.id ?? null;
  };
}

function indexOfFolder(stack: string, path: string): number {
  for (let at = stack.indexOf(path); at >= 0; at = stack.indexOf(path, at + 1)) {
    const next = stack[at + path.length];
    if (next === '/' || next === '\\') return at;
  }
  return -1;
}

/**
 * The file names of the stack, one a line. Reads them from the frames and not from a printed stack, which source maps of others would have
 * changed. What is set for that is put back before anybody else runs.
 */
function stackText(): string {
  const limit = Error.stackTraceLimit;
  const prepare = Error.prepareStackTrace;
  const holder: { stack?: unknown } = {};
  try {
    Error.stackTraceLimit = STACK_FRAMES;
    Error.prepareStackTrace = (_error, sites) =>
      sites.map((site) => pathOf(site.getFileName() ?? site.getEvalOrigin() ?? '')).join('\n');
    Error.captureStackTrace(holder, stackText);
    return String(holder.stack);
  } catch {
    // Somebody has frozen the constructor of errors: the printed stack must do.
    return String(new Error('where').stack);
  } finally {
    try {
      Error.stackTraceLimit = limit;
      Error.prepareStackTrace = prepare;
    } catch {
      // Then it was not changed either.
    }
  }
}

/** Modules are named by their URL, everything else by its path. */
function pathOf(file: string): string {
  if (!file.startsWith('file:')) return file;
  try {
    return fileURLToPath(file);
  } catch {
    return file;
  }
}

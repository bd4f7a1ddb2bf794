/**
 * The editor's own extensions run beside Outlay in the host, and sometimes throw where nobody catches it: git's `check-ignore`
 * writes to a process that has already ended. The host only logs such an error, and goes on; Mocha blames the test that runs
 * at that moment. Here an error is kept from Mocha whose whole stack lies in the editor's own extensions (and in Node). An
 * error with one frame of anybody else, or with no frame that names a file, still fails the test.
 */
export function isOfEditorsExtension(error: unknown, editorRoot: string): boolean {
  if (!(error instanceof Error) || error.stack === undefined) return false;
  const files = framesOf(error.stack).filter((frame) => !frame.includes('node:') && !frame.includes('<anonymous>'));
  return files.length > 0 && files.every((frame) => frame.includes(`${editorRoot}/extensions/`));
}

const framesOf = (stack: string): readonly string[] =>
  stack.split('\n').filter((line) => line.trimStart().startsWith('at '));

/**
 * Puts such a filter before every listener for uncaught errors that came since `before`, which are Mocha's. Gives what takes
 * the filters away. `onOthers` is told of what was kept from them.
 */
export function keepOthersErrorsAway(
  before: ReadonlySet<unknown>,
  editorRoot: string,
  onOthers: (error: Error) => void,
): () => void {
  const filters = process
    .listeners('uncaughtException')
    .filter((listener) => !before.has(listener))
    .map((listener) => {
      const filter = (error: Error, origin: NodeJS.UncaughtExceptionOrigin) => {
        if (isOfEditorsExtension(error, editorRoot)) onOthers(error);
        else listener.call(process, error, origin);
      };
      process.removeListener('uncaughtException', listener);
      process.on('uncaughtException', filter);
      return filter;
    });
  if (filters.length === 0) throw new Error('Mocha listens to uncaught errors only later than it did.');
  return () => {
    for (const filter of filters) process.removeListener('uncaughtException', filter);
  };
}

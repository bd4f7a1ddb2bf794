import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCallerFinder } from '../../../src/intercept/callerFinder.ts';

let root = '';
type Run = (find: () => unknown) => unknown;

/** A module in a folder, which calls what it is given from as deep as is asked for. */
function moduleIn(folder: string, depth: number): string {
  const file = join(root, `${folder}.cjs`);
  const source = `const dive = (n, find) => (n === 0 ? find() : dive(n - 1, find)); module.exports = (find) => dive(${depth}, find);`;
  writeFileSync(file, source);
  return file;
}

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'outlay caller-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('the finder of callers', () => {
  const require = createRequire(import.meta.url);

  it('names the extension whose code is innermost, however deep the client under it is', () => {
    const inner = require(moduleIn('inner', 60)) as Run;
    const find = createCallerFinder(() => [
      { path: join(root, 'inner.cjs').slice(0, -'.cjs'.length), id: 'a prefix is no folder' },
      { path: root, id: 'some.agent' },
      { path: '/elsewhere', id: 'other.agent' },
    ]);
    expect(inner(find)).toBe('some.agent');
  });

  it('finds modules by their URL, with spaces in it', async () => {
    const file = join(root, 'module.mjs');
    writeFileSync(file, 'export const run = (find) => find();');
    const { run } = (await import(pathToFileURL(file).href)) as { run: Run };
    expect(run(createCallerFinder(() => [{ path: root, id: 'some.agent' }]))).toBe('some.agent');
  });

  it('knows nothing where no extension is on the stack', () => {
    expect(createCallerFinder(() => [{ path: '/elsewhere', id: 'other.agent' }])()).toBeNull();
  });

  it('leaves the printing of errors as it was, and works around one that others have changed', () => {
    const run = require(moduleIn('printing', 1)) as Run;
    const find = createCallerFinder(() => [{ path: root, id: 'some.agent' }]);
    const { prepareStackTrace, stackTraceLimit } = Error;
    Error.prepareStackTrace = () => 'nothing to see';
    const theirs = Error.prepareStackTrace;
    expect(run(find)).toBe('some.agent');
    expect(Error.prepareStackTrace).toBe(theirs);
    Error.prepareStackTrace = prepareStackTrace;
    expect(Error.stackTraceLimit).toBe(stackTraceLimit);
  });
});

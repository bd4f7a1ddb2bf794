import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const dist = join(resolve(import.meta.dirname, '../..'), 'dist');
const bundles = readdirSync(dist).filter((name) => name.endsWith('.js'));
const withText = (pattern: RegExp): readonly string[] =>
  bundles.filter((name) => pattern.test(readFileSync(join(dist, name), 'utf8')));

// A copy of undici in one extension has broken the calls of others: it fills slots that all of them share.
describe('the bundles', () => {
  it('have no undici in them, and set no dispatcher for everybody', () => {
    expect(bundles).toContain('extension.js');
    expect(withText(/setGlobalDispatcher|undici\.globalDispatcher/)).toEqual([]);
    expect(
      withText(/UND_ERR_NOT_SUPPORTED|InvalidArgumentError.*UND_ERR_INVALID_ARG|require\(["']undici["']\)/),
    ).toEqual([]);
  });

  it('name the channels that are followed where they belong, in the extension alone', () => {
    expect(withText(/undici:request:create/)).toEqual(['extension.js']);
  });
});

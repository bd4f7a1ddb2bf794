import { cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importLogs } from '../../../../src/meter/import/importLogs.ts';
import { startReading } from '../../../../src/meter/import/startReading.ts';
import { readers } from '../../../../src/readers/registry.ts';
import { openBooks } from '../../ledger/importFixtures.ts';
import { buildHome } from '../../readers/builtHome.ts';

const reports = ['model', 'folder', 'session', 'month'] as const;

/** Copies what is wanted of a home in each step, imports after it, and returns what the books come to. */
async function booksAfter(agent: string, steps: readonly ((name: string) => boolean)[]) {
  const home = buildHome(agent);
  const homeDir = mkdtempSync(join(tmpdir(), 'outlay-beside-'));
  const ledger = openBooks();
  const { writer } = ledger;
  try {
    for (const isWanted of steps) {
      cpSync(home.homeDir, homeDir, {
        recursive: true,
        preserveTimestamps: true,
        // What is there already is not written anew, so that only what comes can cause another reading.
        filter: (path) =>
          statSync(path).isDirectory() ||
          (isWanted(basename(path)) && !existsSync(join(homeDir, relative(home.homeDir, path)))),
      });
      await importLogs({
        readers: readers.filter((reader) => reader.agent === agent),
        place: { homeDir, env: {}, platform: 'linux' },
        books: { loadLogs: async () => writer.loadLogs(), book: async (batch) => writer.bookImport(batch) },
        startReading: startReading(null),
      });
    }
    return reports.map((by) => ledger.reader.report({ by }));
  } finally {
    ledger.close();
    home.remove();
    rmSync(homeDir, { recursive: true, force: true });
  }
}

describe('what is told beside a log', () => {
  it.each([
    ['cline', /^(?:ui_messages|.*\.messages)\.json$/],
    ['roo-code', /^ui_messages\.json$/],
    ['kilo', /^ui_messages\.json$/],
    ['droid', /\.settings\.json$/],
  ])('counts for %s too where it comes after the log', async (agent, log) => {
    const atOnce = await booksAfter(agent, [() => true]);
    const logsAlone = await booksAfter(agent, [(name) => log.test(name)]);
    expect(logsAlone).not.toEqual(atOnce);
    expect(await booksAfter(agent, [(name) => log.test(name), () => true])).toEqual(atOnce);
  });
});

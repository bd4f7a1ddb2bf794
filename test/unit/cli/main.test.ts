import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, callId } from '../ledger/callFixtures.ts';
import { tempDir } from '../ledger/tempDir.ts';
import { book } from './cliFixture.ts';

let folder = '';
let cli = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'outlay-cli-'));
  cli = join(folder, 'cli.js');
  const entry = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));
  buildSync({ entryPoints: [entry], outfile: cli, bundle: true, platform: 'node', format: 'cjs', logLevel: 'error' });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function start(args: readonly string[], preload: readonly string[] = []): ChildProcess {
  return spawn(process.execPath, [...preload, cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

async function outcomeOf(child: ChildProcess): Promise<readonly [number | null, string, string]> {
  if (child.stdout === null || child.stderr === null) throw new Error('no pipes');
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code]: [number | null] = (await exit) as [number | null];
  return [code, stdout, stderr];
}

describe('dist/cli.js', () => {
  it('prints one JSON document and nothing else', async () => {
    const dataDir = tempDir();
    book(dataDir, [call()]);
    const [code, stdout, stderr] = await outcomeOf(start(['report', '--data-dir', dataDir, '--by', 'model', '--json']));
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject([{ key: 'claude-opus-4-6', calls: 1 }]);
  });

  it('exits with 2 and one sentence for bad arguments', async () => {
    const [code, stdout, stderr] = await outcomeOf(start(['report', '--by', 'colour']));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.split('\n')).toHaveLength(2);
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const dataDir = tempDir();
    book(
      dataDir,
      Array.from({ length: 3000 }, (_, index) => call({ id: callId(index) })),
    );
    const child = start(['calls', '--data-dir', dataDir, '--json']);
    if (child.stderr === null) throw new Error('no pipe');
    child.stdout?.destroy();
    const exit = once(child, 'exit');
    expect(await text(child.stderr)).toBe('');
    const [code, signal] = await exit;
    expect([code, signal]).toEqual([0, null]);
  });

  it.runIf(existsSync('/dev/full'))('fails where its output cannot be kept', async () => {
    const dataDir = tempDir();
    book(dataDir, [call()]);
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [cli, 'calls', '--data-dir', dataDir, '--json'], {
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    if (child.stderr === null) throw new Error('no pipe');
    const exit = once(child, 'exit');
    expect(await text(child.stderr)).toBe('The output cannot be written (ENOSPC).\n');
    expect((await exit)[0]).toBe(1);
  });
});

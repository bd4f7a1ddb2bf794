import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oldNodeSentence } from '../../../src/cli/nodeVersion.ts';
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

  it('says in one sentence that a Node is too old, before it touches anything newer', async () => {
    // The version is all that the script may look at; without getBuiltinModule and node:sqlite everything else would fail.
    const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.19.0'});process.getBuiltinModule=undefined`;
    const [code, stdout, stderr] = await outcomeOf(start(['report', '--by', 'day'], ['--import', pretend]));
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe('Outlay needs Node 24 (or 22.13 and newer); this is Node 18.19.0.\n');
  });
});

describe('oldNodeSentence', () => {
  it.each(['24.0.0', '26.1.0', '23.4.0', '22.13.0', '22.20.1'])('accepts %s', (version) => {
    expect(oldNodeSentence(version)).toBeNull();
  });

  it.each(['23.3.0', '22.12.0', '20.19.0', '18.0.0', '8.17.0'])('refuses %s', (version) => {
    expect(oldNodeSentence(version)).toContain(`this is Node ${version}.`);
  });
});

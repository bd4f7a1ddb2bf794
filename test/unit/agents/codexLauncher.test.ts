import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installCodexLauncher } from '../../../src/agents/codexLauncher.ts';

const run = promisify(execFile);
const mediaBin = fileURLToPath(new URL('../../../media/bin', import.meta.url));
const url = 'http://127.0.0.1:4711/token/ws-1/codex';
const connection = ['-c', `openai_base_url='${url}'`];

/** Stands for the real codex: prints its arguments, each ended by a NUL, after a word that says which one it is. */
const stub = (word: string): string => `#!/bin/sh\nprintf '%s\\0' ${word} "$@"\n`;

let folder = '';
let environment: Record<string, string> = {};

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'outlay launcher-')));
  await put('real dir/codex', stub('real'));
  await installCodexLauncher(mediaBin, join(folder, 'data'), () => {});
  await writeFile(join(folder, 'data/meter.json'), JSON.stringify({ port: 4711, pid: process.pid }));
  environment = {
    HOME: join(folder, 'home'),
    PATH: [join(folder, 'data/bin'), join(folder, 'real dir'), '/usr/bin', '/bin'].join(':'),
    OUTLAY_CODEX_BASE_URL: url,
    OUTLAY_METER_FILE: join(folder, 'data/meter.json'),
  };
});
afterEach(() => rm(folder, { recursive: true }));

async function put(path: string, text: string): Promise<void> {
  const target = join(folder, path);
  await mkdir(join(target, '..'), { recursive: true });
  await writeFile(target, text);
  await chmod(target, 0o755);
}

async function launch(args: readonly string[] = [], change: Record<string, string> = {}): Promise<readonly string[]> {
  const { stdout } = await run('/bin/sh', ['-c', 'exec codex "$@"', 'sh', ...args], {
    env: { ...environment, ...change },
  });
  return stdout.split('\0').slice(0, -1);
}

describe('the Codex launcher', () => {
  it('passes the address of the gateway before the arguments', async () => {
    expect(await launch(['exec', 'say hi'])).toEqual(['real', ...connection, 'exec', 'say hi']);
  });

  it('keeps every argument as it is', async () => {
    const argument = fc.string({ unit: 'grapheme' }).filter((text) => !/\0|^-p|^--profile|openai_base_url/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(argument, { maxLength: 4 }), async (args) => {
        expect(await launch(args)).toEqual(['real', ...connection, ...args]);
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    ['there is no address', { OUTLAY_CODEX_BASE_URL: '' }],
    ['the address is not on this machine', { OUTLAY_CODEX_BASE_URL: 'http://evil.example:4711/x' }],
    ['the address could break out of its quotes', { OUTLAY_CODEX_BASE_URL: `${url}'x` }],
    ['the meter has no lock file', { OUTLAY_METER_FILE: '/nowhere/meter.json' }],
    ['the lock names another port', { OUTLAY_CODEX_BASE_URL: 'http://127.0.0.1:471/token/ws-1/codex' }],
  ])('runs the real codex untouched when %s', async (_why, change) => {
    expect(await launch(['exec'], change)).toEqual(['real', 'exec']);
  });

  it('runs the real codex untouched when the meter is dead', async () => {
    const dead = await run('/bin/sh', ['-c', 'echo $$']);
    await writeFile(join(folder, 'data/meter.json'), JSON.stringify({ pid: Number(dead.stdout), port: 4711 }));
    expect(await launch(['exec'])).toEqual(['real', 'exec']);
  });

  it("leaves a base URL on the user's own command line alone", async () => {
    const own = ['-c', 'openai_base_url="https://mine.example"', 'exec'];
    expect(await launch(own)).toEqual(['real', ...own]);
  });

  it("leaves a base URL in the user's configuration alone, unless the gateway forwards to it", async () => {
    await put('home/.codex/config.toml', 'model = "m"\nopenai_base_url = "https://mine.example/v1"\n');
    expect(await launch()).toEqual(['real']);
    expect(await launch([], { OUTLAY_CODEX_UPSTREAM: 'https://mine.example/v1' })).toEqual(['real', ...connection]);
  });

  it('leaves a profile with a base URL of its own alone', async () => {
    await put('home/.codex/work.config.toml', 'openai_base_url = "https://mine.example/v1"\n');
    expect(await launch(['-p', 'work'])).toEqual(['real', '-p', 'work']);
    expect(await launch(['exec'])).toEqual(['real', ...connection, 'exec']);
  });

  it('reads a configuration folder that the user has moved', async () => {
    await put('moved/config.toml', 'openai_base_url = "https://mine.example/v1"\n');
    expect(await launch([], { CODEX_HOME: join(folder, 'moved') })).toEqual(['real']);
  });

  it('finds the real codex past launchers of other data folders, in either order', async () => {
    await installCodexLauncher(mediaBin, join(folder, 'other'), () => {});
    const [one, two] = [join(folder, 'data/bin'), join(folder, 'other/bin')];
    for (const launchers of [`${one}:${two}:${one}`, `${two}:${one}`]) {
      const words = await launch(['exec'], { PATH: `${launchers}:${environment['PATH'] ?? ''}` });
      expect(words.slice(0, 1)).toEqual(['real']);
      expect(words.slice(-1)).toEqual(['exec']);
    }
  });

  it('says in one sentence that there is no codex', async () => {
    const failure = await launch([], { PATH: `${join(folder, 'data/bin')}:/usr/bin:/bin` }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({
      code: 127,
      stderr: 'codex: command not found (Outlay looked on the PATH for the Codex CLI)\n',
    });
  });

  it('hands on the exit code', async () => {
    await put('real dir/codex', '#!/bin/sh\nexit 7\n');
    expect(await launch().catch((error: unknown) => error)).toMatchObject({ code: 7 });
  });
});

describe('installCodexLauncher', () => {
  it('writes nothing when nothing changed', async () => {
    const before = await stat(join(folder, 'data/bin/codex'));
    await installCodexLauncher(mediaBin, join(folder, 'data'), () => {});
    const after = await stat(join(folder, 'data/bin/codex'));
    expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
  });

  it('gives the Windows launcher the line ends that cmd.exe needs', async () => {
    const text = await readFile(join(folder, 'data/bin/codex.cmd'), 'utf8');
    expect(
      text
        .split('\n')
        .slice(0, -1)
        .every((line) => line.endsWith('\r')),
    ).toBe(true);
  });

  it('says that the data folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const problems: string[] = [];
    expect(await installCodexLauncher(mediaBin, join(folder, 'file'), (text) => problems.push(text))).toBeNull();
    expect(problems).toHaveLength(1);
  });
});

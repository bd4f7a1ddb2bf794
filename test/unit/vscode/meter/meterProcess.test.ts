import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { meterEnvironment, startMeter } from '../../../../src/vscode/meter/meterProcess.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outlay-process-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Starts a FAKE meter of a few lines; the real one is built from `src/meter`. */
async function start(script: string, timeoutMs = 10_000): ReturnType<typeof startMeter> {
  await writeFile(join(folder, 'meter.cjs'), script);
  return startMeter({
    nodePath: process.execPath,
    script: join(folder, 'meter.cjs'),
    dataDir: join(folder, 'data'),
    port: 4711,
    upstreams: ['anthropic=http://127.0.0.1:1'],
    demo: true,
    passThrough: true,
    environment: { ...process.env, VSCODE_PID: '1', ELECTRON_RUN_AS_NODE: '0' },
    timeoutMs,
  });
}
const sentenceOf = (started: Promise<unknown>): Promise<string> =>
  started.then(String, (error: Error) => error.message);

describe('startMeter', () => {
  it('hands the data folder, the port and the upstreams over and reads the line that says it is ready', async () => {
    const ready = await start(`
      const baseUrls = { args: process.argv.slice(2).join(' '), cwd: process.cwd(), editor: String(process.env.VSCODE_PID) };
      process.stderr.write('a warning\\n');
      process.stdout.write(JSON.stringify({ port: 4711, token: 't', pid: process.pid, baseUrls }) + '\\n');`);
    expect(ready).toMatchObject({ port: 4711, token: 't' });
    expect(ready.baseUrls).toEqual({
      args: `--data-dir ${join(folder, 'data')} --port 4711 --idle-exit 15 --upstream anthropic=http://127.0.0.1:1 --demo --pass-through`,
      cwd: join(folder, 'data'),
      editor: 'undefined',
    });
    expect(await readFile(join(folder, 'data/meter.log'), 'utf8')).toBe('a warning\n');
  });

  it.runIf(process.platform !== 'win32')('keeps its log to the user', async () => {
    await start('process.exit(1)').catch(() => {});
    expect((await stat(join(folder, 'data/meter.log'))).mode & 0o777).toBe(0o600);
  });

  it('says in one sentence how a meter failed', async () => {
    expect(await sentenceOf(start('process.exit(3)'))).toBe('The meter ended at once (exit code 3).');
    expect(await sentenceOf(start("console.log('hello')"))).toBe('The meter printed something else than its address.');
    expect(await sentenceOf(start('setInterval(() => {}, 1000)', 200))).toBe('The meter was not ready within 200 ms.');
  });
});

describe('startMeter with a data folder that cannot be made', () => {
  it('starts the meter all the same and takes the control token that it then prints', async () => {
    await writeFile(join(folder, 'data'), 'a file is in the way');
    const line = { port: 1, token: 't', pid: 2, baseUrls: {}, controlToken: 'c' };
    expect(await start(`console.log(${JSON.stringify(JSON.stringify(line))})`)).toEqual(line);
  });
});

describe('meterEnvironment', () => {
  it('leaves the switches of the editor out and runs its executable as Node', () => {
    const environment = { HOME: '/home/u', NODE_OPTIONS: '--inspect', ELECTRON_NO_ASAR: '1', OUTLAY_TERMINAL: '{}' };
    expect(meterEnvironment(environment)).toEqual({ HOME: '/home/u', ELECTRON_RUN_AS_NODE: '1' });
  });

  it('leaves out what would make Node write header fields, keys included, into the log', () => {
    const environment = { NODE_DEBUG: '*', NODE_DEBUG_NATIVE: 'http2', NODE_EXTRA_CA_CERTS: '/ca.pem' };
    expect(meterEnvironment(environment)).toEqual({ NODE_EXTRA_CA_CERTS: '/ca.pem', ELECTRON_RUN_AS_NODE: '1' });
  });
});

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { callControl } from '../../src/protocol/controlClient.ts';
import { eventually, runCli } from '../support/meterProcess.ts';
import { callClaude, dataDir, meter, smallUpstream } from './rig.ts';

/** Sockets in state LISTEN of a port, as addresses in the kernel's hexadecimal. */
function listeners(port: number): readonly string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local = '', , state]) => local.endsWith(wanted) && state === '0A')
      .map(([, local = '']) => local.slice(0, -wanted.length)),
  );
}

describe('other users of the machine', () => {
  it('can read no file of the books, though their folder is open to them', async () => {
    const books = dataDir();
    chmodSync(books, 0o755);
    const provider = await smallUpstream();
    const running = await meter({ dataDir: books, upstreams: { anthropic: provider.origin } });
    await (await callClaude(running.ready.baseUrls['anthropic'] ?? '')).text();
    await eventually(
      () => runCli(['calls', '--data-dir', books, '--json']),
      ({ stdout }) => JSON.parse(stdout).length === 1,
    );
    const files = globSync('**', { cwd: books })
      .map((name) => join(books, name))
      .filter((path) => statSync(path).isFile());
    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const path of files) expect([path, statSync(path).mode & 0o077]).toEqual([path, 0]);
    // A user of its own can be tried by root alone; the modes above say the same for everybody.
    if (process.getuid?.() === 0) {
      const read = spawnSync('/bin/cat', files, { uid: 65_534, gid: 65_534, encoding: 'utf8' });
      expect(read.stdout).toBe('');
      expect(read.stderr.match(/Permission denied/g)).toHaveLength(files.length);
    }
  });

  it('are made a folder that they cannot enter', async () => {
    const books = join(dataDir(), 'new', 'books');
    await meter({ dataDir: books });
    expect(statSync(books).mode & 0o777).toBe(0o700);
  });

  it('see neither token on a command line, and no call of theirs is taken without it', async () => {
    const books = dataDir();
    const provider = await smallUpstream();
    const running = await meter({ dataDir: books, upstreams: { anthropic: provider.origin } });
    const { controlToken } = await running.lock();
    const visible = globSync('/proc/[0-9]*/cmdline').map((path) => {
      try {
        return readFileSync(path, 'latin1');
      } catch {
        return ''; // It has just ended.
      }
    });
    expect(visible.some((line) => line.includes(books))).toBe(true);
    expect(visible.filter((line) => line.includes(running.ready.token) || line.includes(controlToken))).toEqual([]);
    const url = `http://127.0.0.1:${running.ready.port}`;
    for (const path of [
      '/',
      '/v1/messages',
      '/anthropic/v1/messages',
      '/ws/anthropic/v1/messages',
      '/control/snapshot',
      '/control/watch',
    ])
      expect([path, (await fetch(url + path, { method: 'POST' })).status]).toEqual([path, 401]);
    expect(provider.seen).toEqual([]);
  });
});

describe('the base URL that stands on a command line', () => {
  it('carries calls of this user, and none of anybody else', async () => {
    const books = dataDir();
    const provider = await smallUpstream();
    const running = await meter({ dataDir: books, upstreams: { openai: provider.origin } });
    const url = `${running.ready.baseUrls['codex']}/responses`;
    expect(url).not.toContain(running.ready.token);
    const post = (options: { readonly uid?: number; readonly gid?: number }) =>
      new Promise<string>((resolve) => {
        const child = spawn('curl', ['-s', '-w', '%{http_code}', '-o', '/dev/null', '-d', '{}', url], {
          ...options,
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        let said = '';
        child.stdout.on('data', (data) => {
          said += String(data);
        });
        child.once('close', () => resolve(said));
      });
    expect((await post({})).slice(0, 3)).toBe('200');
    expect(provider.seen).toHaveLength(1);
    // Nobody but root can try as somebody else; what the kernel's tables say for every user is in peerCheck.test.ts.
    if (process.getuid?.() === 0) expect((await post({ uid: 65_534, gid: 65_534 })).slice(0, 3)).toBe('401');
    expect(provider.seen).toHaveLength(1);
    const { notices } = await callControl(await running.lock(), 'snapshot', {});
    expect(notices.map(({ id }) => id)).toEqual(process.getuid?.() === 0 ? ['refused-other-user'] : []);
    expect((await post({})).slice(0, 3)).toBe('200');
  });
});

describe('the meter on the network', () => {
  it('listens on 127.0.0.1 and nowhere else', async () => {
    const running = await meter({ dataDir: dataDir() });
    expect(listeners(running.ready.port)).toEqual(['0100007F']);
  });
});

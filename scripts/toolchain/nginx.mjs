import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cached, Missing, progress } from './cache.mjs';
import { run, which } from './command.mjs';

/**
 * nginx, which `npm run bench` measures beside us: the machine's own, or Debian's package unpacked into the cache (installing it
 * would start a service). Null, with a sentence, where neither can be had: the bench then leaves that column out.
 */
export async function ensureNginx() {
  const own = which('nginx');
  if (own !== null) return own;
  try {
    return join(await cached('nginx', "fetching Debian's nginx (once)", fill), 'usr/sbin/nginx');
  } catch (error) {
    progress(`${error.message} The bench goes on without it.`);
    return null;
  }
}

async function fill(dir) {
  if (which('apt-get') === null) throw new Missing('nginx was not found: install it to measure beside it.');
  let result = await run('apt-get', ['download', 'nginx'], { cwd: dir });
  if (result.code !== 0 && process.getuid?.() === 0) {
    await run('apt-get', ['update', '-q']);
    result = await run('apt-get', ['download', 'nginx'], { cwd: dir });
  }
  const archive = readdirSync(dir).find((name) => name.endsWith('.deb'));
  if (archive === undefined)
    throw new Missing(`nginx could not be fetched with apt-get (${result.stderr.trim().split('\n').at(-1)}).`);
  await run('dpkg-deb', ['-x', archive, '.'], { cwd: dir });
  rmSync(join(dir, archive));
  const check = await run(join(dir, 'usr/sbin/nginx'), ['-v']);
  if (check.code !== 0)
    throw new Missing(`nginx was fetched but does not start: ${check.stderr.trim().split('\n')[0]}`);
}

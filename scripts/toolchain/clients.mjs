import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cached, versions } from './cache.mjs';
import { npm } from './command.mjs';

/**
 * The HTTP clients that other extensions bundle, by which the tests of in-host observation call. Several versions of undici are among
 * them, whose names here differ from the package's. They are no packages of the project: undici must never get into a bundle of ours.
 */
export async function ensureClients() {
  const wanted = Object.entries(versions.clients);
  const mark = createHash('sha1').update(JSON.stringify(wanted)).digest('hex').slice(0, 12);
  const dir = await cached(`clients-${mark}`, 'fetching the HTTP clients of the tests (once)', async (temporary) => {
    const specs = wanted.map(([name, spec]) => `${name}@${spec}`);
    await npm(['install', ...specs, '--prefix', temporary, '--ignore-scripts', '--omit=optional'], {
      cwd: temporary,
      what: 'The HTTP clients of the tests',
    });
  });
  return join(dir, 'node_modules');
}

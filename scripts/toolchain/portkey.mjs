import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cached, Missing, progress, versions } from './cache.mjs';
import { npm } from './command.mjs';

/**
 * Portkey's open gateway, which `npm run bench` measures beside us. It is no package of the project: nothing of it is built in or
 * shipped. Gives the script that starts it, or null, with a sentence, where it cannot be had: the bench then leaves its rows out.
 */
export async function ensurePortkey() {
  const { package: spec, version, bin } = versions.peers.portkey;
  try {
    const dir = await cached(`peers/portkey-${version}`, `fetching ${spec} ${version} (once)`, async (temporary) => {
      await npm(['install', `${spec}@${version}`, '--prefix', temporary, '--ignore-scripts', '--omit=optional'], {
        cwd: temporary,
        what: `${spec} ${version}`,
      });
      if (!existsSync(join(temporary, 'node_modules', spec, bin)))
        throw new Missing(`${spec} ${version} has no ${bin}.`);
    });
    return join(dir, 'node_modules', spec, bin);
  } catch (error) {
    progress(`${error.message} The bench goes on without it.`);
    return null;
  }
}

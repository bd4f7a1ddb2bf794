import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { cached, Missing, progress, versions } from './cache.mjs';
import { npm } from './command.mjs';

/**
 * The native program of ccusage, which `npm run bench` measures beside our import. It is no package of the project: nothing of it is built in
 * or shipped. Null, with a sentence, where it cannot be had: the bench then leaves its rows out.
 */
export async function ensureCcusage() {
  const { package: spec, version } = versions.peers.ccusage;
  const native = `@ccusage/ccusage-${process.platform}-${process.arch}`;
  try {
    const dir = await cached(`peers/ccusage-${version}`, `fetching ${spec} ${version} (once)`, async (temporary) => {
      await npm(['install', `${native}@${version}`, '--prefix', temporary, '--ignore-scripts'], {
        cwd: temporary,
        what: `${native} ${version}`,
      });
      if (!existsSync(programIn(temporary, native))) throw new Missing(`${native} ${version} has no program.`);
    });
    const path = programIn(dir, native);
    chmodSync(path, 0o755);
    return path;
  } catch (error) {
    progress(`${error.message} The bench goes on without it.`);
    return null;
  }
}

function programIn(dir, native) {
  return join(dir, 'node_modules', native, 'bin', process.platform === 'win32' ? 'ccusage.exe' : 'ccusage');
}

import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheDir, cached, Missing, progress, versions } from './cache.mjs';
import { npm } from './command.mjs';

/**
 * The pinned Node: the path of its program. It comes as the platform package of npm's `node`, whose files need no install
 * script. Where there is none for this platform, a Node of the same or a newer major version that runs us will do.
 */
export async function ensureNode() {
  const name = `node-${versions.node}`;
  const program = (dir) => join(dir, process.platform === 'win32' ? 'bin/node.exe' : 'bin/node');
  if (process.versions.node === versions.node && !existsSync(join(cacheDir, name))) return process.execPath;
  try {
    return program(await cached(name, `fetching Node ${versions.node} (once)`, fill));
  } catch (error) {
    if (Number.parseInt(process.versions.node, 10) < Number.parseInt(versions.node, 10)) throw error;
    progress(`${error.message} Going on with Node ${process.versions.node}, which runs this.`);
    return process.execPath;
  }

  async function fill(dir) {
    const platform = process.platform === 'win32' ? 'win' : process.platform;
    const spec = `node-${platform}-${process.arch}`;
    await npm(['install', `${spec}@${versions.node}`, '--prefix', dir, '--ignore-scripts'], {
      cwd: dir,
      what: `Node ${versions.node}`,
    });
    const unpacked = join(dir, 'node_modules', spec);
    if (!existsSync(program(unpacked))) throw new Missing(`The package ${spec}@${versions.node} holds no Node.`);
    for (const part of ['bin', 'include', 'LICENSE']) {
      if (existsSync(join(unpacked, part))) renameSync(join(unpacked, part), join(dir, part));
    }
    rmSync(join(dir, 'node_modules'), { recursive: true, force: true });
  }
}

import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Missing, progress, projectDir, withLock } from './cache.mjs';
import { npm } from './command.mjs';

/**
 * The project's own packages, as package-lock.json names them. Install scripts are not run: the programs that we use (esbuild,
 * Biome, TypeScript, Rolldown) come as platform packages and need none.
 */
export async function ensurePackages() {
  if (areInstalled()) return;
  await withLock(`packages-${Buffer.from(projectDir).toString('hex').slice(-80)}`, async () => {
    if (areInstalled()) return;
    if (existsSync(modules) && lstatSync(modules).isSymbolicLink()) {
      throw new Missing(
        `${modules} is a link and does not hold what package-lock.json asks for: run npm ci where it points to.`,
      );
    }
    progress('installing the packages of package-lock.json');
    await npm(['ci', '--ignore-scripts'], { cwd: projectDir, what: "The project's packages" });
  });
}

const modules = join(projectDir, 'node_modules');

/** Compares what npm says it installed with package-lock.json. Optional packages differ by platform and are left out. */
function areInstalled() {
  const installed = lockedVersions(join(modules, '.package-lock.json'));
  const wanted = lockedVersions(join(projectDir, 'package-lock.json'));
  if (wanted === null) throw new Missing('package-lock.json is missing or broken: restore it from git.');
  if (installed === null) return false;
  return [...wanted].every(([path, version]) => installed.get(path) === version);
}

function lockedVersions(file) {
  try {
    const { packages } = JSON.parse(readFileSync(file, 'utf8'));
    const entries = Object.entries(packages).filter(
      ([path, entry]) => path !== '' && !entry.optional && !entry.devOptional,
    );
    return new Map(entries.map(([path, entry]) => [path, entry.version]));
  } catch {
    return null;
  }
}

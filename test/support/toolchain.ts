import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import versions from '../../scripts/versions.json' with { type: 'json' };

/** Where `scripts/toolchain.mjs` put what the tests need. Everything here throws one sentence when it is not there. */
export const projectDir = resolve(import.meta.dirname, '../..');

export const cacheDir = resolve(projectDir, process.env['OUTLAY_CACHE'] || '.cache');

export type AgentName = keyof typeof versions.agents;

export function nodePath(): string {
  const cached = join(cacheDir, `node-${versions.node}/bin/node`);
  return existsSync(cached) ? cached : process.execPath;
}

export function vsCodeServerDir(): string {
  return inCache(`vscode-server-${versions.codeServer}`);
}

/** The launcher of a real agent, which needs `nodePath()` first on PATH. */
export function agentPath(name: AgentName): string {
  const { version, bin } = versions.agents[name];
  return join(inCache(`agents/${name}-${version}`), 'bin', bin);
}

export function agentVersion(name: AgentName): string {
  return versions.agents[name].version;
}

/** The folder of the HTTP clients that other extensions bundle, by the names of versions.json. */
export function clientsDir(): string {
  const mark = createHash('sha1')
    .update(JSON.stringify(Object.entries(versions.clients)))
    .digest('hex')
    .slice(0, 12);
  return join(inCache(`clients-${mark}`), 'node_modules');
}

export function chromiumPath(): string {
  const named = process.env['CHROMIUM'] || process.env['CHROME_PATH'];
  if (named) return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  for (const name of ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']) {
    const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
  }
  throw new Error('No Chrome or Chromium was found: npm test installs one, or name it in CHROMIUM.');
}

/** The packed extension that `npm run package` made from the same sources. */
export function vsixPath(): string {
  const path = join(projectDir, 'dist/outlay.vsix');
  if (!existsSync(path)) throw new Error('dist/outlay.vsix is missing: run npm run package first.');
  return path;
}

function inCache(name: string): string {
  const path = join(cacheDir, name);
  if (!existsSync(path)) throw new Error(`${path} is missing: run the tests by npm (npm test, npm run test:browser).`);
  return path;
}

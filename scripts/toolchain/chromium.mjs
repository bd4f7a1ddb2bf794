import { existsSync } from 'node:fs';
import { Missing, progress, withLock } from './cache.mjs';
import { isProgram, run, which } from './command.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge'];
const macApps = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);

/** The path of a Chromium-like browser: the one named by CHROMIUM or CHROME_PATH, the machine's own, or Debian's package. */
export async function ensureChromium() {
  for (const variable of ['CHROMIUM', 'CHROME_PATH']) {
    const named = process.env[variable];
    if (named && !isProgram(named)) throw new Missing(`${variable} names ${named}, which is no program.`);
    if (named) return named;
  }
  return find() ?? (await withLock('chromium', async () => find() ?? (await installOnDebian())));
}

function find() {
  return names.map(which).find((path) => path !== null) ?? macApps.find((path) => existsSync(path)) ?? null;
}

async function installOnDebian() {
  if (which('apt-get') === null || process.getuid?.() !== 0) {
    throw new Missing(
      'No Chrome or Chromium was found: install one (on Debian: sudo apt-get install chromium fonts-dejavu-core), or name it in CHROMIUM.',
    );
  }
  progress("installing Debian's chromium and fonts-dejavu-core (once)");
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-q'], { env });
  const result = await run('apt-get', ['install', '-yq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'], {
    env,
  });
  const found = find();
  if (found !== null) return found;
  const reason = result.stderr.trim().split('\n').at(-1) ?? '';
  throw new Missing(
    `Chromium could not be installed with apt-get (${reason}): install Chrome or Chromium, or name it in CHROMIUM.`,
  );
}

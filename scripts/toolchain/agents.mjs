import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cached, Missing, versions } from './cache.mjs';
import { npm, run } from './command.mjs';

/**
 * The real agents that the tests run: by name: `{ claude: "<path>", ... }`. They are not among the project's
 * packages because they are large and their versions follow what users have, not what we build with.
 */
export async function ensureAgents() {
  const paths = {};
  for (const name of Object.keys(versions.agents)) paths[name] = await ensureAgent(name);
  return paths;
}

async function ensureAgent(name) {
  const { package: spec, version, bin } = versions.agents[name];
  const dir = await cached(`agents/${name}-${version}`, `fetching ${spec} ${version} (once)`, async (temporary) => {
    // Gemini CLI's optional packages are native extras that would have to be compiled; the others' hold the agent itself.
    const optional = name === 'gemini' ? ['--omit=optional'] : [];
    await npm(['install', `${spec}@${version}`, '--prefix', temporary, '--ignore-scripts', ...optional], {
      cwd: temporary,
      what: `${spec} ${version}`,
    });
    mkdirSync(join(temporary, 'bin'));
    const launcher = join(temporary, 'bin', bin);
    writeFileSync(launcher, `#!/bin/sh\nhere=$(dirname "$0")\nexec ${start(temporary, spec, bin)} "$@"\n`);
    chmodSync(launcher, 0o755);
    await checkVersion(launcher, `${spec} ${version}`, version);
  });
  return join(dir, 'bin', bin);
}

/** The command that starts the agent, relative to the launcher's folder `$here`. */
function start(dir, spec, bin) {
  const platform = `${process.platform}-${process.arch}`;
  // OpenCode's platform packages have a name of their own and keep their program in a folder.
  for (const native of [`${spec}-${platform}/${bin}`, `${bin}-${platform}-baseline/bin/${bin}`]) {
    if (existsSync(join(dir, 'node_modules', native))) return `"$here/../node_modules/${native}"`;
  }
  const manifest = JSON.parse(readFileSync(join(dir, 'node_modules', spec, 'package.json'), 'utf8'));
  const script = typeof manifest.bin === 'string' ? manifest.bin : manifest.bin[bin];
  return `node "$here/../node_modules/${spec}/${script}"`;
}

async function checkVersion(launcher, what, version) {
  const home = mkdtempSync(join(tmpdir(), 'outlay-agent-'));
  const env = {
    ...process.env,
    HOME: home,
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    GEMINI_CLI_NO_RELAUNCH: '1',
  };
  const result = await run(launcher, ['--version'], { env, cwd: home });
  rmSync(home, { recursive: true, force: true });
  if (result.code !== 0 || !result.stdout.includes(version)) {
    throw new Missing(
      `${what} was fetched but does not start: ${(result.stderr || result.stdout).trim().split('\n')[0]}`,
    );
  }
}

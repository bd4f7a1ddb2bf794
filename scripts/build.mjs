// Bundles everything that Outlay ships into dist/. Runs under Node 20 and newer.
//
//   node scripts/build.mjs [--dev] [--partial]
//
//   --dev      source maps, no minifying
//   --partial  leaves out entry points that do not exist (yet) instead of failing
//
// The same commit gives the same bytes: nothing of the machine or of the time goes into a bundle.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { noticesOf } from './notices.mjs';

const projectDir = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(projectDir, 'dist');
const isDev = process.argv.includes('--dev');
const isPartial = process.argv.includes('--partial');

/** The largest size in bytes of a file of dist/ that users pay for at every start. */
const limits = { 'extension.js': 1_000_000, webview: 350_000 };

const shared = {
  bundle: true,
  minify: !isDev,
  sourcemap: isDev ? 'linked' : false,
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  charset: 'utf8',
  absWorkingDir: projectDir,
  tsconfigRaw: {},
};

/**
 * The tokenizer's ranks become a file that is read when the first text is counted. Within a bundle their two megabytes would stay in
 * memory for good, three times over: once as the text, and twice as a source that other characters make two bytes wide.
 */
const ranksFile = {
  name: 'ranks-file',
  setup(building) {
    building.onLoad({ filter: /[\\/]js-tiktoken[\\/]dist[\\/]ranks[\\/]o200k_base\.js$/ }, async ({ path }) => {
      const { default: ranks } = await import(pathToFileURL(path).href);
      writeFileSync(join(dist, 'o200k.ranks'), ranks.bpe_ranks);
      const contents = `import { readFileSync } from 'node:fs';
import { join } from 'node:path';
export default { get bpe_ranks() { return readFileSync(join(import.meta.dirname, 'o200k.ranks'), 'latin1'); } };`;
      return { contents, loader: 'js' };
    });
  },
};

/** CommonJS, since an editor requires it; `import.meta` is spelled for it so that sources can be plain modules. */
const node = {
  ...shared,
  // A text with other characters takes two bytes for each in memory, for as long as its program runs.
  charset: 'ascii',
  platform: 'node',
  format: 'cjs',
  target: 'node24',
  external: ['vscode'],
  plugins: [ranksFile],
  define: {
    'import.meta.url': 'importMetaUrl',
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename',
  },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
};

const webview = {
  ...shared,
  platform: 'browser',
  format: 'iife',
  target: 'chrome138',
  loader: { '.ttf': 'dataurl', '.svg': 'dataurl' },
};

/**
 * A script that users may start with any Node. The bundle is in a file of its own, so that a Node which cannot even parse it
 * still reads this and says so.
 */
const launcher = (name, main) => `#!/usr/bin/env node
'use strict';
if (parseInt(process.versions.node, 10) < 24) {
  console.error('${name} needs Node 24 or newer; this is Node ' + process.versions.node + '.');
  process.exit(1);
}
require('./${main}');
`;

const programs = [
  { source: 'src/extension.ts', out: 'extension.js' },
  { source: 'src/meter/main.ts', out: 'meter.main.js', launcher: ['meter.js', 'The Outlay meter'] },
  { source: 'src/meter/observeWorker.ts', out: 'observeWorker.js' },
  { source: 'src/meter/pricedLedgerWorker.ts', out: 'ledgerWorker.js' },
  { source: 'src/meter/dashboard/dashboardWorker.ts', out: 'dashboardWorker.js' },
  { source: 'src/meter/import/logWorker.ts', out: 'logWorker.js' },
  { source: 'src/meter/import/importWorker.ts', out: 'importWorker.js' },
  { source: 'src/trials/processes/keeperMain.ts', out: 'trialKeeper.js' },
  { source: 'src/cli/budgetServerMain.ts', out: 'budgetServer.js' },
  { source: 'src/cli/main.ts', out: 'cli.main.js', launcher: ['cli.js', 'The outlay command'] },
];

await main();

async function main() {
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  const made = [];
  const inputs = [];
  for (const program of programs) {
    if (!isThere(program.source)) continue;
    const { metafile } = await build({ ...node, entryPoints: [program.source], outfile: join(dist, program.out) });
    inputs.push(...Object.keys(metafile.inputs));
    made.push({ file: program.out, limit: limits[program.out] });
    if (program.launcher) writeLauncher(program);
  }
  for (const name of webviewNames()) {
    const entryPoints = [`webview/${name}/main.ts`];
    const { metafile } = await build({ ...webview, entryPoints, outfile: join(dist, `${name}.js`) });
    inputs.push(...Object.keys(metafile.inputs));
    made.push({ file: `${name}.js`, limit: limits.webview });
  }
  writeFileSync(join(dist, 'THIRD_PARTY_NOTICES.txt'), noticesOf(projectDir, inputs));
  report(made);
}

function isThere(source) {
  if (existsSync(join(projectDir, source))) return true;
  if (!isPartial) fail(`${source} is missing.`);
  console.log(`  left out: ${source} does not exist`);
  return false;
}

function writeLauncher(program) {
  const [file, name] = program.launcher;
  writeFileSync(join(dist, file), launcher(name, program.out), { mode: 0o755 });
}

/** Every folder of webview/ with a main.ts is a bundle of its own. */
function webviewNames() {
  const folder = join(projectDir, 'webview');
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return names.filter((name) => existsSync(join(folder, name, 'main.ts')));
}

function report(made) {
  const tooLarge = [];
  for (const { file, limit } of made) {
    const { size } = statSync(join(dist, file));
    const of = limit === undefined ? '' : ` of at most ${(limit / 1000).toFixed(0)} kB`;
    console.log(`  dist/${file}  ${(size / 1000).toFixed(0)} kB${of}`);
    // Sizes are promises about what ships; a build for development is larger.
    if (limit !== undefined && !isDev && size > limit)
      tooLarge.push(`dist/${file} is ${size} bytes, more than ${limit}`);
  }
  if (tooLarge.length > 0) fail(`${tooLarge.join('; ')}.`);
}

function fail(sentence) {
  console.error(`build: ${sentence}`);
  process.exit(1);
}

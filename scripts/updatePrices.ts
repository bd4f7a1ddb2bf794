/**
 * Writes the price book. Run it with Node 24 from the project's folder:
 *
 *   npm install --save-dev @pydantic/genai-prices@latest   (only to move to newer prices)
 *   node scripts/updatePrices.ts
 *
 * It reads the installed `@pydantic/genai-prices` (the main catalogue) and `@earendil-works/pi-ai` (the second source, fetched
 * once with `npm pack` into `.cache/`; to move to a newer one change `PI_VERSION` in `prices/piCatalogue.ts`), and writes
 *
 *   src/pricing/priceBook.generated.json            what Outlay prices with
 *   src/pricing/priceDisagreements.generated.json   where the two sources differ
 *
 * Then it names every disagreement that `src/pricing/reviewedPrices.json` does not list, or lists without need, and exits with
 * code 1 if there is one. Look each of them up at the provider, and write down in that file what was decided, why, and where
 * it was read: a correction or an addition changes the book, a disagreement alone keeps the main catalogue's price. Models that
 * only the second source has are taken over and marked as such. Run the script again, then `npx vitest run test/unit/pricing`.
 */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { waitForUpdate } from '@pydantic/genai-prices';
import type { PriceBook } from '../src/pricing/priceBook.ts';
import { buildPriceBook } from './prices/buildPriceBook.ts';
import { bookDateMs, findDisagreements } from './prices/findDisagreements.ts';
import { linesOfBook, linesOfList } from './prices/formatJson.ts';
import { fetchPiCatalogue, readPiCatalogue } from './prices/piCatalogue.ts';
import type { ReviewedPrices } from './prices/reviewedPrices.ts';
import { unreviewed } from './prices/reviewedPrices.ts';
import { PI_FILES } from './prices/sections.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BOOK = `${ROOT}src/pricing/priceBook.generated.json`;
const DISAGREEMENTS = `${ROOT}src/pricing/priceDisagreements.generated.json`;
const REVIEWED = `${ROOT}src/pricing/reviewedPrices.json`;
const CATALOGUE = '@pydantic/genai-prices';

async function readJson<T>(file: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch {
    return null;
  }
}

async function installedVersion(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve(CATALOGUE);
  const manifest = await readJson<{ version: string }>(new URL('../package.json', `file://${entry}`).pathname);
  if (manifest === null) throw new Error(`${CATALOGUE} is not installed: run npm ci first.`);
  return manifest.version;
}

/** The day that a version was published; the book says how old it is, not when it was built. */
async function publishedOn(version: string): Promise<string> {
  const { stdout } = await promisify(execFile)('npm', ['view', CATALOGUE, 'time', '--json'], { cwd: ROOT });
  const times = JSON.parse(stdout) as Readonly<Record<string, string>>;
  const time = times[version];
  if (time === undefined) throw new Error(`npm does not know when ${CATALOGUE} ${version} was published.`);
  return time.slice(0, 10);
}

/** The version with its date, asked for only when the committed book is of another version. */
async function versionLabel(): Promise<string> {
  const version = await installedVersion();
  const committed = await readJson<PriceBook>(BOOK);
  const prefix = `genai-prices ${version} (`;
  if (committed?.version.startsWith(prefix)) return committed.version;
  return `${prefix}${await publishedOn(version)})`;
}

async function update(): Promise<boolean> {
  await fetchPiCatalogue(`${ROOT}.cache`);
  const pi = await readPiCatalogue(`${ROOT}.cache`, PI_FILES);
  const reviewed = await readJson<ReviewedPrices>(REVIEWED);
  const providers = await waitForUpdate();
  if (pi === null || reviewed === null || providers === null) throw new Error('A source of prices could not be read.');

  const version = await versionLabel();
  const { book, dropped } = buildPriceBook({ providers, version, pi, reviewed });
  const disagreements = findDisagreements(book, { pi, reviewed, atMs: bookDateMs(pi.version) });
  await writeFile(BOOK, linesOfBook(book));
  await writeFile(DISAGREEMENTS, linesOfList(disagreements));

  const models = Object.values(book.sections).reduce((sum, section) => sum + section.models.length, 0);
  console.log(`${book.version}, ${pi.version}: ${models} models, ${disagreements.length} disagreements`);
  if (dropped.length > 0) console.log(`Match rules without an exact form, left out:\n  ${dropped.join('\n  ')}`);
  const problems = unreviewed(disagreements, reviewed);
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
}

if (!(await update())) process.exitCode = 1;

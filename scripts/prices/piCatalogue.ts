import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const PI_PACKAGE = '@earendil-works/pi-ai';
export const PI_VERSION = '1.5.2';

export interface PiRates {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

export interface PiModel {
  readonly id: string;
  readonly type: string;
  readonly cost?: PiRates & { readonly tiers?: readonly (PiRates & { readonly inputTokensAbove: number })[] };
}

/** Chat models by the file that they came from. */
export interface PiCatalogue {
  /** For example "pi-ai 1.5.2 (2026-11-10)". */
  readonly version: string;
  readonly providers: Readonly<Record<string, readonly PiModel[]>>;
}

const run = promisify(execFile);

function folderIn(cacheDir: string): string {
  return join(cacheDir, 'prices', `pi-ai-${PI_VERSION}`);
}

/** Fetches the package with the npm client and unpacks it; it is never installed, because its install script fails. */
export async function fetchPiCatalogue(cacheDir: string): Promise<void> {
  const folder = folderIn(cacheDir);
  if (existsSync(folder)) return;
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const { stdout } = await run('npm', ['pack', `${PI_PACKAGE}@${PI_VERSION}`, '--silent'], { cwd: partial });
  await run('tar', ['xzf', stdout.trim(), 'package/dist/providers/data'], { cwd: partial });
  await rename(partial, folder);
}

/** Reads the unpacked package, or null where it has not been fetched. */
export async function readPiCatalogue(cacheDir: string, files: readonly string[]): Promise<PiCatalogue | null> {
  const data = join(folderIn(cacheDir), 'package', 'dist', 'providers', 'data');
  if (!existsSync(data)) return null;
  const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(data, name), 'utf8'));
  const manifest = (await read('.manifest.json')) as { readonly generatedAt: string };
  const providers: Record<string, readonly PiModel[]> = {};
  for (const file of files) {
    const byApi = (await read(`${file}.json`)) as Readonly<Record<string, Readonly<Record<string, PiModel>>>>;
    providers[file] = Object.values(byApi)
      .flatMap((models) => Object.values(models))
      .filter(({ type }) => type === 'chat');
  }
  return { version: `pi-ai ${PI_VERSION} (${manifest.generatedAt.slice(0, 10)})`, providers };
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The command that most likely tells whether work on this project is done, from its own files; null where none of them says. A guess: the
 * user sees it before it is ever run.
 */
export async function guessCheck(root: string): Promise<string | null> {
  const read = (name: string): Promise<string | null> => readFile(join(root, name), 'utf8').catch(() => null);
  const npm = npmCheck(await read('package.json'), async (name) => (await read(name)) !== null);
  const found = await npm;
  if (found !== null) return found;
  const makefile = (await read('Makefile')) ?? (await read('makefile'));
  for (const target of ['check', 'test']) if (makefile !== null && hasTarget(makefile, target)) return `make ${target}`;
  if ((await read('Cargo.toml')) !== null) return 'cargo test';
  if ((await read('go.mod')) !== null) return 'go test ./...';
  const pyproject = await read('pyproject.toml');
  if (pyproject?.includes('[tool.pytest') || (await read('pytest.ini')) !== null) return 'python -m pytest';
  return pyproject === null ? null : 'python -m unittest';
}

async function npmCheck(text: string | null, exists: (name: string) => Promise<boolean>): Promise<string | null> {
  if (text === null) return null;
  const script = testScript(text);
  // What `npm init` writes is a placeholder that always fails.
  if (script === null || script.includes('no test specified')) return null;
  if (await exists('pnpm-lock.yaml')) return 'pnpm test';
  if (await exists('yarn.lock')) return 'yarn test';
  return 'npm test';
}

function testScript(text: string): string | null {
  try {
    const scripts = (JSON.parse(text) as { scripts?: Record<string, unknown> } | null)?.scripts;
    const test = scripts?.['test'];
    return typeof test === 'string' ? test : null;
  } catch {
    return null;
  }
}

function hasTarget(makefile: string, target: string): boolean {
  return makefile.split('\n').some((line) => line.startsWith(`${target}:`) || line.startsWith(`${target} :`));
}

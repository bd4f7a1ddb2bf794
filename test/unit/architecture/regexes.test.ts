import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { transform } from 'esbuild';
import { parseAst } from 'vite';
import { describe, expect, it } from 'vitest';
import { stepCounter } from '../../support/regexSteps.ts';

const projectDir = resolve(import.meta.dirname, '../../..');
const paths = globSync(['src/**/*.ts', 'webview/**/*.ts'], { cwd: projectDir, exclude: ['**/*.generated.*'] }).sort();

interface Found {
  readonly path: string;
  readonly pattern: string;
  readonly flags: string;
}

/** Every expression that is written as a literal, and the places that make one from a text. */
async function readSources(): Promise<{ readonly literals: readonly Found[]; readonly made: readonly string[] }> {
  const literals: Found[] = [];
  const made: string[] = [];
  for (const path of paths) {
    const { code } = await transform(readFileSync(join(projectDir, path), 'utf8'), { loader: 'ts' });
    walk(parseAst(code), (node) => {
      const { regex, type, callee } = node as {
        regex?: { pattern: string; flags: string };
        type?: string;
        callee?: { name?: string };
      };
      if (type === 'Literal' && regex !== undefined) literals.push({ path, ...regex });
      if ((type === 'NewExpression' || type === 'CallExpression') && callee?.name === 'RegExp') made.push(path);
    });
  }
  return { literals, made };
}

function walk(node: unknown, visit: (node: object) => void): void {
  if (typeof node !== 'object' || node === null) return;
  visit(node);
  for (const value of Object.values(node)) walk(value, visit);
}

/** Steeper than linear, over texts that something else keeps short. */
const bounded: readonly string[] = [
  // The words of one error of our own.
  'src/cli/runCli.ts /(?<=\\.) /',
  // Up to eleven digits that toFixed printed.
  'src/domain/format.ts /0+$/',
  // A model id, which is cut to its maximum before.
  'src/pricing/normaliseModelId.ts /(?<=\\d)\\.(?=\\d)/g',
  'src/pricing/normaliseModelId.ts /(?<=^claude-[a-z0-9.-]+)-v\\d{1,2}$/',
  'src/pricing/normaliseModelId.ts /(?<=^gemini-[a-z0-9.-]+)-(?:0[1-9]|1[0-2])-(?:20\\d{2}|\\d{2})$/',
  'src/pricing/normaliseModelId.ts /(?<=^gemini-[a-z0-9.-]+)-\\d{3}$/',
];

/**
 * Whether twice the text may cost much more than twice the steps: tried with texts that begin as a match does and then repeat
 * characters that the expression tells apart, first short ones, then, beyond every counted repetition, long ones.
 */
function isSteep({ pattern, flags }: Found): boolean {
  const { steps, prefixes, characters } = stepCounter(pattern, flags);
  const told = characters.slice(0, 16);
  const pumps = new Set(told.flatMap((first) => [first, ...told.slice(0, 6).map((second) => first + second)]));
  const growth = (text: (times: number) => string, times: number) =>
    steps(text(2 * times), 5_000_000) / steps(text(times), 5_000_000);
  return prefixes
    .filter((_, index) => index % Math.ceil(prefixes.length / 8) === 0)
    .some((prefix) =>
      [...pumps].some((pump) =>
        ['', '\u0001'].some((end) => {
          const text = (times: number) => prefix + pump.repeat(times) + end;
          return growth(text, 50) > 2.6 && growth(text, 400) > 2.6;
        }),
      ),
    );
}

describe('regular expressions of the sources', () => {
  it('are literals, so that each can be checked', async () => {
    const { literals, made } = await readSources();
    expect(literals.length).toBeGreaterThan(50);
    expect(made).toEqual([]);
  });

  it('take twice the steps for twice the text, or never get a long one', async () => {
    const { literals } = await readSources();
    const steep = literals.filter(isSteep).map(({ path, pattern, flags }) => `${path} /${pattern}/${flags}`);
    expect(steep.sort()).toEqual(bounded);
  }, 120_000);
});

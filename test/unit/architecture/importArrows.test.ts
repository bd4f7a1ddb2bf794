import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const projectDir = resolve(import.meta.dirname, '../../..');

/** What the files of a part may import beside their own part. A part is a folder of src/ or webview/, or src/extension.ts. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/domain': [],
  'src/wire': ['src/domain'],
  'src/tokens': ['src/domain'],
  'src/pricing': ['src/domain'],
  'src/budget': ['src/domain'],
  'src/analysis': ['src/domain'],
  // The ledger decides about holds inside its transaction, by the pure rules of the budget.
  'src/ledger': ['src/budget', 'src/domain'],
  // Types only: the results that comparisons come to.
  'src/protocol': ['src/analysis', 'src/domain'],
  'src/runs': ['src/domain'],
  // Usage objects in logs are those of the wire, and JSON is read with the same bounds.
  'src/readers': ['src/wire', 'src/domain', 'src/ledger'],
  'src/manifest': ['src/domain'],
  'src/agents': ['src/manifest', 'src/protocol', 'src/domain'],
  'src/gateway': ['src/wire', 'src/tokens', 'src/domain'],
  'src/agentSettings': ['src/domain'],
  'src/intercept': ['src/protocol', 'src/domain'],
  'src/meter': [
    ...['src/gateway', 'src/wire', 'src/tokens', 'src/pricing', 'src/budget', 'src/analysis', 'src/ledger'],
    // For what trials have written down, which comparisons are of.
    ...['src/trials'],
    ...['src/readers', 'src/runs', 'src/intercept', 'src/agentSettings', 'src/protocol', 'src/domain'],
  ],
  'src/trials': ['src/budget', 'src/analysis', 'src/protocol', 'src/domain'],
  'src/vscode': ['src/agents', 'src/agentSettings', 'src/protocol', 'src/intercept', 'src/manifest', 'src/domain'],
  'src/extension.ts': ['src/vscode', 'src/intercept', 'src/manifest', 'src/protocol'],
  'src/cli': [
    'src/agents',
    'src/manifest',
    'src/agentSettings',
    'src/protocol',
    'src/meter',
    'src/budget',
    'src/analysis',
    'src/trials',
    'src/runs',
    'src/ledger',
    'src/domain',
  ],
  'webview/shared': ['src/protocol', 'src/domain'],
  'webview/sidebar': ['webview/shared', 'src/protocol', 'src/domain'],
  'webview/dashboard': ['webview/shared', 'src/analysis', 'src/protocol', 'src/domain'],
};

/** Packages that only one place may know; everybody else goes through it. */
const reserved: readonly { readonly specifier: RegExp; readonly only: RegExp }[] = [
  { specifier: /^vscode$/, only: /^src\/(vscode\/|extension\.ts$)/ },
  { specifier: /^node:sqlite$/, only: /^src\/ledger\// },
  { specifier: /^@vscode\/webview-ui-toolkit/, only: /^webview\/shared\/controls\.ts$/ },
  { specifier: /^chart\.js/, only: /^webview\/shared\/charts\.ts$/ },
];

const maxLines = 500;
const forbiddenName = /^(index|utils?|helpers?|managers?|misc|common)\.ts$|(Utils?|Helpers?|Manager)\.ts$/;

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const files = globSync(['src/**/*.ts', 'webview/**/*.ts'], { cwd: projectDir }).sort().map(read);
const written = files.filter((file) => !file.path.includes('.generated.'));

describe('the sources', () => {
  it('import only along the arrows of the architecture', () => {
    const wrong = eachImport((file, target) => {
      const [from, to] = [partOf(file.path), partOf(target)];
      return from === to || to === 'package.json' || (allowed[from] ?? []).includes(to);
    });
    expect(wrong).toEqual([]);
  });

  it('belong to a part that the table names', () => {
    expect(files.map((file) => partOf(file.path)).filter((part) => !(part in allowed))).toEqual([]);
  });

  it('keep each reserved package behind the one place that knows it', () => {
    const wrong = files.flatMap((file) =>
      file.imports
        .filter((name) => reserved.some(({ specifier, only }) => specifier.test(name) && !only.test(file.path)))
        .map((name) => `${file.path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('use no input or output in the domain', () => {
    const domain = files.filter((file) => file.path.startsWith('src/domain/'));
    expect(domain.length).toBeGreaterThan(0);
    expect(domain.flatMap((file) => file.imports.filter((name) => !name.startsWith('./')))).toEqual([]);
  });

  it(`stay within ${maxLines} lines a file`, () => {
    expect(written.filter((file) => file.text.split('\n').length > maxLines + 1).map((file) => file.path)).toEqual([]);
  });

  it('have names that say what is in them', () => {
    expect(files.map((file) => file.path).filter((path) => forbiddenName.test(basename(path)))).toEqual([]);
  });

  it('pass nothing on that is not theirs', () => {
    const barrels = files.filter((file) => /^export (type )?(\*|\{[^}]*\}) from /m.test(file.text));
    expect(barrels.map((file) => file.path)).toEqual([]);
  });

  it('form no cycle', () => {
    expect(cycle()).toEqual([]);
  });
});

function read(path: string): SourceFile {
  const text = readFileSync(join(projectDir, path), 'utf8');
  const found = text.matchAll(
    /^(?:import|export)\b[^;'"]*?\bfrom\s*'([^']+)'|^import\s*'([^']+)'|\bimport\(\s*'([^']+)'/gm,
  );
  return { path, text, imports: [...found].map((match) => match[1] ?? match[2] ?? match[3] ?? '') };
}

/** The path of an import below the project, or the specifier itself of a package. */
function targetOf(file: SourceFile, specifier: string): string | null {
  return specifier.startsWith('.') ? join(dirname(file.path), specifier) : null;
}

function eachImport(isRight: (file: SourceFile, target: string) => boolean): readonly string[] {
  return files.flatMap((file) =>
    file.imports
      .map((specifier) => targetOf(file, specifier))
      .filter((target) => target !== null && !isRight(file, target))
      .map((target) => `${file.path} -> ${target}`),
  );
}

function partOf(path: string): string {
  return path.split('/').slice(0, 2).join('/');
}

/** The files of a cycle of imports that matter at run time (type imports do not), or an empty list. */
function cycle(): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const state = new Map<string, 'open' | 'done'>();
  const visit = (path: string, trail: readonly string[]): readonly string[] => {
    if (state.get(path) === 'open') return [...trail.slice(trail.indexOf(path)), path];
    const file = byPath.get(path);
    if (file === undefined || state.has(path)) return [];
    state.set(path, 'open');
    const runtime = read(path).text.matchAll(
      /^(?:import|export)\b(?! type)[^;'"]*?\bfrom\s*'(\.[^']+)'|^import\s*'(\.[^']+)'/gm,
    );
    for (const match of runtime) {
      const found = visit(join(dirname(path), match[1] ?? match[2] ?? ''), [...trail, path]);
      if (found.length > 0) return found;
    }
    state.set(path, 'done');
    return [];
  };
  for (const { path } of files) {
    const found = visit(path, []);
    if (found.length > 0) return found;
  }
  return [];
}

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { newDataDir, projectDir } from '../support/meterProcess.ts';
import { zipEntries } from '../support/zipEntries.ts';
import { cleanUp } from './rig.ts';

interface Manifest {
  readonly dependencies?: object;
  readonly optionalDependencies?: object;
  readonly extensionDependencies?: readonly string[];
  readonly extensionPack?: readonly string[];
  readonly bundledDependencies?: readonly string[];
  readonly scripts: Readonly<Record<string, string>>;
}

interface LockFile {
  readonly packages: Readonly<
    Record<
      string,
      { license?: string; dev?: boolean; hasInstallScript?: boolean; resolved?: string; integrity?: string }
    >
  >;
}

const readJson = <Shape>(path: string): Shape => JSON.parse(readFileSync(join(projectDir, path), 'utf8')) as Shape;
const manifest = readJson<Manifest>('package.json');
const { packages } = readJson<LockFile>('package-lock.json');

/** What may go into a bundle. Each needs no more than its notice. */
const licences = ['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'Apache-2.0 AND BSL-1.0'];

/** Copies what a clone has to a folder of another name, builds and packs it there, and hashes the package. */
async function packCopy(name: string, env: Readonly<Record<string, string>>): Promise<string> {
  const folder = newDataDir();
  cleanUp(() => folder.dispose());
  const clone = join(folder.path, name);
  mkdirSync(clone);
  const parts = [
    'src',
    'webview',
    'media',
    'scripts',
    'package.json',
    'package-lock.json',
    'LICENSE',
    'CHANGELOG.md',
    '.vscodeignore',
  ];
  for (const part of [...parts, 'README.md', 'tsconfig.json'])
    if (existsSync(join(projectDir, part))) cpSync(join(projectDir, part), join(clone, part), { recursive: true });
  symlinkSync(join(projectDir, 'node_modules'), join(clone, 'node_modules'));
  for (const script of ['build', 'package'])
    await promisify(execFile)(process.execPath, [`scripts/${script}.mjs`], {
      cwd: clone,
      env: { ...process.env, ...env },
    });
  return createHash('sha256')
    .update(readFileSync(join(clone, 'dist/outlay.vsix')))
    .digest('hex');
}

describe('the package', () => {
  it('is the same to the byte wherever, whenever and in whatever zone it is built', async () => {
    const first = await packCopy('outlay', { TZ: 'UTC', LANG: 'C' });
    const second = await packCopy('another folder', { TZ: 'Asia/Kathmandu', LANG: 'de_DE.UTF-8', HOME: projectDir });
    expect(second).toBe(first);
  });

  it('holds exactly these files', () => {
    const names = zipEntries(readFileSync(join(projectDir, 'dist/outlay.vsix'))).map(({ name }) => name);
    expect(names.sort()).toEqual(
      [
        '[Content_Types].xml',
        ...['LICENSE.txt', 'SECURITY.md', 'changelog.md'].map((name) => `extension/${name}`),
        ...[
          'THIRD_PARTY_NOTICES.txt',
          'budgetServer.js',
          'cli.js',
          'cli.main.js',
          'dashboard.css',
          'dashboard.js',
          'dashboardWorker.js',
          'extension.js',
          'importWorker.js',
          'ledgerWorker.js',
          'logWorker.js',
          'meter.js',
          'meter.main.js',
          'o200k.ranks',
          'observeWorker.js',
          'sidebar.css',
          'sidebar.js',
          'trialKeeper.js',
        ].map((name) => `extension/dist/${name}`),
        ...['bin/codex', 'bin/codex.cmd', 'icon.png', 'outlay.svg'].map((name) => `extension/media/${name}`),
        ...['check', 'look', 'run', 'watch'].map((name) => `extension/media/walkthrough/${name}.svg`),
        'extension/package.json',
        ...(existsSync(join(projectDir, 'README.md')) ? ['extension/readme.md'] : []),
        'extension.vsixmanifest',
      ].sort(),
    );
  });

  it('brings no package to install and runs nothing when it is installed', () => {
    const { dependencies, optionalDependencies, bundledDependencies, extensionDependencies, extensionPack, scripts } =
      manifest;
    expect([dependencies, optionalDependencies, bundledDependencies, extensionDependencies, extensionPack]).toEqual(
      Array(5).fill(undefined),
    );
    const hooks = Object.keys(scripts).filter((name) =>
      /^(pre|post)?(install|publish|prepare|pack)|^vscode:/.test(name),
    );
    // The editor runs this one when the extension is removed: it gives an agent's settings file back.
    expect(scripts['vscode:uninstall']).toBe('node ./dist/cli.js disconnect');
    expect(hooks.filter((name) => name !== 'package' && name !== 'vscode:uninstall')).toEqual([]);
    const needed = Object.entries(packages).filter(([path, entry]) => path !== '' && entry.dev !== true);
    expect(
      needed.filter(([, entry]) => !('devOptional' in entry) && !('optional' in entry)).map(([path]) => path),
    ).toEqual([]);
  });

  it('bundles only code whose licence allows it', async () => {
    const options = {
      bundle: true,
      write: false,
      metafile: true,
      logLevel: 'silent',
      absWorkingDir: projectDir,
    } as const;
    const programs = [
      'src/extension.ts',
      'src/meter/main.ts',
      'src/meter/observeWorker.ts',
      'src/meter/dashboard/dashboardWorker.ts',
      'src/ledger/ledgerWorker.ts',
      'src/cli/main.ts',
      'src/cli/budgetServerMain.ts',
    ];
    const built = await Promise.all([
      build({
        ...options,
        entryPoints: programs,
        outdir: 'unwritten',
        platform: 'node',
        format: 'cjs',
        external: ['vscode'],
      }),
      build({
        ...options,
        entryPoints: ['webview/sidebar/main.ts', 'webview/dashboard/main.ts'],
        outdir: 'unwritten',
        loader: { '.ttf': 'dataurl', '.svg': 'dataurl' },
      }),
    ]);
    const bundled = new Set(
      built
        .flatMap(({ metafile }) => Object.keys(metafile.inputs))
        .map((path) => /.*(node_modules\/(?:@[^/]+\/)?[^/]+)/.exec(path)?.[1])
        .filter((path) => path !== undefined),
    );
    expect(bundled.size).toBeGreaterThan(3);
    const foreign = [...bundled].filter((path) => !licences.includes(packages[path]?.license ?? 'none'));
    expect(foreign).toEqual([]);
  });
});

describe('the lock file', () => {
  it('pins every package by hash to one registry, and only known ones run a script when they are installed', () => {
    const locked = Object.entries(packages).filter(([path]) => path !== '');
    const origins = new Set(
      locked.map(([, { resolved = '' }]) => (URL.canParse(resolved) ? new URL(resolved).origin : resolved)),
    );
    expect(origins.size).toBe(1);
    expect(locked.filter(([, { integrity = '' }]) => !/^sha512-/.test(integrity)).map(([path]) => path)).toEqual([]);
    const scripted = locked.filter(([, entry]) => entry.hasInstallScript === true).map(([path]) => path);
    // All three are tools of development: esbuild checks its binary, vsce-sign is not used, protobufjs prints a notice.
    expect(scripted.sort()).toEqual([
      'node_modules/@vscode/vsce-sign',
      'node_modules/esbuild',
      'node_modules/protobufjs',
    ]);
  });
});

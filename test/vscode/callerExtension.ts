import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { packExtension } from '../support/realVsCode.ts';
import { clientsDir, projectDir } from '../support/toolchain.ts';

export interface CallerExtension {
  /** Unpacked, for an editor that takes extensions under development. */
  readonly folder: string;
  /** Packed, to be installed. */
  readonly vsix: string;
}

/** Bundles and packs the extension of the tests that calls LLM APIs, as its makers would. */
export async function packCallerExtension(folder: string): Promise<CallerExtension> {
  const source = join(projectDir, 'test/vscode/callerExtension');
  const out = join(folder, 'callerExtension');
  mkdirSync(out, { recursive: true });
  copyFileSync(join(source, 'package.json'), join(out, 'package.json'));
  await build({
    absWorkingDir: projectDir,
    entryPoints: [join(source, 'extension.mjs')],
    outfile: join(out, 'extension.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    external: ['vscode'],
    nodePaths: [clientsDir()],
    logLevel: 'error',
  });
  const vsix = join(folder, 'caller.vsix');
  await packExtension(out, vsix);
  return { folder: out, vsix };
}

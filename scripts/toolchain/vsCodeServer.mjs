import { copyFileSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, Missing, projectDir, versions } from './cache.mjs';
import { npm, run } from './command.mjs';

/**
 * A real VS Code server, workbench included: the `lib/vscode` of code-server, which serves webviews from its own origin and so
 * needs no network. Its native parts come prebuilt (node-pty, the file watcher); the logger alone would have to be compiled
 * and is replaced by a few lines of JavaScript, so that no compiler is needed.
 */
export async function ensureVsCodeServer() {
  return await cached(
    `vscode-server-${versions.codeServer}`,
    `fetching the VS Code server of code-server ${versions.codeServer} (once, about a minute)`,
    fill,
  );
}

async function fill(dir) {
  const what = `code-server ${versions.codeServer}`;
  await npm(['pack', `code-server@${versions.codeServer}`], { cwd: dir, what });
  const [archive] = readdirSync(dir);
  const unpacked = await run('tar', ['xzf', archive, 'package/lib/vscode'], { cwd: dir });
  if (unpacked.code !== 0) throw new Missing(`${what} could not be unpacked with tar: ${unpacked.stderr.trim()}`);
  const server = join(dir, 'package/lib/vscode');
  leaveOut(server);
  await npm(['install', '--omit=dev', '--ignore-scripts'], { cwd: server, what: `What ${what} needs` });
  const platform = `${process.platform}-${process.arch}`;
  prune(join(server, 'node_modules/@vscode/ripgrep-universal/bin'), platform);
  prune(join(server, 'node_modules/node-pty/prebuilds'), platform);
  copyFileSync(join(projectDir, 'scripts/toolchain/spdlog.cjs'), join(server, 'node_modules/@vscode/spdlog/index.js'));
  for (const entry of readdirSync(server)) renameSync(join(server, entry), join(dir, entry));
  rmSync(join(dir, 'package'), { recursive: true });
  rmSync(join(dir, archive));
  const check = await run(process.execPath, [join(dir, 'out/server-main.js'), '--version'], { cwd: dir });
  if (check.code !== 0) throw new Missing(`${what} does not start: ${check.stderr.trim().split('\n')[0]}`);
}

/** Packages and extensions of hundreds of megabytes that no test and no demo uses; the server loads them only on demand. */
function leaveOut(server) {
  const file = join(server, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const name of [
    '@github/copilot-sdk',
    '@microsoft/mxc-sdk',
    '@devcontainers/cli',
    '@vscode/sandbox-runtime',
    '@vscode/windows-process-tree',
    '@vscode/windows-registry',
    '@vscode/sqlite3',
    'kerberos',
    'ssh2',
  ]) {
    delete manifest.dependencies[name];
  }
  writeFileSync(file, JSON.stringify(manifest, null, 2));
  for (const name of [
    'copilot',
    'mermaid-markdown-features',
    'microsoft-authentication',
    'github-authentication',
    'github',
  ]) {
    rmSync(join(server, 'extensions', name), { recursive: true, force: true });
  }
}

function prune(folder, keep) {
  const entries = readdirSync(folder);
  if (!entries.includes(keep)) return;
  for (const entry of entries) if (entry !== keep) rmSync(join(folder, entry), { recursive: true });
}

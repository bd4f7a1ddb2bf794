// Packs dist/outlay.vsix from what scripts/build.mjs made. The same commit gives the same file.
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectDir = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const target = join(projectDir, 'dist/outlay.vsix');
const limitBytes = 5_000_000;

rmSync(target, { force: true });
const packed = spawnSync(
  process.execPath,
  [
    join(projectDir, 'node_modules/@vscode/vsce/vsce'),
    ...['package', '--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', target],
  ],
  {
    cwd: projectDir,
    encoding: 'utf8',
    // A zip archive holds local times.
    env: { ...process.env, SOURCE_DATE_EPOCH: commitTime(), TZ: 'UTC' },
  },
);
if (packed.status !== 0)
  fail(`vsce could not pack it: ${(packed.stderr || packed.stdout || String(packed.error)).trim()}`);
const { size } = statSync(target);
console.log(`  dist/outlay.vsix  ${(size / 1000).toFixed(0)} kB of at most ${(limitBytes / 1000).toFixed(0)} kB`);
if (size > limitBytes) fail(`dist/outlay.vsix is ${size} bytes, more than ${limitBytes}.`);

function commitTime() {
  try {
    return execFileSync('git', ['log', '-1', '--format=%ct'], {
      cwd: projectDir,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    return '0'; // Not a clone, or no git: any fixed time will do.
  }
}

function fail(sentence) {
  console.error(`package: ${sentence}`);
  process.exit(1);
}

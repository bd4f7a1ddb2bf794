import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { Missing } from './cache.mjs';

/** Runs a command to its end and gives its exit code and both outputs; never throws for a failing command. */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.on('error', (error) => resolve({ code: 127, stdout, stderr: error.message }));
    child.on('close', (code, signal) => resolve({ code: signal === null ? code : 1, stdout, stderr }));
  });
}

/** npm with the Node that runs this script. `what` says in an error sentence what could not be had. */
export async function npm(args, { cwd, what, env = {} }) {
  const cli = npmCli();
  const flags = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const clean = Object.fromEntries(
    // Settings of the npm that started us (its prefix, its workspace) must not leak into installs elsewhere.
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(?!registry|cache|userconfig|globalconfig)|package_|lifecycle_)/i.test(name),
    ),
  );
  const options = {
    cwd,
    env: { ...clean, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`, ...env },
  };
  const result =
    cli === null
      ? await run('npm', [...args, ...flags], options)
      : await run(process.execPath, [cli, ...args, ...flags], options);
  if (result.code === 0) return result.stdout;
  const reason = result.stderr
    .split('\n')
    .filter((line) => /npm (error|ERR!)/.test(line) && !/complete log|A complete/.test(line));
  throw new Missing(
    `${what} could not be fetched from the npm registry: ${reason.slice(0, 3).join(' ') || result.stderr.trim() || `npm ended with ${result.code}`}`,
  );
}

function npmCli() {
  const started = process.env.npm_execpath;
  if (started?.endsWith('npm-cli.js') && existsSync(started)) return started;
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  return existsSync(beside) ? beside : null;
}

/** The path of a program on PATH, or null. */
export function which(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const file of process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`] : [name]) {
      const path = join(folder, file);
      if (folder !== '' && isProgram(path)) return path;
    }
  }
  return null;
}

export function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

import { join } from 'node:path';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { projectDir } from '../support/toolchain.ts';
import { prepareHostRun } from './prepare.ts';

/** Runs the in-host suite in desktop VS Code: the one named by VSCODE_EXECUTABLE, or the newest, which is downloaded once. */
const host = await prepareHostRun();
let isGreen = false;
try {
  const vscodeExecutablePath = process.env['VSCODE_EXECUTABLE'] || (await download());
  await runTests({
    vscodeExecutablePath,
    // The second extension comes as one under development too: those are the only ones that run with all others disabled.
    extensionDevelopmentPath: [projectDir, host.caller.folder],
    extensionTestsPath: host.testsPath,
    extensionTestsEnv: host.env,
    launchArgs: [host.folder, '--user-data-dir', join(host.folder, '../user'), '--disable-extensions'],
  });
  isGreen = host.report();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
}
await host.stop();
process.exit(isGreen ? 0 : 1);

async function download(): Promise<string> {
  try {
    return await downloadAndUnzipVSCode({ cachePath: join(projectDir, '.vscode-test') });
  } catch (cause) {
    throw new Error(
      'Desktop VS Code could not be downloaded: npm run test:desktop needs a network, or a VS Code named in VSCODE_EXECUTABLE.',
      { cause },
    );
  }
}

import { startVsCode } from '../support/realVsCode.ts';
import { projectDir } from '../support/toolchain.ts';
import { prepareHostRun } from './prepare.ts';

/** Runs the in-host suite in the VS Code server, with its workbench in Chromium. */
const limitMs = 900_000;

const host = await prepareHostRun(process.argv.slice(2));
const vsCode = await startVsCode({
  // What watches the branches of tasks asks the editor's git.
  settings: { 'git.enabled': true },
  extensionDevelopmentPath: projectDir,
  extensions: [host.caller.vsix],
  testsPath: host.testsPath,
  folder: host.folder,
  env: host.env,
});
let late: NodeJS.Timeout | undefined;
const exit = await Promise.race([
  vsCode.hostExit,
  new Promise<number>((resolve) => {
    late = setTimeout(() => resolve(-1), limitMs);
  }),
]);
clearTimeout(late);
if (exit === -1) console.error(`The extension host did not end within ${limitMs / 1000} s.`);
const isGreen = host.report() && exit === 0;
if (!isGreen) console.error(`The last lines of the console:\n${vsCode.consoleLines.slice(-40).join('\n')}`);
await vsCode.stop();
await host.stop();
process.exit(isGreen ? 0 : 1);

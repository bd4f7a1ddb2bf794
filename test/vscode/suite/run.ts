import Mocha from 'mocha';

/**
 * Entry point inside the extension host: the runner bundles this file and names it as `extensionTestsPath`. The workspace is a folder that
 * the runner made for this run, because the tests write settings into it.
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, reporter: 'spec', forbidOnly: true, forbidPending: true });
  // The test files are part of this bundle, so that they are evaluated once mocha's words exist.
  mocha.suite.emit('pre-require', globalThis, 'run', mocha);
  await import('./activation.test.ts');
  await import('./terminals.test.ts');
  await import('./spend.test.ts');
  await import('./switch.test.ts');
  await import('./workspaceSettings.test.ts');
  await import('./meterCrash.test.ts');
  const failures = await new Promise<number>((done) => mocha.run(done));
  if (failures > 0) throw new Error(`${failures} of the tests in the extension host failed.`);
}

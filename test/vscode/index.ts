import { readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';
import { env } from 'vscode';
import { keepOthersErrorsAway } from './othersErrors.ts';

/** How a run went, as `OUTLAY_TEST_RESULTS` tells whoever started the editor. */
export interface HostResults {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly title: string; readonly error: string }[];
  readonly pending: readonly string[];
}

/** VS Code calls this inside its extension host; it rejects when a test failed. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, forbidOnly: true, forbidPending: true, reporter: 'spec' });
  const suite = join(__dirname, 'suite');
  for (const file of readdirSync(suite).sort()) if (file.endsWith('.test.js')) mocha.addFile(join(suite, file));
  const passed: string[] = [];
  const failed: { title: string; error: string }[] = [];
  const pending: string[] = [];
  const before = new Set<unknown>(process.listeners('uncaughtException'));
  let takeFiltersAway = () => {};
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on('pass', (test) => passed.push(test.fullTitle()));
    runner.on('pending', (test) => pending.push(test.fullTitle()));
    runner.on('fail', (test, error: Error) =>
      failed.push({ title: test.fullTitle(), error: error.stack ?? String(error) }),
    );
    takeFiltersAway = keepOthersErrorsAway(before, realpathSync(env.appRoot), (error) =>
      console.log(`Not a failure, since an extension of the editor threw it: ${error.stack}`),
    );
  });
  takeFiltersAway();
  const results: HostResults = { passed, failed, pending };
  const file = process.env['OUTLAY_TEST_RESULTS'];
  if (file !== undefined) writeFileSync(file, JSON.stringify(results));
  if (failed.length > 0) throw new Error(`${failed.length} of ${passed.length + failed.length} tests failed.`);
  if (passed.length === 0) throw new Error('No test ran.');
}

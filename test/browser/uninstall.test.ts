import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nodePath, vsCodeServerDir, vsixPath } from '../support/toolchain.ts';
import { type OutlayWindow, openOutlayWindow, showSidebar, untilText } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';
import { closeTerminals, environmentOf, openTerminal } from './rig/terminal.ts';

// Outlay comes and goes without a trace in the terminals.

let window: OutlayWindow;

beforeAll(async () => {
  window = await openOutlayWindow({ install: false });
});
afterAll(() => window?.stop());
beforeEach(() => pictureOnFailure(window.page));

/** Installs or uninstalls as `code --install-extension` does, while the editor runs, and reloads the window. */
async function change(flag: '--install-extension' | '--uninstall-extension', what: string): Promise<void> {
  const server = join(vsCodeServerDir(), 'out/server-main.js');
  const data = ['--server-data-dir', window.vsCode.dataDir, '--accept-server-license-terms'];
  await promisify(execFile)(nodePath(), [server, ...data, flag, what]);
  await window.page.reload();
  await window.page.locator('.monaco-workbench .part.statusbar').waitFor();
}

/** What differs between any two terminals of an editor. */
const isVolatile = (name: string): boolean => /^(VSCODE_|SHLVL$|_$|BROWSER$|OLDPWD$)/.test(name);

async function freshEnvironment(): Promise<Readonly<Record<string, string>>> {
  await openTerminal(window.page);
  const environment = await environmentOf(window);
  await closeTerminals(window.page);
  return Object.fromEntries([...environment].filter(([name]) => !isVolatile(name)).sort());
}

/** Once in every run of the tests, and again and again in the long one. */
const rounds = process.env['OUTLAY_SOAK'] === '1' ? 20 : 1;

describe('uninstalling', () => {
  it('gives new terminals the environment and the PATH that they had before Outlay came', async () => {
    const before = await freshEnvironment();
    expect(before['ANTHROPIC_BASE_URL']).toBeUndefined();
    for (let round = 0; round < rounds; round += 1) {
      await change('--install-extension', vsixPath());
      await showSidebar(window);
      // A snapshot on screen means that the meter is connected, and new terminals with it.
      await untilText(window.figure('today.billed'), '$0.00');
      const during = await freshEnvironment();
      expect(during['ANTHROPIC_BASE_URL']).toMatch(/^http:\/\/127\.0\.0\.1:/);
      expect(during['PATH']).not.toBe(before['PATH']);
      // In every other round the meter is dead when Outlay goes.
      if (round % 2 === 1) process.kill((await window.lock()).pid, 'SIGKILL');
      await change('--uninstall-extension', 'outlay.outlay');
      expect(await freshEnvironment()).toEqual(before);
      expect(await window.statusBar().count()).toBe(0);
    }
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packExtension, startVsCode, type VsCode } from '../support/realVsCode.ts';
import { openView, screenshot, setTheme, webviewFrame } from '../support/workbench.ts';

/** The smallest extension with a webview: what the other browser tests build on must work for anybody's extension. */
const manifest = {
  name: 'probe',
  displayName: 'Probe',
  description: 'A throw-away extension.',
  publisher: 'outlay-tests',
  version: '0.0.1',
  engines: { vscode: '^1.123.0' },
  main: './main.js',
  contributes: {
    viewsContainers: { activitybar: [{ id: 'probe', title: 'Probe', icon: 'icon.svg' }] },
    views: { probe: [{ id: 'probe.view', name: 'Probe', type: 'webview' }] },
  },
};

const main = `
const vscode = require('vscode');
exports.activate = (context) => {
  context.subscriptions.push(vscode.window.registerWebviewViewProvider('probe.view', {
    resolveWebviewView(view) {
      view.webview.html = '<p>Node ' + process.versions.node + ', ' + process.env.PROBE + '</p>';
    },
  }));
};
`;

let folder: string;
let vsCode: VsCode;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'outlay-probe-'));
  const extension = join(folder, 'extension');
  const workspace = join(folder, 'workspace');
  for (const dir of [extension, workspace]) mkdirSync(dir);
  writeFileSync(join(extension, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(extension, 'README.md'), 'A throw-away extension.');
  writeFileSync(join(extension, 'main.js'), main);
  writeFileSync(join(extension, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"></svg>');
  await packExtension(extension, join(folder, 'probe.vsix'));
  vsCode = await startVsCode({
    extensions: [join(folder, 'probe.vsix')],
    folder: workspace,
    env: { PROBE: 'from the environment' },
  });
});

afterAll(async () => {
  await vsCode?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('shows the webview of an installed extension, run by Node 24 with the environment that was given', async () => {
  await openView(vsCode.page, 'Probe');
  const text = await webviewFrame(vsCode.page, 'outlay-tests.probe').locator('p').textContent();
  expect(text).toMatch(/^Node 24\.\d+\.\d+, from the environment$/);
});

it('changes its theme, and the webview with it', async () => {
  await setTheme(vsCode, 'light');
  const body = webviewFrame(vsCode.page, 'outlay-tests.probe').locator('body');
  await expect.poll(() => body.getAttribute('class')).toContain('vscode-light');
  expect(await screenshot(vsCode.page, 'probe', { width: 900, height: 600 })).toMatch(/probe\.png$/);
});

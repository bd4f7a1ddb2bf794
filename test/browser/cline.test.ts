import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallJsonRow } from '../../src/cli/callsCommand.ts';
import { eventually } from '../support/meterProcess.ts';
import { runCommand, screenshot } from '../support/workbench.ts';
import { type OutlayWindow, openOutlayWindow, PATIENCE_MS, showSidebar } from './rig/outlayWindow.ts';
import { pictureOnFailure } from './rig/pictureOnFailure.ts';

// The commands as a user meets them; the real Cline CLI is run in test/agents.

const folder = mkdtempSync(join(tmpdir(), 'outlay-cline-'));
const path = join(folder, 'providers.json');
const entry = (provider: string) => ({
  settings: { provider, apiKey: 'made-up-key', model: 'm' },
  tokenSource: 'manual',
});
const before = `${JSON.stringify({ version: 1, modes: {}, providers: { anthropic: entry('anthropic'), cline: entry('cline') } }, null, 2)}\n`;

let window: OutlayWindow;

beforeAll(async () => {
  writeFileSync(path, before, { mode: 0o600 });
  window = await openOutlayWindow({ env: { CLINE_PROVIDER_SETTINGS_PATH: path } });
  await showSidebar(window);
});
afterAll(async () => {
  await window?.stop();
  rmSync(folder, { recursive: true });
});
beforeEach(() => pictureOnFailure(window.page));

const read = (): string => readFileSync(path, 'utf8');
const untilRead = (isWanted: (text: string) => boolean): Promise<string> =>
  eventually(async () => read(), isWanted, PATIENCE_MS);

function baseUrl(): string {
  const { providers } = JSON.parse(read()) as { providers: { anthropic: { settings: { baseUrl: string } } } };
  return providers.anthropic.settings.baseUrl;
}

describe('Cline CLI', () => {
  it('is connected only after the user has read what changes, and has said so', async () => {
    const { page } = window;
    await runCommand(page, 'Outlay: Connect Cline CLI...');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Connect Cline CLI to Outlay?').waitFor();
    const text = await dialog.innerText();
    expect(text).toContain(path);
    expect(text).toContain('Outlay sets "baseUrl" there for: anthropic.');
    expect(text).toContain('Left alone: cline');
    await screenshot(page, 'cline-consent');
    expect(read()).toBe(before);
    await dialog.getByRole('button', { name: 'Connect' }).click();
    await untilRead((now) => now.includes('/agent-cline/anthropic'));
  });

  it('has its calls booked under its name', async () => {
    const held = window.upstream.hold('say hi');
    const response = await fetch(`${baseUrl()}/messages`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': 'made-up-key',
        'user-agent': 'ai-sdk/anthropic/4.0.42',
      },
      body: JSON.stringify({
        ...{ model: 'claude-sonnet-4-5', stream: true, max_tokens: 100 },
        messages: [{ role: 'user', content: 'say hi' }],
      }),
    });
    (await held).finish();
    await response.text();
    const rows = await eventually(
      () => window.cli<CallJsonRow>('calls'),
      (calls) => calls.length > 0,
      PATIENCE_MS,
    );
    expect(rows.map(({ agent }) => agent)).toEqual(['cline']);
  });

  it('has its own settings while Outlay is off, byte for byte', async () => {
    await runCommand(window.page, 'Outlay: Turn Off');
    await untilRead((now) => now === before);
    await runCommand(window.page, 'Outlay: Turn On');
    await untilRead((now) => now.includes('/agent-cline/anthropic'));
  });

  it('has them again once it is disconnected, and keeps what was changed meanwhile', async () => {
    writeFileSync(path, read().replace('"model": "m"', '"model": "another"'));
    await runCommand(window.page, 'Outlay: Disconnect Cline CLI');
    await untilRead((now) => now === before.replace('"model": "m"', '"model": "another"'));
  });
});

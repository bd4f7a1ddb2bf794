import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { extensions, workspace } from 'vscode';
import type { OutlayExports } from '../../../src/extension.ts';
import { type SettingKey, settings } from '../../../src/manifest/manifest.ts';
import type { TestInspection } from '../../../src/vscode/testInspection.ts';

/** Outlay as it runs in this window, connected to its meter. */
export async function activatedOutlay(): Promise<TestInspection> {
  const extension = extensions.getExtension<OutlayExports>('outlay.outlay');
  assert(extension !== undefined, 'the extension is not installed');
  const inspection = await extension.activate();
  assert(inspection !== undefined, 'the extension does not know that it is under test');
  await inspection.ready;
  await until('the first snapshot', () => inspection.state().snapshot !== null);
  return inspection;
}

/** Waits for something that has no event of its own. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    assert(Date.now() < deadline, `waited in vain for ${what}`);
    await delay(25);
  }
}

export async function resetSettings(): Promise<void> {
  const configuration = workspace.getConfiguration();
  for (const key of Object.keys(settings) as SettingKey[]) {
    if (configuration.inspect(key)?.globalValue !== undefined) await configuration.update(key, undefined, true);
  }
  await (await activatedOutlay()).settled();
}

/** Empties the ledger and waits until this window knows: snapshots on their way may still show what was there. */
export async function emptyLedger(): Promise<void> {
  const outlay = await activatedOutlay();
  await outlay.deleteData(null);
  await until('the empty ledger', () => outlay.state().snapshot?.recent.length === 0);
}

export const variableOf = (outlay: TestInspection, name: string): string | undefined =>
  outlay.terminalCollection().variables[name]?.value;

import { type Disposable, workspace } from 'vscode';
import { type CheckedSetting, checkSetting } from '../manifest/checkSetting.ts';
import { type SettingKey, type SettingValue, settings } from '../manifest/manifest.ts';

/**
 * A setting as the user wrote it for this machine. Values of a workspace or folder are never looked at, trusted or not: all of
 * Outlay's settings move traffic, money or files.
 */
function checked<K extends SettingKey>(key: K): CheckedSetting<K> {
  return checkSetting(key, workspace.getConfiguration().inspect<unknown>(key)?.globalValue);
}

export function readSetting<K extends SettingKey>(key: K): SettingValue<K> {
  return checked(key).value;
}

export async function writeSetting<K extends SettingKey>(key: K, value: SettingValue<K>): Promise<void> {
  await workspace.getConfiguration().update(key, value, true);
}

/** Sentences about settings that are not as they should be. */
export function settingProblems(): readonly string[] {
  return (Object.keys(settings) as SettingKey[]).flatMap((key) => checked(key).problem ?? []);
}

export function onSettingsChange(listener: () => void): Disposable {
  return workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('outlay') || event.affectsConfiguration('terminal.integrated.env')) listener();
  });
}

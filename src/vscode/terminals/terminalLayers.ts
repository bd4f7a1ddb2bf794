import { workspace } from 'vscode';
import type { EnvironmentLayers } from '../../agents/environment.ts';

type EnvironmentSetting = Readonly<Record<string, string | null>>;

const settingName = (): string => {
  if (process.platform === 'win32') return 'windows';
  return process.platform === 'darwin' ? 'osx' : 'linux';
};

/** The environment of the editor's terminals, layer by layer, so that a workspace's values can be told from the user's. */
export function readTerminalLayers(): EnvironmentLayers {
  const inspected = workspace.getConfiguration('terminal.integrated.env').inspect<unknown>(settingName());
  return {
    process: process.env,
    user: asEnvironment(inspected?.globalValue),
    workspace: { ...asEnvironment(inspected?.workspaceValue), ...asEnvironment(inspected?.workspaceFolderValue) },
  };
}

function asEnvironment(value: unknown): EnvironmentSetting {
  if (typeof value !== 'object' || value === null) return {};
  const entries = Object.entries(value).filter(([, item]) => typeof item === 'string' || item === null);
  return Object.fromEntries(entries) as EnvironmentSetting;
}

import type { Environment } from './environment.ts';
import type { VariableChange } from './noProxy.ts';

/** An environment with a plan's changes in it, for a process that is started directly; the editor applies a plan to terminals itself. */
export function applyChanges(
  environment: Environment,
  changes: ReadonlyMap<string, VariableChange>,
  platform: NodeJS.Platform,
): Readonly<Record<string, string | undefined>> {
  const result: Record<string, string | undefined> = { ...environment };
  for (const [name, { kind, value }] of changes) {
    // Windows knows one variable in any case; its own spelling of the PATH is kept.
    const isSame = (key: string): boolean => platform === 'win32' && key.toUpperCase() === name.toUpperCase();
    const known = Object.keys(result).find(isSame) ?? name;
    const before = result[known] ?? '';
    result[known] = kind === 'replace' ? value : kind === 'append' ? `${before}${value}` : `${value}${before}`;
  }
  return result;
}

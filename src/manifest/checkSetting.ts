import { agentIds, limitNames, type SettingKey, type SettingValue, settings } from './manifest.ts';
import type { SettingType } from './manifestTypes.ts';

/** A usable value of a setting, and a sentence where what the user wrote is not usable as a whole. */
export interface CheckedSetting<K extends SettingKey> {
  readonly value: SettingValue<K>;
  readonly problem: string | null;
}

export interface Check {
  readonly value: unknown;
  readonly problem: string | null;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const checks: Readonly<Record<SettingType, (value: unknown) => Check | null>> = {
  boolean: (value) => (typeof value === 'boolean' ? { value, problem: null } : null),
  days: (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 36500
      ? { value, problem: null }
      : null,
  // The meter checks each price, because the CLI reads the same settings through it.
  prices: (value) => (Array.isArray(value) ? { value, problem: null } : null),
  agents: (value) => (Array.isArray(value) ? keepValid(value, isAgent, (kept) => kept.map(([, item]) => item)) : null),
  urls: (value) => (isRecord(value) ? keepValid(value, isText, Object.fromEntries) : null),
  limits: checkLimits,
  folderLimits: checkFolderLimits,
  budgetMode: (value) =>
    value === 'steady' || value === 'strict' || value === 'warn' ? { value, problem: null } : null,
  timeZone: (value) => (typeof value === 'string' && isTimeZone(value) ? { value, problem: null } : null),
  observe: (value) => (value === 'ask' || value === 'on' || value === 'off' ? { value, problem: null } : null),
  extensionIds: (value) =>
    Array.isArray(value) ? keepValid(value, isExtensionId, (kept) => kept.map(([, item]) => item)) : null,
  usdPerHour: (value) => (isLimit('usd', value) ? { value, problem: null } : null),
};

const isAgent = (value: unknown): boolean => agentIds.some((id) => id === value);
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const isExtensionId = (value: unknown): boolean =>
  typeof value === 'string' && /^[\w-]{1,100}\.[\w-]{1,100}$/.test(value);

/** A million dollars, or a thousand billion of anything else: more is a slip. */
const mostOf = (name: string): number => (name === 'usd' ? 1e6 : 1e12);

function isLimit(name: string, value: unknown): boolean {
  if (typeof value !== 'number' || !(value >= 0 && value <= mostOf(name))) return false;
  return name === 'usd' || Number.isInteger(value);
}

/** Limits of settings. An entry that is none is left out and reported, for a limit that was meant must not be lost in silence. */
export function checkLimits(value: unknown): Check | null {
  if (!isRecord(value)) return null;
  const isValid = ([name, limit]: readonly [string, unknown]): boolean =>
    limitNames.some((known) => known === name) && isLimit(name, limit);
  const kept = Object.entries(value).filter(isValid);
  const isWhole = kept.length === Object.keys(value).length;
  return { value: Object.fromEntries(kept), problem: isWhole ? null : 'has entries that are not valid' };
}

function checkFolderLimits(value: unknown): Check | null {
  if (!isRecord(value)) return null;
  let problem: string | null = null;
  const folders: [string, unknown][] = [];
  for (const [folder, periods] of Object.entries(value)) {
    const checked = isRecord(periods)
      ? Object.entries(periods).map(([period, limits]) => [period, checkLimits(limits)] as const)
      : [];
    const kept = checked.filter(([period, check]) => (period === 'daily' || period === 'monthly') && check !== null);
    if (!isRecord(periods) || kept.length < checked.length || kept.some(([, check]) => check?.problem !== null)) {
      problem = 'has entries that are not valid';
    }
    folders.push([folder, Object.fromEntries(kept.map(([period, check]) => [period, check?.value]))]);
  }
  return { value: Object.fromEntries(folders), problem };
}

/** "" is the machine's own. */
function isTimeZone(zone: string): boolean {
  try {
    return zone === '' || new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function keepValid(
  value: Readonly<Record<string, unknown>> | readonly unknown[],
  isValid: (item: unknown) => boolean,
  build: (kept: [string, unknown][]) => unknown,
): Check {
  const entries = Object.entries(value);
  const kept = entries.filter(([, item]) => isValid(item));
  return { value: build(kept), problem: kept.length === entries.length ? null : 'has entries that are not valid' };
}

/**
 * Turns what stands in the user's settings into a value that the code can use: the default where it is missing or broken, and only
 * the valid entries of a list.
 */
export function checkSetting<K extends SettingKey>(key: K, written: unknown): CheckedSetting<K> {
  const spec = settings[key];
  const fallback = spec.default as SettingValue<K>;
  if (written === undefined) return { value: fallback, problem: null };
  const checked = checks[spec.type](written);
  if (checked === null) return { value: fallback, problem: `The setting "${key}" is not valid; its default is used.` };
  const problem = checked.problem === null ? null : `The setting "${key}" ${checked.problem}; they are left out.`;
  return { value: checked.value as SettingValue<K>, problem };
}

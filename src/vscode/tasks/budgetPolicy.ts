import { dimensions, type Limits, noLimits } from '../../domain/budget.ts';
import { nanoUsdOf } from '../../domain/money.ts';
import type { FolderLimitsSetting, LimitsSetting, SettingValue } from '../../manifest/manifest.ts';
import type { BudgetPolicy } from '../../protocol/tasks.ts';

/** Limits of a day and of a month, as settings have them. */
export interface PeriodLimits {
  readonly day: Limits;
  readonly month: Limits;
}

/** The settings that a policy is made of. Only `repository` may come from a workspace. */
export interface PolicySettings {
  readonly daily: LimitsSetting;
  readonly monthly: LimitsSetting;
  readonly folders: Readonly<Record<string, FolderLimitsSetting>>;
  readonly mode: SettingValue<'outlay.budget.mode'>;
  readonly countSubscription: boolean;
  readonly timeZone: string;
  readonly usdPerHour: number;
  readonly answerAsMessage: readonly string[];
  readonly lowerMaxOutput: boolean;
  /** Every limit that the folders of this window bring along. */
  readonly repository: readonly FolderLimitsSetting[];
}

export interface PolicyPlace {
  readonly workspaceId: string;
  /** Paths of the window's folders. */
  readonly folders: readonly string[];
  /** Whether two spellings of a path mean the same. */
  readonly isSamePath: (a: string, b: string) => boolean;
}

export function limitsOf(setting: LimitsSetting): Limits {
  return {
    costNanoUsd: setting.usd === undefined ? null : nanoUsdOf(setting.usd),
    thinkingTokens: setting.thinkingTokens ?? null,
    outputTokens: setting.outputTokens ?? null,
    toolCalls: setting.toolCalls ?? null,
    calls: setting.calls ?? null,
  };
}

/** The lower of two limits in each dimension. No limit is higher than any. */
export function lowerLimits(a: Limits, b: Limits): Limits {
  const entries = dimensions.map((dimension) => {
    const [one, other] = [a[dimension], b[dimension]];
    if (one === null || other === null) return [dimension, one ?? other] as const;
    return [dimension, Math.min(one, other)] as const;
  });
  return Object.fromEntries(entries) as Limits;
}

function lowest(settings: readonly FolderLimitsSetting[]): PeriodLimits {
  const of = (pick: (setting: FolderLimitsSetting) => LimitsSetting | undefined): Limits =>
    settings.reduce((limits, setting) => lowerLimits(limits, limitsOf(pick(setting) ?? {})), noLimits);
  return { day: of(({ daily }) => daily), month: of(({ monthly }) => monthly) };
}

/**
 * What this window tells the meter about limits. The machine's limits are the user's alone; of its own workspace the lower of the user's
 * and the repository's holds, so that a repository can take away and never give.
 */
export function budgetPolicy(settings: PolicySettings, place: PolicyPlace): BudgetPolicy {
  const own = Object.entries(settings.folders)
    .filter(([path]) => place.folders.some((folder) => place.isSamePath(folder, path)))
    .map(([, limits]) => limits);
  return {
    machine: { day: limitsOf(settings.daily), month: limitsOf(settings.monthly) },
    folders: { [place.workspaceId]: { ...lowest([...own, ...settings.repository]) } },
    mode: settings.mode,
    countsSubscription: settings.countSubscription,
    timeZone: settings.timeZone === '' ? null : settings.timeZone,
    alarmNanoUsdPerHour: settings.usdPerHour === 0 ? null : nanoUsdOf(settings.usdPerHour),
    answerAsMessage: settings.answerAsMessage,
    lowerMaxOutput: settings.lowerMaxOutput,
  };
}

/** Paths as people write them: with a slash at the end or without, and on Windows in any case and with either slash. */
export function samePath(platform: NodeJS.Platform): (a: string, b: string) => boolean {
  const fold = (path: string): string => {
    const plain = platform === 'win32' ? path.replaceAll('\\', '/').toLowerCase() : path;
    return plain.length > 1 && plain.endsWith('/') ? plain.slice(0, -1) : plain;
  };
  return (a, b) => fold(a) === fold(b);
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dimensions, type Limits, noLimits } from '../../../../src/domain/budget.ts';
import { checkLimits } from '../../../../src/manifest/checkSetting.ts';
import { type LimitsSetting, limitNames } from '../../../../src/manifest/manifest.ts';
import { budgetPolicy, limitsOf, type PolicySettings, samePath } from '../../../../src/vscode/tasks/budgetPolicy.ts';

const none: PolicySettings = {
  daily: {},
  monthly: {},
  folders: {},
  mode: 'steady',
  countSubscription: false,
  timeZone: '',
  usdPerHour: 0,
  answerAsMessage: [],
  lowerMaxOutput: false,
  repository: [],
};
const place = { workspaceId: 'ws-1', folders: ['/home/me/app'], isSamePath: samePath('linux') };
const policyOf = (change: Partial<PolicySettings>) => budgetPolicy({ ...none, ...change }, place);
const usdLimit = (usd: number): Limits => ({ ...noLimits, costNanoUsd: usd * 1e9 });

/** What a settings file can hold: limits, wrong limits, and anything else. */
const written = fc.oneof(
  fc.dictionary(
    fc.constantFrom<string>(...limitNames, '__proto__', 'dollars'),
    fc.oneof(fc.double(), fc.nat(), fc.anything()),
  ),
  fc.anything(),
);
const settingOf = (value: unknown): LimitsSetting => (checkLimits(value)?.value ?? {}) as LimitsSetting;
const setting = written.map(settingOf);
const folderSetting = fc.record({ daily: setting, monthly: setting }, { requiredKeys: [] });

describe('the policy of a window', () => {
  it('has no limit where the settings have none', () => {
    const policy = policyOf({});
    expect(policy.machine).toEqual({ day: noLimits, month: noLimits });
    expect(policy.folders).toEqual({ 'ws-1': { day: noLimits, month: noLimits } });
    expect([policy.timeZone, policy.alarmNanoUsdPerHour]).toEqual([null, null]);
  });

  it("takes the user's limits over", () => {
    const policy = policyOf({
      daily: { usd: 20 },
      monthly: { usd: 300.5, calls: 10_000 },
      folders: { '/home/me/app/': { daily: { usd: 5 } }, '/home/me/other': { daily: { usd: 1 } } },
      timeZone: 'Europe/Berlin',
      usdPerHour: 12,
    });
    expect(policy.machine.day).toEqual(usdLimit(20));
    expect(policy.machine.month).toEqual({ ...usdLimit(300.5), calls: 10_000 });
    expect(policy.folders['ws-1']?.day).toEqual(usdLimit(5));
    expect([policy.timeZone, policy.alarmNanoUsdPerHour]).toEqual(['Europe/Berlin', 12e9]);
  });

  it('keeps a limit of 0, which is not the same as none', () => {
    expect(policyOf({ daily: { usd: 0 } }).machine.day.costNanoUsd).toBe(0);
    expect(limitsOf({ calls: 0 }).calls).toBe(0);
  });

  it('has the lower limit where a repository lowers one, and the user’s where it does not', () => {
    const folders = { '/home/me/app': { daily: { usd: 5 } } };
    const day = (usd: number) => policyOf({ folders, repository: [{ daily: { usd } }] }).folders['ws-1']?.day;
    expect(day(3)).toEqual(usdLimit(3));
    expect(day(50)).toEqual(usdLimit(5));
  });

  it('never has a limit raised, dropped or moved to the machine by anything a repository writes', () => {
    fc.assert(
      fc.property(setting, setting, folderSetting, fc.array(folderSetting), (daily, monthly, own, repository) => {
        const user = { daily, monthly, folders: { '/home/me/app': own } };
        const [without, with_] = [policyOf(user), policyOf({ ...user, repository })];
        expect({ ...with_, folders: {} }).toEqual({ ...without, folders: {} });
        for (const period of ['day', 'month'] as const) {
          for (const dimension of dimensions) {
            const before = without.folders['ws-1']?.[period][dimension] ?? Number.POSITIVE_INFINITY;
            const after = with_.folders['ws-1']?.[period][dimension] ?? Number.POSITIVE_INFINITY;
            expect(after).toBeLessThanOrEqual(before);
          }
        }
      }),
    );
  });

  it('gives the meter whole numbers from 0 up or null, whatever settings hold', () => {
    fc.assert(
      fc.property(setting, (daily) => {
        const limits = Object.values(policyOf({ daily }).machine.day);
        expect(limits.every((limit) => limit === null || (Number.isSafeInteger(limit) && limit >= 0))).toBe(true);
      }),
    );
  });
});

describe('paths', () => {
  it('are compared as the platform does', () => {
    expect(samePath('linux')('/a/b/', '/a/b')).toBe(true);
    expect(samePath('linux')('/a/B', '/a/b')).toBe(false);
    expect(samePath('win32')('C:\\Code\\App', 'c:/code/app/')).toBe(true);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noPolicy, readBudgetPolicy } from '../../../../src/meter/budget/budgetPolicy.ts';

describe('A policy', () => {
  it('is read whole', () => {
    const policy = {
      ...noPolicy,
      machine: { ...noPolicy.machine, day: { ...noPolicy.machine.day, costNanoUsd: 5_000_000_000 } },
      folders: { 'ws-1': { ...noPolicy.machine, month: { ...noPolicy.machine.month, calls: 0 } } },
      mode: 'strict' as const,
      timeZone: 'Asia/Kathmandu',
      alarmNanoUsdPerHour: 1,
      answerAsMessage: ['roo'],
      lowerMaxOutput: true,
    };
    expect(readBudgetPolicy(JSON.parse(JSON.stringify(policy)))).toEqual({
      policy: { ...policy, timeZone: expect.stringMatching(/^Asia\/Ka(?:thmandu|tmandu)$/) },
      problems: [],
    });
  });

  it.each([-1, 1.5, Number.NaN, 1e99, '5 dollars', true, {}])('leaves out the limit %s and says so', (limit) => {
    const { policy, problems } = readBudgetPolicy({ machine: { day: { costNanoUsd: limit } } });
    expect(policy).toEqual(noPolicy);
    expect(problems).toEqual([
      'The limit of costNanoUsd (machine, day) is no whole number from 0 up and was left out.',
    ]);
  });

  it('keeps a limit of 0 apart from none', () => {
    const { policy } = readBudgetPolicy({ machine: { day: { costNanoUsd: 0 }, month: { costNanoUsd: null } } });
    expect([policy.machine.day.costNanoUsd, policy.machine.month.costNanoUsd]).toEqual([0, null]);
  });

  it('says that a zone does not exist', () => {
    expect(readBudgetPolicy({ timeZone: 'Mars/Olympus' }).problems).toEqual([
      '"Mars/Olympus" is no time zone; days and months are those of this machine.',
    ]);
  });

  it('is a policy whatever came', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { policy } = readBudgetPolicy(value);
        expect(readBudgetPolicy(policy)).toEqual({ policy, problems: [] });
      }),
    );
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MarkDesk, modelMarks } from '../../../../src/meter/dashboard/markDesk.ts';
import type { DashboardAnswer, DashboardData } from '../../../../src/protocol/dashboard.ts';
import { comparisonOf, trialRuns } from '../../../support/dashboardHarness/dashboardStates.ts';

/** More than the desk waits for further changes. */
const settledMs = 4_000;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function startDesk(ask: () => Promise<DashboardAnswer>) {
  const told = { asked: 0, changes: 0, log: [] as string[] };
  const desk = new MarkDesk({
    office: {
      ask: () => {
        told.asked += 1;
        return ask();
      },
    },
    onChange: () => {
      told.changes += 1;
    },
    log: (line) => told.log.push(line),
  });
  return { desk, told };
}

const comparison = comparisonOf(trialRuns);
const ready = (): Promise<DashboardAnswer> =>
  Promise.resolve({ state: 'ready', data: { comparison } as Pick<DashboardData, 'comparison'> as DashboardData });

describe('the desk of marks', () => {
  it('compares nothing while nobody asks for marks, whatever changes', async () => {
    const { desk, told } = startDesk(ready);
    desk.runsChanged();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(told.asked).toBe(0);
  });

  it('compares once after somebody has asked, however often, and tells when the marks are there', async () => {
    const { desk, told } = startDesk(ready);
    expect([desk.all(), desk.all()]).toEqual([[], []]);
    await vi.advanceTimersByTimeAsync(settledMs);
    expect([told.asked, told.changes]).toEqual([1, 1]);
    expect(desk.all()).toEqual(modelMarks(comparison));
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(told.asked).toBe(1);
  });

  it('compares anew for whoever asks after runs have changed, and tells nothing where the marks are the same', async () => {
    const { desk, told } = startDesk(ready);
    desk.all();
    await vi.advanceTimersByTimeAsync(settledMs);
    desk.runsChanged();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(told.asked).toBe(1);
    desk.all();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect([told.asked, told.changes]).toEqual([2, 1]);
  });

  it('waits for a comparison that takes long', async () => {
    let answers = 0;
    const { desk, told } = startDesk(() => {
      answers += 1;
      return answers < 3 ? Promise.resolve({ state: 'working', doneShare: 0 }) : ready();
    });
    desk.all();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect([told.asked, told.changes]).toEqual([3, 1]);
  });

  it('logs a comparison that fails, and nothing once it is closed', async () => {
    const { desk, told } = startDesk(() => Promise.reject(new Error('the thread ended')));
    desk.all();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect(told.log).toEqual(['models were not compared: Error: the thread ended']);
    desk.runsChanged();
    desk.all();
    desk.close();
    desk.all();
    await vi.advanceTimersByTimeAsync(settledMs);
    expect([told.asked, told.log.length]).toEqual([1, 1]);
  });
});

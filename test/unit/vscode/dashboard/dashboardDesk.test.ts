import { describe, expect, it } from 'vitest';
import {
  type DashboardAnswer,
  type DashboardQuery,
  type DashboardState,
  defaultDashboardQuery as query,
} from '../../../../src/protocol/dashboard.ts';
import { DashboardDesk } from '../../../../src/vscode/dashboard/dashboardDesk.ts';
import { dataOf } from '../../../support/dashboardHarness/dashboardStates.ts';
import { callRecord, snapshotAt, stateOf } from '../../../support/sidebarHarness/states.ts';

const data = dataOf([]);
const running = stateOf({ snapshot: snapshotAt(1) });

interface Question {
  readonly name: string;
  readonly query: DashboardQuery;
  readonly again: boolean | undefined;
  /** Name of an import. */
  readonly removed: string | undefined;
  answer(answer: DashboardAnswer | { readonly removed: number }): Promise<void>;
  fail(sentence: string): Promise<void>;
}

/** Lets everything that is ready to run, run. */
const settle = () => new Promise<void>((done) => setImmediate(done));

function desk() {
  const questions: Question[] = [];
  const shown: DashboardState[] = [];
  const one = new DashboardDesk(query, {
    ask: (name, params) =>
      new Promise((resolve, reject) => {
        questions.push({
          name,
          query: 'query' in params ? params.query : query,
          removed: 'name' in params ? params.name : undefined,
          again: 'again' in params ? params.again : undefined,
          answer: (answer) => {
            resolve(answer as never);
            return settle();
          },
          fail: (sentence) => {
            reject(new Error(sentence));
            return settle();
          },
        });
      }),
    wait: () => Promise.resolve(),
    onChange: (state) => shown.push(state),
  });
  return { desk: one, questions, shown };
}

describe('the figures of a panel', () => {
  it('are asked for as soon as the meter runs, and again while it works', async () => {
    const { desk: one, questions } = desk();
    one.show(stateOf({ meter: 'starting' }));
    expect(questions).toHaveLength(0);
    one.show(running);
    await questions[0]?.answer({ state: 'working', doneShare: 0.4 });
    expect(one.state).toMatchObject({ progress: 0.4, data: null, problem: null });
    await questions[1]?.answer({ state: 'ready', data });
    expect(one.state).toMatchObject({ progress: null, data, isStale: false });
    expect(questions).toHaveLength(2);
  });

  it('stay while newer ones are worked out, and an answer to an old question is dropped', async () => {
    const { desk: one, questions } = desk();
    one.show(running);
    await questions[0]?.answer({ state: 'ready', data });
    one.refresh({ ...query, axis: 'seconds' });
    one.refresh({ ...query, axis: 'thinkingTokens' });
    const late = dataOf([], { generatedAtMs: 1 });
    await questions[1]?.answer({ state: 'ready', data: late });
    expect(one.state).toMatchObject({ data, progress: 0 });
    const newest = dataOf([], { generatedAtMs: 2 });
    await questions[2]?.answer({ state: 'ready', data: newest });
    expect(one.state.data).toEqual(newest);
  });

  it('are worked out anew where the user asks for that, once', async () => {
    const { desk: one, questions } = desk();
    one.show(running);
    await questions[0]?.answer({ state: 'ready', data });
    one.refresh(undefined, true);
    await questions[1]?.answer({ state: 'working', doneShare: 0.1 });
    expect(questions.map(({ again }) => again)).toEqual([false, true, false]);
  });

  it('are old as soon as another call is booked', async () => {
    const { desk: one, questions } = desk();
    one.show(running);
    await questions[0]?.answer({ state: 'ready', data });
    one.show(stateOf({ snapshot: snapshotAt(2, { recent: [callRecord(2)] }) }));
    expect(one.state.isStale).toBe(true);
    one.refresh();
    expect(one.state.isStale).toBe(false);
  });

  it('are left at the user’s word, and the meter is told', async () => {
    const { desk: one, questions } = desk();
    one.show(running);
    one.cancel();
    expect(questions.at(-1)?.name).toBe('cancelDashboard');
    expect(one.state).toMatchObject({ progress: null, problem: 'Cancelled before there was a figure.' });
    await questions[0]?.answer({ state: 'ready', data });
    expect(one.state.data).toBeNull();
  });

  it('say why they cannot be had, and are asked for again', async () => {
    const { desk: one, questions } = desk();
    one.show(running);
    await questions[0]?.fail('the ledger is damaged');
    expect(one.state.problem).toBe('The figures could not be worked out: the ledger is damaged');
    one.refresh();
    expect(one.state).toMatchObject({ problem: null, progress: 0 });
  });

  it('stay when the meter goes, with its reason', async () => {
    const { desk: one, questions } = desk();
    one.show(running);
    await questions[0]?.answer({ state: 'ready', data });
    one.show(stateOf({ meter: 'failed', meterText: 'It could not start.' }));
    expect(one.state).toMatchObject({ data, problem: 'It could not start.', progress: null });
  });

  it('are worked out anew once an import is removed', async () => {
    const { desk: one, questions } = desk();
    one.show(running);
    await questions[0]?.answer({ state: 'ready', data });
    void one.removeImport('board');
    expect(questions[1]).toMatchObject({ name: 'removeImport', removed: 'board' });
    await questions[1]?.answer({ removed: 7 });
    expect(questions[2]).toMatchObject({ name: 'dashboard', again: true });
  });

  it('stay, and say why, where an import cannot be removed', async () => {
    const { desk: one, questions } = desk();
    one.show(running);
    await questions[0]?.answer({ state: 'ready', data });
    void one.removeImport('board');
    await questions[1]?.fail('The disk is full.');
    expect(one.state).toMatchObject({ data, problem: 'The import “board” could not be removed: The disk is full.' });
    expect(questions).toHaveLength(2);
  });
});

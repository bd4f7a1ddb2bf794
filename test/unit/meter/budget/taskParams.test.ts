import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noLimits } from '../../../../src/domain/budget.ts';
import {
  readActivation,
  readAssignment,
  readExtension,
  readNewTask,
  readOutcome,
  readTaskChange,
  readTaskId,
} from '../../../../src/meter/budget/taskParams.ts';
import { ControlProblem } from '../../../../src/meter/control/controlServer.ts';

const id = `task-${'a'.repeat(16)}`;

describe('A new task', () => {
  it('needs a title and nothing else', () => {
    expect(readNewTask({ title: ' Fix login ' })).toEqual({
      title: 'Fix login',
      workspaceId: null,
      folder: null,
      branch: null,
      checkCommand: null,
      limits: noLimits,
      mode: 'steady',
      countsSubscription: false,
      activate: false,
      by: 'a client',
    });
  });

  it('keeps markup in its title as text, and makes one line of it', () => {
    expect(readNewTask({ title: '<b>a</b>\u0000\n$(b)' }).title).toBe('<b>a</b> $(b)');
  });

  it.each([
    ['', 'A task needs a title.'],
    ['\n', 'A task needs a title.'],
    ['\u200b\u202e', 'A task needs a title.'],
    [7, 'A task needs a title.'],
    ['x'.repeat(10_000), 'A title has at most 200 characters; this one has 10000.'],
  ])('is refused with the title %.20s', (title, sentence) => {
    expect(() => readNewTask({ title })).toThrow(sentence);
  });

  it.each([-1, 1.5, Number.NaN, 1e99, '5 dollars'])('is refused with a limit of %s', (limit) => {
    expect(() => readNewTask({ title: 'a', limits: { costNanoUsd: limit } })).toThrow(
      'The limit of costNanoUsd must be a whole number from 0 up.',
    );
  });

  it('may have a limit of 0, which is not the same as none', () => {
    expect(readNewTask({ title: 'a', limits: { costNanoUsd: 0 } }).limits).toEqual({ ...noLimits, costNanoUsd: 0 });
  });
});

describe('A change', () => {
  it('leaves out what it does not name', () => {
    expect(readTaskChange({ id, by: 'you' })).toEqual({ id, by: 'you' });
    expect(readTaskChange({ id, by: 'you', mode: 'strict', branch: null })).toEqual({
      ...{ id, by: 'you' },
      mode: 'strict',
      branch: null,
    });
  });
});

describe('An extension', () => {
  it.each([0, -5, 0.5, Number.NaN, 1e99])('by %s is refused', (amount) => {
    expect(() => readExtension({ id, dimension: 'costNanoUsd', amount })).toThrow(
      'A budget is extended by a whole number above 0.',
    );
  });

  it('names one dimension', () => {
    expect(() => readExtension({ id, dimension: '__proto__', amount: 1 })).toThrow('"dimension" must be one of');
  });
});

describe('Whatever a client sends', () => {
  it('is a value or a problem in a sentence, and pollutes nothing', () => {
    const readers = [
      ...[readNewTask, readTaskChange, readExtension, readOutcome],
      ...[readTaskId, readActivation, readAssignment],
    ];
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const read of readers) {
          try {
            read(value);
          } catch (error) {
            expect(error).toBeInstanceOf(ControlProblem);
          }
        }
        expect(Object.hasOwn(Object.prototype, 'limits')).toBe(false);
      }),
    );
  });
});

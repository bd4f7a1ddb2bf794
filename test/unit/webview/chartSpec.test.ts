import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BarChart,
  type ChartAxis,
  logTicks,
  marksOf,
  nextMark,
  type PointChart,
  shortened,
  wrapped,
} from '../../../webview/shared/chartSpec.ts';

const axis: ChartAxis = { title: '', scale: 'linear', print: String };

describe('the marks of a chart', () => {
  it('are the points of series that show them, with what they say and do', () => {
    const chart: PointChart = {
      ...{ kind: 'points', x: axis, y: axis },
      series: [
        {
          name: 'a',
          look: { place: 0 },
          line: 'none',
          hasMarks: true,
          points: [{ x: 1, y: 2, text: 'one', action: 'go' }],
        },
        { name: 'line', look: { place: -1 }, line: 'steps', hasMarks: false, points: [{ x: 0, y: 0, text: '' }] },
        { name: 'b', look: { place: 1 }, line: 'none', hasMarks: true, points: [{ x: 3, y: 4, text: 'two' }] },
      ],
    };
    expect(marksOf(chart)).toEqual([
      { series: 0, index: 0, text: 'one', action: 'go' },
      { series: 2, index: 0, text: 'two', action: null },
    ]);
  });

  it('are bars category after category, without the gaps', () => {
    const chart: BarChart = {
      ...{ kind: 'bars', direction: 'up', categories: ['x', 'y'], value: axis, isStacked: false },
      series: [
        { name: 'a', look: { place: 0 }, bars: [{ value: 1, text: 'ax' }, null] },
        {
          name: 'b',
          look: { place: 1 },
          bars: [
            { value: 2, text: 'bx' },
            { value: [1, 2], text: 'by' },
          ],
        },
      ],
    };
    expect(marksOf(chart).map(({ text }) => text)).toEqual(['ax', 'bx', 'by']);
  });
});

describe('walking marks by keys', () => {
  it.each([
    ['ArrowRight', null, 0],
    ['ArrowDown', 1, 2],
    ['ArrowRight', 2, 2],
    ['ArrowLeft', null, 2],
    ['ArrowUp', 0, 0],
    ['Home', 2, 0],
    ['End', 0, 2],
    ['Tab', 1, null],
  ])('%s from %s leads to %s', (key, at, to) => {
    expect(nextMark(key, at, 3)).toBe(to);
  });

  it('leads nowhere without marks', () => {
    expect(nextMark('ArrowRight', null, 0)).toBeNull();
  });
});

describe('ticks of a log axis', () => {
  it('are 1, 2 and 5 of each power of ten where there is room', () => {
    expect(logTicks(0.09, 11, 8)).toEqual([0.1, 0.2, 0.5, 1, 2, 5, 10]);
  });

  it('are powers of ten, or some of them, where there is less', () => {
    expect(logTicks(0.001, 1000, 8)).toEqual([0.001, 0.01, 0.1, 1, 10, 100, 1000]);
    expect(logTicks(0.001, 1000, 4)).toEqual([0.001, 0.1, 10, 1000]);
  });

  it.each([
    [0, 10],
    [-1, 10],
    [5, 5],
    [Number.NaN, 10],
  ])('are none between %s and %s', (min, max) => {
    expect(logTicks(min, max, 8)).toEqual([]);
  });

  it('ascend within the axis and are no more than asked', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.double({ min: 0.01, max: 9, noNaN: true }),
        fc.integer({ min: 1, max: 12 }),
        (from, decades, most) => {
          const [min, max] = [10 ** from, 10 ** (from + decades)];
          const ticks = logTicks(min, max, most);
          expect(ticks.length).toBeLessThanOrEqual(most);
          expect(ticks).toEqual(ticks.toSorted((a, b) => a - b));
          for (const tick of ticks) expect(tick / min >= 1 - 1e-8 && tick / max <= 1 + 1e-8).toBe(true);
        },
      ),
    );
  });
});

describe('texts on charts', () => {
  it('are wrapped between words', () => {
    expect(wrapped('one two three four', 9)).toEqual(['one two', 'three', 'four']);
    expect(wrapped('', 9)).toEqual([]);
  });

  it('lose their middle where they are too long, and never a part of a character', () => {
    expect(shortened('claude-opus-5-5', 9)).toBe('clau…-5-5');
    expect(shortened('short', 9)).toBe('short');
    expect([...shortened('🧠🧠🧠🧠🧠🧠', 3)]).toEqual(['🧠', '…', '🧠']);
  });
});

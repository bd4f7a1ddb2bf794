import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frontierDistance } from '../../../src/analysis/frontierDistance.ts';
import { exclusiveHypervolumes, hypervolume } from '../../../src/analysis/hypervolume.ts';
import { dominanceOf, dominates, frontierHull, type PlanePoint, staircase } from '../../../src/analysis/staircase.ts';

const at = (model: string, x: number, passRate: number): PlanePoint => ({ model, x, passRate });
const names = (points: readonly PlanePoint[]) => points.map(({ model }) => model);
const planes = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 10 })), { minLength: 1, maxLength: 12 })
  .map((pairs) => pairs.map(([x, rate], index) => at(`m${String(index).padStart(2, '0')}`, x, rate / 10)));

describe('the staircase', () => {
  it('keeps what nobody dominates, cheapest first', () => {
    const points = [at('dear', 10, 0.9), at('bad', 5, 0.3), at('cheap', 1, 0.4), at('mid', 5, 0.6)];
    expect(names(staircase(points))).toEqual(['cheap', 'mid', 'dear']);
  });

  it('keeps identical points both, and one point alone', () => {
    expect(names(staircase([at('b', 1, 0.5), at('a', 1, 0.5)]))).toEqual(['a', 'b']);
    expect(names(staircase([at('a', 3, 0)]))).toEqual(['a']);
    expect(staircase([])).toEqual([]);
  });

  it('keeps of equal costs the better, and of equal rates the cheaper', () => {
    expect(names(staircase([at('a', 1, 0.5), at('b', 1, 0.6), at('c', 2, 0.6)]))).toEqual(['b']);
  });

  it('takes means that differ by the rounding of their sums alone for equal', () => {
    const [low, high] = [(0.6 + 0.4 + 0.2) / 3, (0.2 + 0.4 + 0.6) / 3];
    expect(high).toBeGreaterThan(low);
    expect(names(staircase([at('cheap', 1, low), at('dear', 2, high)]))).toEqual(['cheap']);
    expect(names(staircase([at('poor', 0.3, 0.5), at('good', 0.1 + 0.2, 0.9)]))).toEqual(['good']);
    expect(names(staircase([at('b', 0.1 + 0.2, 0.5), at('a', 0.3, 0.5), at('c', 0.3, 0.5)]))).toEqual(['a', 'c', 'b']);
  });

  it('is exactly what no point dominates, in whatever order points come', () => {
    fc.assert(
      fc.property(planes, (points) => {
        const kept = names(staircase(points));
        const expected = points.filter((point) => !points.some((other) => dominates(other, point)));
        expect(new Set(kept)).toEqual(new Set(names(expected)));
        expect(names(staircase(points.toReversed()))).toEqual(kept);
      }),
    );
  });
});

describe('the hull', () => {
  it('leaves out what mixing two others beats, and what lies on their line', () => {
    expect(names(frontierHull([at('a', 1, 0.2), at('b', 5, 0.3), at('c', 9, 0.9)]))).toEqual(['a', 'c']);
    expect(names(frontierHull([at('a', 1, 0.25), at('b', 2, 0.5), at('c', 3, 0.75)]))).toEqual(['a', 'c']);
    expect(names(frontierHull([at('a', 1, 0.2), at('b', 2, 0.8), at('c', 9, 0.9)]))).toEqual(['a', 'b', 'c']);
  });

  it('has no corner that only rounding makes one', () => {
    expect((0.4 - 0.2) * (3 - 1)).toBeGreaterThan((2 - 1) * (0.6 - 0.2));
    expect(names(frontierHull([at('a', 1, 0.2), at('b', 2, 0.4), at('c', 3, 0.6)]))).toEqual(['a', 'c']);
    expect(names(frontierHull([at('a', 0.1, 0.2), at('b', 0.1 + 0.1, 0.4), at('c', 0.3, 0.6)]))).toEqual(['a', 'c']);
    expect(names(frontierHull([at('a', 1, 0.2), at('b', 2, 0.400001), at('c', 3, 0.6)]))).toEqual(['a', 'b', 'c']);
  });

  it('is a part of the staircase', () => {
    fc.assert(
      fc.property(planes, (points) => {
        const steps = names(staircase(points));
        expect(names(frontierHull(points)).every((model) => steps.includes(model))).toBe(true);
      }),
    );
  });
});

describe('dominance', () => {
  it('says by how much and by whom', () => {
    const points = [at('cheap', 2, 0.5), at('good', 8, 0.9), at('poor', 10, 0.5)];
    const { sameQuality, sameCost } = dominanceOf(points[2] as PlanePoint, points);
    expect(sameQuality?.model).toBe('cheap');
    expect(sameCost?.model).toBe('good');
    expect(dominanceOf(points[0] as PlanePoint, points)).toEqual({ sameQuality: null, sameCost: null });
  });

  it('tells of nothing better that is better by rounding alone', () => {
    const points = [at('cheap', 0.1, 0.6), at('same', 0.3, 0.2 + 0.4), at('dear', 0.1 + 0.2, 0.6)];
    for (const point of points.slice(1)) {
      expect(dominanceOf(point, points)).toMatchObject({ sameQuality: { model: 'cheap' }, sameCost: null });
    }
  });

  it('has no cheaper one where only better ones at the same cost exist', () => {
    const points = [at('a', 1, 0.5), at('b', 1, 0.7)];
    expect(dominanceOf(points[0] as PlanePoint, points)).toMatchObject({ sameQuality: null, sameCost: { model: 'b' } });
  });
});

describe('the hypervolume', () => {
  it('adds the steps in decades of cost', () => {
    // 1 to 10 at 0.5, 10 to 100 at 0.8.
    expect(hypervolume([at('a', 1, 0.5), at('b', 10, 0.8)], 100)).toBeCloseTo(1.3, 12);
    expect(hypervolume([], 100)).toBe(0);
    expect(hypervolume([at('a', 200, 1)], 100)).toBe(0);
  });

  it('gives twins and dominated points nothing of their own', () => {
    const shares = exclusiveHypervolumes([at('a', 1, 0.5), at('b', 1, 0.5), at('c', 5, 0.4), at('d', 10, 0.8)], 100);
    expect(shares.get('a')).toBe(0);
    expect(shares.get('c')).toBe(0);
    expect(shares.get('d')).toBeCloseTo(0.3, 12);
  });

  it('never falls when a point is added', () => {
    fc.assert(
      fc.property(planes, (points) => {
        for (let n = 1; n < points.length; n++) {
          const before = hypervolume(points.slice(0, n), 100);
          expect(hypervolume(points.slice(0, n + 1), 100)).toBeGreaterThanOrEqual(before - 1e-12);
        }
      }),
    );
  });
});

describe('the distance to the staircase', () => {
  it('is 0 on it and reaches to the nearest step off it', () => {
    const points = [at('a', 1, 0.5), at('b', 100, 0.9), at('c', 10, 0.4)];
    expect(frontierDistance(points[0] as PlanePoint, points)).toBe(0);
    // Half of the scale to the right of `a`, 0.1 under its tread.
    expect(frontierDistance(points[2] as PlanePoint, points)).toBeCloseTo(0.1, 12);
    expect(frontierDistance(at('z', 0, 0.1), points)).toBeNull();
  });

  it('is 0 for the staircase and above 0 for what is dominated in cost and success', () => {
    fc.assert(
      fc.property(planes, (points) => {
        const steps = staircase(points);
        for (const point of steps) expect(frontierDistance(point, points)).toBeCloseTo(0, 12);
      }),
    );
  });
});

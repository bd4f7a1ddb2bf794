import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CalibrationState } from '../../../src/domain/calibration.ts';
import { createCalibrator } from '../../../src/tokens/calibrator.ts';

const STATE: CalibrationState = {
  model: 'claude-opus-5-5',
  logRatioSum: Math.log(1.3) * 10_000,
  weight: 10_000,
  variance: 0.02,
  samples: 4,
  updatedAtMs: 1_000,
};

describe('calibrator', () => {
  it('starts from the ratio of the model family', () => {
    const calibrator = createCalibrator();
    expect(calibrator.estimate('claude-opus-5-5', 1_000)).toBe(1_450);
    expect(calibrator.estimate('gpt-6-sol', 1_000)).toBe(1_000);
  });

  it('weighs the first sample against 2,000 tokens of prior', () => {
    const calibrator = createCalibrator();
    const state = calibrator.learn('gpt-6-sol', 2_000, 2_400, 5);
    const expectedMean = (2_000 * Math.log(1.2)) / (2_000 * 0.995 + 2_000);
    expect(state?.weight).toBeCloseTo(2_000 * 0.995 + 2_000);
    expect(state?.logRatioSum).toBeCloseTo(2_000 * Math.log(1.2));
    expect(state).toMatchObject({ model: 'gpt-6-sol', samples: 1, updatedAtMs: 5 });
    expect(calibrator.estimate('gpt-6-sol', 10_000)).toBe(Math.round(10_000 * Math.exp(expectedMean)));
  });

  it('gives a sample the weight of its base tokens, at most 8,000', () => {
    const state = createCalibrator().learn('gpt-6-sol', 500_000, 500_000, 0);
    expect(state?.weight).toBeCloseTo(2_000 * 0.995 + 8_000);
  });

  it('comes within half a percent of a constant true ratio', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('claude-sonnet-4-6', 'gemini-3.1-pro-preview', 'qwen3-coder-plus', 'something-new'),
        fc.double({ min: 0.8, max: 2, noNaN: true }),
        fc.array(fc.integer({ min: 1_000, max: 20_000 }), { minLength: 400, maxLength: 600 }),
        (model, ratio, sizes) => {
          const calibrator = createCalibrator();
          sizes.forEach((size, i) => {
            calibrator.learn(model, size, Math.round(size * ratio), i);
          });
          const estimate = calibrator.estimate(model, 1_000_000);
          expect(Math.abs(estimate / 1_000_000 / ratio - 1)).toBeLessThan(0.005);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('follows a model whose ratio changes', () => {
    const calibrator = createCalibrator();
    for (let i = 0; i < 500; i++) calibrator.learn('gpt-6-sol', 1_000, 1_000, i);
    for (let i = 0; i < 1_000; i++) calibrator.learn('gpt-6-sol', 1_000, 1_500, 500 + i);
    expect(calibrator.estimate('gpt-6-sol', 1_000)).toBeGreaterThan(1_490);
  });

  it('shrinks the variance on steady samples and grows it on scattered ones', () => {
    const steady = createCalibrator();
    const scattered = createCalibrator();
    let calm: CalibrationState | null = null;
    let wild: CalibrationState | null = null;
    for (let i = 0; i < 100; i++) {
      calm = steady.learn('gpt-6-sol', 1_000, 1_000, i);
      wild = scattered.learn('gpt-6-sol', 1_000, i % 2 === 0 ? 700 : 1_400, i);
    }
    expect(calm?.variance).toBeLessThan(0.001);
    expect(wild?.variance).toBeGreaterThan(0.05);
  });

  it.each([
    ['too few base tokens', 49, 60],
    ['too few reported tokens', 60, 49],
    ['more than 3.3 times the expected tokens', 1_000, 3_400],
    ['less than a 3.3rd of the expected tokens', 1_000, 290],
    ['a base that is no number', Number.NaN, 1_000],
    ['an infinite report', 1_000, Number.POSITIVE_INFINITY],
    ['a negative report', 1_000, -1_000],
  ])('rejects a pair with %s and stays as it was', (_, base, reported) => {
    const calibrator = createCalibrator();
    expect(calibrator.learn('gpt-6-sol', base, reported, 0)).toBeNull();
    expect(calibrator.estimate('gpt-6-sol', 1_000)).toBe(1_000);
  });

  it.each([0, -5, Number.NaN, Number.POSITIVE_INFINITY])('estimates 0 for a base of %s', (base) => {
    expect(createCalibrator().estimate('gpt-6-sol', base)).toBe(0);
  });

  it('keeps models apart', () => {
    const calibrator = createCalibrator();
    calibrator.learn('gpt-6-sol', 8_000, 12_000, 0);
    expect(calibrator.estimate('gpt-6-terra', 1_000)).toBe(1_000);
  });

  it('goes on from restored states as if it had never stopped', () => {
    const first = createCalibrator();
    const stored: CalibrationState[] = [];
    for (let i = 0; i < 20; i++) {
      const state = first.learn('glm-5.2', 1_000 + i, 1_300, i);
      if (state !== null) stored.push(state);
    }
    const second = createCalibrator();
    second.restore(stored);
    expect(stored).toHaveLength(20);
    expect(second.learn('glm-5.2', 4_000, 5_000, 99)).toEqual(first.learn('glm-5.2', 4_000, 5_000, 99));
  });

  it('does not let an older stored state replace a newer one', () => {
    const calibrator = createCalibrator();
    calibrator.restore([STATE, { ...STATE, logRatioSum: 0, updatedAtMs: 999 }]);
    expect(calibrator.estimate(STATE.model, 1_000)).toBe(1_300);
  });

  it.each<[string, Partial<CalibrationState>]>([
    ['a sum that is no number', { logRatioSum: Number.NaN }],
    ['an infinite sum', { logRatioSum: Number.NEGATIVE_INFINITY }],
    ['a negative weight', { weight: -1 }],
    ['no weight', { weight: 0 }],
    ['a weight that is no number', { weight: Number.NaN }],
    ['a ratio beyond ten', { logRatioSum: 30_000 }],
    ['a negative variance', { variance: -0.1 }],
    ['a fraction of a sample', { samples: 1.5 }],
    ['a negative number of samples', { samples: -1 }],
    ['a time that is no number', { updatedAtMs: Number.NaN }],
    ['no model', { model: '' }],
  ])('ignores a restored state with %s', (_, damage) => {
    const calibrator = createCalibrator();
    calibrator.restore([{ ...STATE, ...damage }]);
    expect(calibrator.estimate(STATE.model, 1_000)).toBe(1_450);
    expect(calibrator.learn(STATE.model, 1_000, 1_450, 0)?.samples).toBe(1);
  });

  it('forgets the model that learned longest ago when there are over a thousand', () => {
    const calibrator = createCalibrator();
    for (let i = 0; i <= 1_000; i++) calibrator.learn(`gpt-x${i}`, 8_000, 12_000, i);
    expect(calibrator.estimate('gpt-x0', 1_000)).toBe(1_000);
    expect(calibrator.estimate('gpt-x1', 1_000)).toBeGreaterThan(1_300);
  });
});

import fastCheck, { type IRawProperty, type Parameters } from 'fast-check';

const times = Number(process.env['OUTLAY_PROPERTY_TIMES'] ?? '1');
const longestMs = 40_000;

/** Many inputs begin with another seed each time, which is printed with what fails; and no property keeps the others waiting for long. */
const settings = times === 1 ? { seed: 20_261_122 } : { interruptAfterTimeLimit: longestMs };

/**
 * Stands in for `fast-check` in the unit tests: the same inputs in every run, so that a test that fails does so again, and because of
 * what was changed. What no run has tried yet is looked for by `npm run test:properties`, which gives each property many times the inputs.
 */
const assert = <T>(property: IRawProperty<T>, parameters: Parameters<T> = {}) =>
  fastCheck.assert(property, { ...settings, ...parameters, numRuns: (parameters.numRuns ?? 100) * times });

const repeatable = { ...fastCheck, assert };

export * from 'fast-check';
export { assert, repeatable as default };

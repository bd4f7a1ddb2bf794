import { setTimeout as delay } from 'node:timers/promises';
import { expect as realExpect, vi as realVi } from 'vitest';
import { collecting, newSuite, suitesFromRoot, type TestFunction } from './testTree.ts';

/**
 * Stands in for `vitest` in the process that keeps the tests loaded: the same expectations and spies (they are Vitest's own),
 * and as much of its tree of tests as the mutated areas use. What is missing here is missing as an export, so that a test that
 * needs it fails when it is loaded, and is not passed over.
 */
interface Options {
  readonly timeout?: number;
}

function addSuite(name: string, body: () => void): void {
  const outer = collecting.suite;
  collecting.suite = newSuite(name, outer);
  try {
    body();
  } finally {
    collecting.suite = outer;
  }
}

function addTest(name: string, second: unknown, third?: unknown): void {
  const body = typeof second === 'function' ? second : third;
  const rest = typeof second === 'function' ? third : second;
  if (typeof body !== 'function') throw new Error(`The test "${name}" has no body.`);
  const limitMs = typeof rest === 'number' ? rest : ((rest as Options | undefined)?.timeout ?? null);
  const path = suitesFromRoot(collecting.suite).map((suite) => suite.name);
  const fullName = [...path.slice(1), name].join(' > ');
  // Names that a table makes may be equal; ids may not.
  let id = `${collecting.file}#${fullName}`;
  for (let count = 2; collecting.ids.has(id); count += 1) id = `${collecting.file}#${fullName} (${count})`;
  collecting.ids.add(id);
  const { file, suite } = collecting;
  collecting.tests.push({ id, name: fullName, file, suite, body: () => (body as TestFunction)(), limitMs });
}

/** Vitest's `each`: rows that are lists are spread. Names get their row's number instead of its formatted values. */
const each =
  <R>(add: (name: string, body: TestFunction, limitMs?: unknown) => void) =>
  (rows: readonly R[]) =>
  (name: string, second: unknown, third?: unknown) => {
    for (const [index, row] of rows.entries()) {
      const args = Array.isArray(row) ? row : [row];
      const body = (typeof second === 'function' ? second : third) as TestFunction;
      add(`${name} [${index}]`, () => body(...args), typeof second === 'function' ? third : second);
    }
  };

const passOver = () => {};

export const describe = Object.assign(addSuite, {
  each: each((name, body) => addSuite(name, () => void body())),
  runIf: (condition: unknown) => (condition ? addSuite : passOver),
  skipIf: (condition: unknown) => (condition ? passOver : addSuite),
});

export const it = Object.assign(addTest, {
  each: each(addTest),
  runIf: (condition: unknown) => (condition ? addTest : passOver),
  skipIf: (condition: unknown) => (condition ? passOver : addTest),
});

export const test = it;

export const beforeAll = (hook: TestFunction) => void collecting.suite.beforeAll.push(hook);
export const afterAll = (hook: TestFunction) => void collecting.suite.afterAll.push(hook);
export const beforeEach = (hook: TestFunction) => void collecting.suite.beforeEach.push(hook);
export const afterEach = (hook: TestFunction) => void collecting.suite.afterEach.push(hook);

export function onTestFinished(hook: TestFunction): void {
  if (collecting.finishing === null) throw new Error('onTestFinished is for a test that runs.');
  collecting.finishing.push(hook);
}

/** Vitest's own needs its worker: tries again until the expectation holds or the time is over. */
function poll(read: () => unknown, options: { readonly timeout?: number; readonly interval?: number } = {}) {
  const attempt = (name: string, isNot: boolean) =>
    async function attempts(...args: readonly unknown[]) {
      const endMs = performance.now() + (options.timeout ?? 1_000);
      for (;;) {
        try {
          const assertion = realExpect(await read());
          return Reflect.apply(Reflect.get(isNot ? assertion.not : assertion, name), assertion, args);
        } catch (error) {
          if (performance.now() > endMs) throw error;
          await delay(options.interval ?? 50);
        }
      }
    };
  const matchers = (isNot: boolean) =>
    new Proxy({}, { get: (_target, name) => (name === 'not' ? matchers(true) : attempt(String(name), isNot)) });
  return matchers(false);
}

export const expect = new Proxy(realExpect, {
  get: (target, name, receiver) => (name === 'poll' ? poll : Reflect.get(target, name, receiver)),
});

export const vi = realVi;

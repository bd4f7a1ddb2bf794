import { registerHooks } from 'node:module';

/** What the tests import and get another module for. A shim itself gets the real one. */
const shims = new Map([
  ['vitest', new URL('./vitestShim.ts', import.meta.url).href],
  ['fast-check', new URL('./fastCheckShim.ts', import.meta.url).href],
]);
const shimUrls = new Set(shims.values());

registerHooks({
  resolve(specifier, context, nextResolve) {
    const shim = shims.get(specifier);
    const isOfShim = shimUrls.has(context.parentURL ?? '');
    return nextResolve(shim === undefined || isOfShim ? specifier : shim, context);
  },
});

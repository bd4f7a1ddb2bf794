import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vitest/config';

const shim = fileURLToPath(new URL('./fastCheckShim.ts', import.meta.url));

/** Gives whoever imports `fast-check` the shim, and the shim the real one. */
export function useFastCheckShim(): Plugin {
  return {
    name: 'fast-check-shim',
    enforce: 'pre',
    resolveId: (id, importer) => (id === 'fast-check' && importer !== shim ? shim : null),
  };
}

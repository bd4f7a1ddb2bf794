import type { RunBooks } from '../../ledger/contract.ts';

/** The same books of runs, telling whoever shows comparisons when they have changed. */
export function watchedRuns(books: RunBooks, changed: () => void): RunBooks {
  return {
    importStaged: (staged) => books.importStaged(staged).finally(changed),
    removeImport: (name) => books.removeImport(name).finally(changed),
  };
}

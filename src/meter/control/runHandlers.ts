import type { RunBooks } from '../../ledger/contract.ts';
import { isStagedName } from '../../ledger/stagedRuns.ts';
import type { RunControlMap } from '../../protocol/runs.ts';
import { memberOf } from './controlParams.ts';
import { type ControlHandlers, ControlProblem } from './controlServer.ts';

/** One handler for each request about imported runs. */
export function runHandlers(books: RunBooks): Pick<ControlHandlers, keyof RunControlMap> {
  return {
    importRuns: async (params) => {
      const staged = textField(params, 'staged');
      if (!isStagedName(staged)) throw new ControlProblem('"staged" must be a name of staged runs.');
      return books.importStaged(staged);
    },
    removeImport: async (params) => ({ removed: await books.removeImport(textField(params, 'name')) }),
  };
}

function textField(params: unknown, name: string): string {
  const value = memberOf(params, name);
  if (typeof value !== 'string') throw new ControlProblem(`"${name}" must be a text.`);
  return value;
}

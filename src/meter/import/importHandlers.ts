import type { ImportParams } from '../../protocol/imports.ts';
import { type ControlHandlers, ControlProblem } from '../control/controlServer.ts';
import type { ImportDesk } from './importDesk.ts';

type ImportNames = 'importLogs' | 'importState' | 'cancelImport';

/** One handler for each entry of the import map. */
export function importHandlers(desk: ImportDesk): Pick<ControlHandlers, ImportNames> {
  return {
    importLogs: (params) => desk.import(readImport(params)),
    importState: async () => desk.state,
    cancelImport: async () => {
      desk.cancel();
      return {};
    },
  };
}

function readImport(value: unknown): ImportParams {
  const {
    homeDir = null,
    agent = null,
    withUntold = false,
  } = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  if (homeDir !== null && typeof homeDir !== 'string') throw new ControlProblem('"homeDir" must be a folder or null.');
  if (agent !== null && typeof agent !== 'string') throw new ControlProblem('"agent" must be a name or null.');
  if (typeof withUntold !== 'boolean') throw new ControlProblem('"withUntold" must be true or false.');
  return { homeDir, agent, withUntold };
}

import { join } from 'node:path';
import type { Place, Reader } from '../contract.ts';
import { applicationFolder, namedFolder, xdgDataFolder } from '../homePaths.ts';
import { readSessions } from './usageLedger.ts';

/** Goose. README.md beside this file tells the shapes. */
export const goose: Reader = {
  agent: 'goose',
  title: 'Goose',
  variables: ['GOOSE_PATH_ROOT', 'XDG_DATA_HOME', 'APPDATA'],
  paths: (place) =>
    dataFolders(place).map((folder) => ({
      path: join(folder, 'sessions', 'sessions.db'),
      maxDepth: 0,
      accepts: (relativePath) => relativePath === '',
      format: { kind: 'sqlite', read: readSessions },
    })),
};

function dataFolders(place: Place): readonly string[] {
  const root = namedFolder(place, 'GOOSE_PATH_ROOT');
  if (root !== null) return [join(root, 'data')];
  if (place.platform === 'win32') return [join(applicationFolder(place), 'Block', 'goose', 'data')];
  return [join(xdgDataFolder(place), 'goose')];
}

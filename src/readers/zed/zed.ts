import { join } from 'node:path';
import type { Place, Reader } from '../contract.ts';
import { applicationFolder, localAppFolder, namedFolder, xdgDataFolder } from '../homePaths.ts';
import { readThreads } from './threads.ts';

/** Zed's own agent. README.md beside this file tells the shapes. */
export const zed: Reader = {
  agent: 'zed',
  title: 'Zed',
  variables: ['FLATPAK_XDG_DATA_HOME', 'XDG_DATA_HOME', 'LOCALAPPDATA'],
  paths: (place) => [
    {
      path: join(dataFolder(place), 'threads', 'threads.db'),
      maxDepth: 0,
      accepts: (relativePath) => relativePath === '',
      format: { kind: 'sqlite', read: readThreads },
    },
  ],
};

function dataFolder(place: Place): string {
  if (place.platform === 'darwin') return join(applicationFolder(place), 'Zed');
  if (place.platform === 'win32') return join(localAppFolder(place), 'Zed');
  return join(namedFolder(place, 'FLATPAK_XDG_DATA_HOME') ?? xdgDataFolder(place), 'zed');
}

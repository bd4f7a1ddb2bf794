import { join } from 'node:path';
import { classicTaskFormat } from '../cline/classicTask.ts';
import { classicTasks } from '../cline/cline.ts';
import type { Reader } from '../contract.ts';
import { settingFolders } from '../editorSettings.ts';
import { editorUserFolders, editorVariables, namedFolder, xdgDataFolder } from '../homePaths.ts';
import { databaseRoot } from '../openCode/openCode.ts';

/** Taken over from Roo Code with 4.119.0. */
const wholeInputSinceMs = Date.UTC(2025, 10, 12);

const classic = classicTaskFormat({ agent: 'kilo', wholeInputSinceMs });

/** Kilo Code: its database since version 7, which is OpenCode's, and the tasks of its older extension, which are Roo Code's. */
export const kilo: Reader = {
  agent: 'kilo',
  title: 'Kilo Code',
  variables: ['KILO_DATA_DIR', 'KILO_DB', ...editorVariables],
  settings: ['kilo-code.customStoragePath'],
  paths(place) {
    const data = namedFolder(place, 'KILO_DATA_DIR') ?? join(xdgDataFolder(place), 'kilo');
    const storages = editorUserFolders(place).map((user) => join(user, 'globalStorage', 'kilocode.kilo-code'));
    return [
      ...databaseRoot({ data, named: place.env['KILO_DB'], stem: 'kilo' }),
      // Its first builds kept OpenCode's name in a folder of their own.
      ...databaseRoot({ data, named: undefined, stem: 'opencode' }),
      ...[...storages, ...settingFolders(place, 'kilo-code.customStoragePath')].map((storage) =>
        classicTasks(join(storage, 'tasks'), classic),
      ),
    ];
  },
};

import { join } from 'node:path';
import { classicTaskFormat } from '../cline/classicTask.ts';
import { classicTasks } from '../cline/cline.ts';
import type { Reader } from '../contract.ts';
import { settingFolders } from '../editorSettings.ts';
import { editorUserFolders, editorVariables } from '../homePaths.ts';

/** Released with 3.29.5. */
const wholeInputSinceMs = Date.UTC(2025, 10, 1);

const format = classicTaskFormat({ agent: 'roo-code', wholeInputSinceMs });

/** Roo Code, which keeps its tasks as Cline did. README.md beside this file tells where they differ. */
export const rooCode: Reader = {
  agent: 'roo-code',
  title: 'Roo Code',
  variables: editorVariables,
  settings: ['roo-cline.customStoragePath'],
  paths(place) {
    const storages = editorUserFolders(place).map((user) => join(user, 'globalStorage', 'rooveterinaryinc.roo-cline'));
    const cli = join(place.homeDir, '.vscode-mock', 'global-storage');
    const moved = settingFolders(place, 'roo-cline.customStoragePath');
    return [...storages, cli, ...moved].map((storage) => classicTasks(join(storage, 'tasks'), format));
  },
};

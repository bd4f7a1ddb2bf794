import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** More folders than this on a PATH are not looked into. */
const MAX_FOLDERS = 200;

/** Which of these commands are on the PATH. Never rejects: what cannot be looked at is not there. */
export async function findCommands(
  names: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): Promise<ReadonlySet<string>> {
  const path = environment['PATH'] ?? environment['Path'] ?? '';
  const folders = [...new Set(path.split(delimiter).filter((folder) => folder !== ''))].slice(0, MAX_FOLDERS);
  const endings = platform === 'win32' ? ['.cmd', '.exe', '.ps1'] : [''];
  const isThere = async (name: string): Promise<boolean> => {
    for (const folder of folders) {
      for (const ending of endings) {
        const found = await access(join(folder, name + ending), constants.X_OK).then(
          () => true,
          () => false,
        );
        if (found) return true;
      }
    }
    return false;
  };
  const found = await Promise.all(names.map(async (name) => ((await isThere(name)) ? [name] : [])));
  return new Set(found.flat());
}

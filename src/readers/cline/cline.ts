import { join } from 'node:path';
import type { Place, Reader, SourceRoot } from '../contract.ts';
import { editorUserFolders, editorVariables, namedFolder } from '../homePaths.ts';
import { classicTaskFormat } from './classicTask.ts';
import { sessionMessagesFormat } from './sessionMessages.ts';

const classic = classicTaskFormat({ agent: 'cline', wholeInputSinceMs: null });

/** Cline: the sessions of its CLI and newer extension, and the tasks of older ones. README.md beside this file tells the shapes. */
export const cline: Reader = {
  agent: 'cline',
  title: 'Cline',
  variables: ['CLINE_SESSION_DATA_DIR', 'CLINE_DATA_DIR', 'CLINE_DIR', ...editorVariables],
  paths(place) {
    const data = dataFolder(place);
    const storages = editorUserFolders(place).map((user) => join(user, 'globalStorage', 'saoudrizwan.claude-dev'));
    return [
      {
        path: namedFolder(place, 'CLINE_SESSION_DATA_DIR') ?? join(data, 'sessions'),
        maxDepth: 1,
        accepts: (relativePath) => relativePath.endsWith('.messages.json'),
        format: sessionMessagesFormat,
      },
      ...[data, ...storages].map((storage) => classicTasks(join(storage, 'tasks'), classic)),
    ];
  },
};

function dataFolder(place: Place): string {
  return (
    namedFolder(place, 'CLINE_DATA_DIR') ??
    join(namedFolder(place, 'CLINE_DIR') ?? join(place.homeDir, '.cline'), 'data')
  );
}

/** The tasks of an extension of Cline's family, a folder each. */
export function classicTasks(path: string, format: SourceRoot['format']): SourceRoot {
  return { path, maxDepth: 1, accepts: (relativePath) => relativePath.endsWith('/ui_messages.json'), format };
}

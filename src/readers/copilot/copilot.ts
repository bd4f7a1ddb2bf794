import { join } from 'node:path';
import type { Place, Reader, SourceRoot } from '../contract.ts';
import { editorUserFolders, editorVariables, namedFolder } from '../homePaths.ts';
import { ShutdownParser } from './shutdowns.ts';
import { readTraces } from './traces.ts';
import { readUsageEvents } from './usageEvents.ts';

/** GitHub Copilot: its CLI, and Copilot Chat in the editor where its traces are kept. README.md beside this file tells the shapes. */
export const copilot: Reader = {
  agent: 'copilot',
  title: 'GitHub Copilot',
  variables: ['COPILOT_HOME', ...editorVariables],
  paths: (place) => [...cliRoots(place), ...editorUserFolders(place).map(traceRoot)],
};

function cliRoots(place: Place): readonly SourceRoot[] {
  const home = namedFolder(place, 'COPILOT_HOME') ?? join(place.homeDir, '.copilot');
  return [
    {
      path: join(home, 'session-store.db'),
      maxDepth: 0,
      accepts: (relativePath) => relativePath === '',
      format: { kind: 'sqlite', read: readUsageEvents },
    },
    ...['session-state', 'history-session-state'].map(
      (name): SourceRoot => ({
        path: join(home, name),
        maxDepth: 1,
        accepts: (relativePath) => relativePath.endsWith('/events.jsonl') || /^[^/]+\.jsonl$/.test(relativePath),
        format: {
          kind: 'lines',
          needles: ['"session.start"', '"session.resume"', '"session.shutdown"'],
          open: (file, state) => new ShutdownParser(file, state),
        },
      }),
    ),
  ];
}

function traceRoot(userFolder: string): SourceRoot {
  return {
    path: join(userFolder, 'globalStorage', 'github.copilot-chat', 'agent-traces.db'),
    maxDepth: 0,
    accepts: (relativePath) => relativePath === '',
    format: { kind: 'sqlite', read: readTraces },
  };
}

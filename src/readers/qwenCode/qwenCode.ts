import { join } from 'node:path';
import { nameField } from '../../wire/json.ts';
import type { Reader } from '../contract.ts';
import { namedFolder } from '../homePaths.ts';
import { ChatParser, sessionOfPath } from './chatParser.ts';
import { UsageParser } from './usageParser.ts';

/** Qwen Code. README.md beside this file tells the shapes, and which of the places that tell of a call is read. */
export const qwenCode: Reader = {
  agent: 'qwen-code',
  title: 'Qwen Code',
  variables: ['QWEN_RUNTIME_DIR', 'QWEN_HOME', 'QWEN_DATA_DIR'],
  paths(place) {
    const home = namedFolder(place, 'QWEN_RUNTIME_DIR', 'QWEN_HOME', 'QWEN_DATA_DIR') ?? join(place.homeDir, '.qwen');
    return [
      {
        path: join(home, 'projects'),
        maxDepth: 2,
        accepts: (relativePath) => /^[^/]+\/chats\/[^/]+\.jsonl$/.test(relativePath),
        format: {
          kind: 'lines',
          needles: ['"qwen-code.api_response"', '"usageMetadata"'],
          open: (file, state) => new ChatParser(file, state),
          // What the list of usage repeats of a chat is found by its session.
          lineage: (firstRecord, relativePath) => ({
            id: nameField(firstRecord, 'sessionId') ?? sessionOfPath(relativePath),
            parentId: null,
          }),
        },
      },
      {
        path: join(home, 'usage'),
        maxDepth: 0,
        accepts: (relativePath) => /^token-usage-[^/]+\.jsonl$/.test(relativePath),
        format: {
          kind: 'lines',
          needles: ['"inputTokens"'],
          open: (file, _state, context) => new UsageParser(file, context),
        },
      },
    ];
  },
};

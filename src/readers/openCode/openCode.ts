import { isAbsolute, join } from 'node:path';
import { asObject, nameField } from '../../wire/json.ts';
import type { DocumentFormat, Reader, SourceRoot } from '../contract.ts';
import { parseDocument, pathPart } from '../documents.ts';
import { namedFolder, xdgDataFolder } from '../homePaths.ts';
import { readMessages } from './messageTable.ts';
import { observationOfMessage } from './messageUsage.ts';

/** OpenCode: its database, and the files of a message each that versions before 1.2 wrote. README.md tells the shapes. */
export const openCode: Reader = {
  agent: 'opencode',
  title: 'OpenCode',
  variables: ['OPENCODE_DATA_DIR', 'OPENCODE_DB', 'XDG_DATA_HOME'],
  paths(place) {
    const data = namedFolder(place, 'OPENCODE_DATA_DIR') ?? join(xdgDataFolder(place), 'opencode');
    return [
      ...databaseRoot({ data, named: place.env['OPENCODE_DB'], stem: 'opencode' }),
      {
        path: join(data, 'storage', 'message'),
        maxDepth: 1,
        accepts: (relativePath) => relativePath.endsWith('.json'),
        format: messageFileFormat,
      },
    ];
  },
};

/** Also of what descends from OpenCode: `<stem>.db` and `<stem>-<channel>.db`, and a file that the user has named. */
export function databaseRoot(about: {
  readonly data: string;
  readonly named: string | undefined;
  readonly stem: string;
}): readonly SourceRoot[] {
  const { data, stem } = about;
  const named = about.named?.trim() ?? '';
  const isFile = named !== '' && named !== ':memory:';
  const format = { kind: 'sqlite', read: readMessages } as const;
  const roots: SourceRoot[] = [
    {
      path: data,
      maxDepth: 0,
      accepts: (name) => name === `${stem}.db` || (name.startsWith(`${stem}-`) && name.endsWith('.db')),
      format,
    },
  ];
  if (isFile) {
    roots.push({
      path: isAbsolute(named) ? named : join(data, named),
      maxDepth: 0,
      accepts: (relativePath) => relativePath === '',
      format,
    });
  }
  return roots;
}

/** A message of before 1.2, copied into the database since then with the same id, and left where it was. */
const messageFileFormat: DocumentFormat = {
  kind: 'document',
  maxBytes: 8 * 1024 * 1024,
  parse(bytes, file, sink) {
    const message = asObject(parseDocument(bytes, sink));
    if (message === null) return;
    const id = nameField(message, 'id') ?? (pathPart(file.relativePath, -1) ?? '').replace(/\.json$/, '');
    const session = nameField(message, 'sessionID') ?? pathPart(file.relativePath, -2) ?? 'unknown';
    const observation = observationOfMessage(message, { id, session, subAgent: null, folder: null, step: null }, sink);
    if (observation !== null) sink.call(observation);
  },
};

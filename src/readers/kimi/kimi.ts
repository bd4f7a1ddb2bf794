import { join } from 'node:path';
import type { LinesFormat, Reader } from '../contract.ts';
import { namedFolder } from '../homePaths.ts';
import { WireParser } from './wireParser.ts';

const format: LinesFormat = {
  kind: 'lines',
  needles: ['"usage.record"', '"token_usage"', '"llm.request"'],
  open: (file, state) => new WireParser(file, state),
};

/** Kimi CLI and its successor Kimi Code. README.md beside this file tells the shapes. */
export const kimi: Reader = {
  agent: 'kimi',
  title: 'Kimi Code',
  variables: ['KIMI_CODE_HOME', 'KIMI_SHARE_DIR', 'KIMI_DATA_DIR'],
  paths({ homeDir, ...place }) {
    const here = { homeDir, ...place };
    const desktop = ['kimi-desktop', 'daimon-share', 'daimon', 'runtime', 'kimi-code', 'home'];
    const newer = namedFolder(here, 'KIMI_CODE_HOME');
    const older = namedFolder(here, 'KIMI_SHARE_DIR', 'KIMI_DATA_DIR') ?? join(homeDir, '.kimi');
    const homes = [
      ...(newer === null
        ? [join(homeDir, '.kimi-code'), join(homeDir, 'Library', 'Application Support', ...desktop)]
        : [newer]),
      older,
    ];
    return homes.map((path) => ({
      path,
      maxDepth: 5,
      accepts: (relativePath) => relativePath.startsWith('sessions/') && relativePath.endsWith('/wire.jsonl'),
      skipsFolder: (relativePath) => !relativePath.startsWith('sessions'),
      format,
    }));
  },
};

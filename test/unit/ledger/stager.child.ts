import { stageRuns } from '../../../src/ledger/stagedRuns.ts';

// Stages runs, and is killed before they are read.
const [dataDir = ''] = process.argv.slice(2);
stageRuns(dataDir, { name: 'killed', file: 'killed.csv', atMs: 0, runs: [] });
process.stdout.write('staged\n');
setInterval(() => undefined, 60_000);

import { acquireOwnerLock } from '../../../src/ledger/ownerLock.ts';
import { sayLine } from './sayLine.ts';

// Tries to take the lock of a folder, says what came of it, and stays until its input ends or it is killed.
const [dataDir = ''] = process.argv.slice(2);
const lock = acquireOwnerLock(dataDir);
sayLine(`${lock.state}`);
process.stdin.resume();
process.stdin.on('end', () => {
  if (lock.state === 'held') lock.release();
});

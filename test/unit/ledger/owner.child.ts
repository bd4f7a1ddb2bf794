import { writeSync } from 'node:fs';
import { acquireOwnerLock } from '../../../src/ledger/ownerLock.ts';

// Tries to take the lock of a folder, says what came of it, and stays until its input ends or it is killed.
const [dataDir = ''] = process.argv.slice(2);
const lock = acquireOwnerLock(dataDir);
writeSync(1, `${lock.state}\n`);
process.stdin.resume();
process.stdin.on('end', () => {
  if (lock.state === 'held') lock.release();
});

import { writeSync } from 'node:fs';
import { systemClock } from '../../../src/domain/clock.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { call } from './callFixtures.ts';

// Books one call of a given instant and prints the local day that it was booked under.
const ledger = openLedger({ path: ':memory:', clock: systemClock, log: () => undefined });
ledger.writer.finish(call({ startedAtMs: Number(process.argv[2]) }));
writeSync(1, `${ledger.reader.report({ by: 'day' })[0]?.key}\n`);

import { systemClock } from '../../../src/domain/clock.ts';
import { openLedger } from '../../../src/ledger/openLedger.ts';
import { call } from './callFixtures.ts';
import { sayLine } from './sayLine.ts';

// Books one call of a given instant and prints the local day that it was booked under.
const ledger = openLedger({ path: ':memory:', clock: systemClock, log: () => undefined });
ledger.writer.finish(call({ startedAtMs: Number(process.argv[2]) }));
sayLine(`${ledger.reader.report({ by: 'day' })[0]?.key}`);

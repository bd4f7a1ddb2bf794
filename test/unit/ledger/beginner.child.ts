import { startLedgerWorker } from '../../../src/ledger/startLedgerWorker.ts';
import { call, usage } from './callFixtures.ts';
import { sayLine } from './sayLine.ts';

// Opens a ledger and either begins one call that it never ends, or nothing; then stays until it is killed.
const [path = '', what] = process.argv.slice(2);
const ledger = startLedgerWorker({
  workerUrl: new URL('../../../src/ledger/ledgerWorker.ts', import.meta.url),
  path,
  log: () => undefined,
});
if (what === 'begin') {
  await ledger.begin(call());
  await ledger.update(call({ usage: usage({ inputTokens: 5, outputTokens: 77 }) }));
  sayLine('begun');
} else {
  await ledger.health();
  sayLine('opened');
}

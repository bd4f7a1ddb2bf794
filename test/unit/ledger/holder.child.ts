import { startLedgerWorker } from '../../../src/ledger/startLedgerWorker.ts';
import { admission, limits, spent, task } from './budgetFixtures.ts';
import { sayLine } from './sayLine.ts';

// Asks for admission without end, eight at a time, some of which it begins or finishes, and says which are committed.
const [path = '', first = '0'] = process.argv.slice(2);
const ledger = startLedgerWorker({
  workerUrl: new URL('../../../src/ledger/ledgerWorker.ts', import.meta.url),
  path,
  timeZone: 'UTC',
  log: () => undefined,
});
await ledger.saveTask(task({ limits: limits({ outputTokens: Number.MAX_SAFE_INTEGER }) }));

async function hold(lane: number): Promise<void> {
  for (let index = Number(first) + lane; ; index += 8) {
    await ledger.admit(admission(index));
    sayLine(`held ${index}`);
    if (index % 3 === 0) continue;
    await ledger.begin(spent(index, 0));
    if (index % 3 === 1) continue;
    await ledger.finish(spent(index, 7));
    sayLine(`finished ${index}`);
  }
}

await Promise.all(Array.from({ length: 8 }, (_, lane) => hold(lane)));

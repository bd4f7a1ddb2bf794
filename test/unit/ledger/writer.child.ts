import { startLedgerWorker } from '../../../src/ledger/startLedgerWorker.ts';
import { advisedCall, call, callId } from './callFixtures.ts';
import { sayLine } from './sayLine.ts';

// Books calls without end, 60 at a time, and prints the number of each once it is acknowledged. Its ids begin at a given number.
const [path = '', first = '0'] = process.argv.slice(2);
const ledger = startLedgerWorker({
  workerUrl: new URL('../../../src/ledger/ledgerWorker.ts', import.meta.url),
  path,
  log: (sentence) => sayLine(`log ${sentence}`),
  onHealth: (health) => sayLine(`health ${health.state}`),
});

async function bookForEver(lane: number): Promise<void> {
  for (let index = Number(first) + lane; ; index += 60) {
    const record = index % 7 === 0 ? advisedCall({ id: callId(index) }) : call({ id: callId(index) });
    await ledger.begin(record);
    await ledger.finish({ ...record, session: `s${index % 5}` });
    sayLine(`ack ${index}`);
  }
}

await Promise.all(Array.from({ length: 60 }, (_, lane) => bookForEver(lane)));

import { writeSync } from 'node:fs';
import { startLedgerWorker } from '../../../src/ledger/startLedgerWorker.ts';
import { advisedCall, call, callId } from './callFixtures.ts';

// Books calls without end, 60 at a time, and prints the number of each once it is acknowledged. Its ids begin at a given number.
const [path = '', first = '0'] = process.argv.slice(2);
// A full pipe refuses for a moment; what is acknowledged must be said before the process may be killed, so this waits.
function say(line: string): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
    }
  }
}
const ledger = startLedgerWorker({
  workerUrl: new URL('../../../src/ledger/ledgerWorker.ts', import.meta.url),
  path,
  log: (sentence) => say(`log ${sentence}`),
  onHealth: (health) => say(`health ${health.state}`),
});

async function bookForEver(lane: number): Promise<void> {
  for (let index = Number(first) + lane; ; index += 60) {
    const record = index % 7 === 0 ? advisedCall({ id: callId(index) }) : call({ id: callId(index) });
    await ledger.begin(record);
    await ledger.finish({ ...record, session: `s${index % 5}` });
    say(`ack ${index}`);
  }
}

await Promise.all(Array.from({ length: 60 }, (_, lane) => bookForEver(lane)));

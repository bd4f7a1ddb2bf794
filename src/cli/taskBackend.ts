import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../domain/clock.ts';
import type { BudgetBooks } from '../ledger/contract.ts';
import { ledgerPathOf } from '../ledger/ledgerFiles.ts';
import { type Ledger, openLedger } from '../ledger/openLedger.ts';
import { acquireOwnerLock } from '../ledger/ownerLock.ts';
import { promisedBooks } from '../ledger/promisedBooks.ts';
import { TaskDirectory } from '../meter/budget/taskDirectory.ts';
import { TaskOffice } from '../meter/budget/taskOffice.ts';
import { readAssignment, readExtension, readNewTask, readOutcome, readTaskId } from '../meter/budget/taskParams.ts';
import { ControlProblem } from '../meter/control/controlServer.ts';
import type { ControlMap } from '../protocol/control.ts';
import type { TaskControlMap } from '../protocol/tasks.ts';
import { CliError } from './cliError.ts';
import type { CliIo } from './cliIo.ts';
import { askMeter } from './meterClient.ts';
import { setAsideText } from './setAsideText.ts';

/** The requests that commands about tasks need; each is answered by the meter, or without one by the books themselves. */
export type TaskRequest = 'newTask' | 'extendTask' | 'closeTask' | 'assignSession' | 'showTask' | 'allTasks';

export interface TaskAnswer<Name extends TaskRequest> {
  readonly result: TaskControlMap[Name]['result'];
  /** No meter runs, so that no address can be given. */
  readonly isOffline: boolean;
}

export interface TaskPlace {
  readonly dataDir: string;
  readonly io: Pick<CliIo, 'stderr'>;
}

/** Commands that work on the books take turns, and a meter that begins takes them before it answers. */
const PATIENCE_MS = 5000;
const RETRY_MS = 50;

/** Does a request about tasks: through the meter where one runs, else on the books. Throws a sentence where it was not done. */
export async function requestTask<Name extends TaskRequest>(
  { dataDir, io }: TaskPlace,
  name: Name,
  params: TaskControlMap[Name]['params'],
): Promise<TaskAnswer<Name>> {
  const deadlineMs = systemClock.monotonicMs() + PATIENCE_MS;
  for (;;) {
    const answer = await askMeter(dataDir, name, params as ControlMap[Name]['params']);
    if (answer.state === 'answered') {
      return { result: answer.result as TaskControlMap[Name]['result'], isOffline: false };
    }
    const lock = acquireOwnerLock(dataDir);
    if (lock.state === 'unwritable') throw new CliError(lock.reason);
    if (lock.state === 'held') {
      const result = await withOffice({ dataDir, io }, (office) => doRequest(office, name, params)).finally(
        lock.release,
      );
      return { result: result as TaskControlMap[Name]['result'], isOffline: true };
    }
    if (answer.state === 'refused') throw new CliError(answer.sentence);
    if (systemClock.monotonicMs() > deadlineMs) {
      throw new CliError('Another process of Outlay is using the ledger but does not answer; try again in a moment.');
    }
    await delay(RETRY_MS);
  }
}

async function withOffice<T>({ dataDir, io }: TaskPlace, work: (office: TaskOffice) => Promise<T>): Promise<T> {
  const log = (): void => undefined;
  const ledger = openLedger({ path: ledgerPathOf(dataDir), clock: systemClock, log });
  try {
    return await work(await officeOf(ledger, log));
  } catch (error) {
    throw error instanceof ControlProblem ? new CliError(error.message) : error;
  } finally {
    io.stderr(setAsideText(ledger.health()));
    ledger.close();
  }
}

async function officeOf(ledger: Ledger, log: (line: string) => void): Promise<TaskOffice> {
  const health = ledger.health();
  if (health.state === 'memory' || health.state === 'newer-schema') throw new CliError(health.reason);
  const books: BudgetBooks = promisedBooks(ledger.budget);
  const directory = new TaskDirectory(books, log);
  directory.load(await books.loadTasks());
  return new TaskOffice({ books, directory, clock: systemClock, baseUrls: () => ({}), onChange: () => undefined });
}

/** The same readers as the meter's check what is asked. */
function doRequest(office: TaskOffice, name: TaskRequest, params: unknown): Promise<unknown> {
  switch (name) {
    case 'newTask':
      return office.create(readNewTask(params));
    case 'extendTask':
      return office.extend(readExtension(params));
    case 'closeTask':
      return office.close(readOutcome(params));
    case 'showTask':
      return office.show(readTaskId(params).id);
    case 'allTasks':
      return office.showAll();
    case 'assignSession':
      return office.assign(readAssignment(params)).then((moved) => ({ moved }));
  }
}

import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../../src/domain/clock.ts';
import { openLedger } from '../../../../src/ledger/openLedger.ts';
import { promisedBooks } from '../../../../src/ledger/promisedBooks.ts';
import { TaskDirectory } from '../../../../src/meter/budget/taskDirectory.ts';
import { TaskOffice } from '../../../../src/meter/budget/taskOffice.ts';
import { tempDir } from '../../ledger/tempDir.ts';

/** The office of a meter with no tasks yet, on a ledger of its own. */
export function emptyOffice(): TaskOffice {
  const log = (): void => undefined;
  const ledger = openLedger({ path: join(tempDir(), 'ledger.sqlite'), clock: systemClock, log });
  onTestFinished(() => ledger.close());
  const books = promisedBooks(ledger.budget);
  const directory = new TaskDirectory(books, log);
  directory.load(ledger.budget.loadTasks());
  return new TaskOffice({ books, directory, clock: systemClock, baseUrls: () => ({}), onChange: () => undefined });
}

import type { BudgetBooks, LedgerWriter } from '../../../src/ledger/contract.ts';
import type { LedgerMessage, LedgerRequest, LedgerRequestName } from '../../../src/ledger/messages.ts';
import { serveLedger } from '../../../src/ledger/serveLedger.ts';

type Served = BudgetBooks & Pick<LedgerWriter, 'finish' | 'begin'>;

/** The ledger's thread without the thread. Turns and timers run when the test says so; requests are handled as they come. */
export class BudgetServer {
  #due: (() => void)[] = [];
  #seq = 0;
  readonly #pending = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  readonly #receive: (request: LedgerRequest) => void;
  readonly books: Served;

  constructor(path: string) {
    this.#receive = serveLedger({
      path,
      timeZone: 'UTC',
      isSuccessor: false,
      clock: { nowMs: () => 0, monotonicMs: () => 0 },
      after: (_, work) => {
        this.#due.push(work);
        return {
          dispose: () => {
            this.#due = this.#due.filter((other) => other !== work);
          },
        };
      },
      soon: (work) => void this.#due.push(work),
      send: (message) => this.#settle(message),
    });
    this.books = {
      admit: (...params) => this.#ask('admit', params),
      topUp: (...params) => this.#ask('topUp', params),
      release: (...params) => this.#ask('release', params),
      chargeWhole: (...params) => this.#ask('chargeWhole', params),
      loadTasks: (...params) => this.#ask('loadTasks', params),
      task: (...params) => this.#ask('task', params),
      saveTask: (...params) => this.#ask('saveTask', params),
      extendTask: (...params) => this.#ask('extendTask', params),
      deleteTask: (...params) => this.#ask('deleteTask', params),
      setActive: (...params) => this.#ask('setActive', params),
      bindSession: (...params) => this.#ask('bindSession', params),
      addEvent: (...params) => this.#ask('addEvent', params),
      events: (...params) => this.#ask('events', params),
      accounts: (...params) => this.#ask('accounts', params),
      recentOutputs: (...params) => this.#ask('recentOutputs', params),
      savePolicy: (...params) => this.#ask('savePolicy', params),
      loadPolicy: (...params) => this.#ask('loadPolicy', params),
      begin: (record) => this.#ask('begin', record),
      finish: (record) => this.#ask('finish', record),
    };
  }

  /** Runs what is due: all that was asked about holds is decided, and waiting rows are committed. */
  turn(): void {
    const due = this.#due;
    this.#due = [];
    for (const work of due) work();
  }

  async close(): Promise<void> {
    const closed = this.#ask('close', null);
    this.turn();
    await closed;
  }

  #ask<Result>(name: LedgerRequestName, params: unknown): Promise<Result> {
    const seq = ++this.#seq;
    return new Promise((resolve, reject) => {
      this.#pending.set(seq, { resolve, reject });
      this.#receive({ seq, name, params } as LedgerRequest);
    });
  }

  #settle(message: LedgerMessage): void {
    if (message.type !== 'answer' && message.type !== 'failure') return;
    const pending = this.#pending.get(message.seq);
    this.#pending.delete(message.seq);
    if (message.type === 'answer') pending?.resolve(message.result as never);
    else pending?.reject(new Error(message.message));
  }
}

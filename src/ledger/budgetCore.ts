import type { AdmitAnswer, BudgetBooks } from './contract.ts';
import type { HoldBooks, HoldOperation } from './holdBooks.ts';
import type { TaskStore } from './taskStore.ts';

/** `BudgetBooks` without the thread: synchronous, each write a transaction. Throws what SQLite throws (`faultOf` sorts it). */
export type BudgetCore = {
  readonly [Name in keyof BudgetBooks]: (
    ...values: Parameters<BudgetBooks[Name]>
  ) => Awaited<ReturnType<BudgetBooks[Name]>>;
} & {
  /** Several operations in one transaction, in their order, with the answers of those that have one. */
  runHolds(operations: readonly HoldOperation[]): readonly (AdmitAnswer | null)[];
};

/** How the core gets at the books: in a write transaction, or for reading. */
export interface BudgetAccess {
  write<T>(work: (holds: HoldBooks, tasks: TaskStore) => T): T;
  read<T>(work: (tasks: TaskStore) => T): T;
}

export function budgetCore({ write, read }: BudgetAccess): BudgetCore {
  const runHolds = (operations: readonly HoldOperation[]) => write((holds) => holds.run(operations));
  const answer = (operation: HoldOperation): AdmitAnswer => {
    const [result] = runHolds([operation]);
    if (!result) throw new Error('A hold was not decided about.');
    return result;
  };
  return {
    runHolds,
    admit: (request) => answer({ kind: 'admit', request }),
    topUp: (callId, hold, limits) => answer({ kind: 'topUp', callId, hold, limits }),
    release: (callId) => void runHolds([{ kind: 'release', callId }]),
    chargeWhole: (callId) => void runHolds([{ kind: 'chargeWhole', callId }]),
    loadTasks: () => read((tasks) => tasks.load()),
    task: (taskId) => read((tasks) => tasks.task(taskId)),
    saveTask: (task) => write((_, tasks) => tasks.save(task)),
    extendTask: (taskId, dimension, by) => write((_, tasks) => tasks.extend(taskId, dimension, by)),
    deleteTask: (taskId) => write((_, tasks) => tasks.delete(taskId)),
    setActive: (workspaceId, taskId) => write((_, tasks) => tasks.setActive(workspaceId, taskId)),
    bindSession: (session, taskId, moveCalls) => write((_, tasks) => tasks.bindSession(session, taskId, moveCalls)),
    addEvent: (event) => write((_, tasks) => tasks.addEvent(event)),
    events: (taskId, limit) => read((tasks) => tasks.events(taskId, limit)),
    accounts: (keys) => read((tasks) => tasks.accounts(keys)),
    recentOutputs: (limit) => read((tasks) => tasks.recentOutputs(limit)),
    savePolicy: (value) => write((_, tasks) => tasks.savePolicy(value)),
    loadPolicy: () => read((tasks) => tasks.loadPolicy()),
  };
}

import type { BudgetCore } from './budgetCore.ts';
import type { BudgetBooks } from './contract.ts';

/** Books without a thread behind the interface of those with one: what the core throws rejects. For short-lived programs. */
export function promisedBooks(core: BudgetCore): BudgetBooks {
  const promised =
    <Values extends readonly unknown[], Result>(work: (...values: Values) => Result) =>
    async (...values: Values): Promise<Result> =>
      work(...values);
  return {
    admit: promised(core.admit),
    topUp: promised(core.topUp),
    release: promised(core.release),
    chargeWhole: promised(core.chargeWhole),
    loadTasks: promised(core.loadTasks),
    task: promised(core.task),
    saveTask: promised(core.saveTask),
    extendTask: promised(core.extendTask),
    deleteTask: promised(core.deleteTask),
    setActive: promised(core.setActive),
    bindSession: promised(core.bindSession),
    addEvent: promised(core.addEvent),
    events: promised(core.events),
    accounts: promised(core.accounts),
    recentOutputs: promised(core.recentOutputs),
    savePolicy: promised(core.savePolicy),
    loadPolicy: promised(core.loadPolicy),
  };
}

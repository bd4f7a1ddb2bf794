import type { TaskControlMap } from '../../protocol/tasks.ts';
import {
  readActivation,
  readAssignment,
  readExtension,
  readNewTask,
  readOutcome,
  readTaskChange,
  readTaskId,
} from '../budget/taskParams.ts';
import type { MeterOperations } from './controlHandlers.ts';
import type { ControlHandlers } from './controlServer.ts';

/** One handler for each request about tasks and budgets. */
export function taskHandlers(
  meter: Pick<MeterOperations, 'office' | 'setBudgetPolicy' | 'tasks'>,
): Pick<ControlHandlers, keyof TaskControlMap> {
  const { office } = meter;
  return {
    newTask: async (params) => office.create(readNewTask(params)),
    changeTask: async (params) => office.change(readTaskChange(params)),
    extendTask: async (params) => office.extend(readExtension(params)),
    closeTask: async (params) => office.close(readOutcome(params)),
    reopenTask: async (params) => {
      const { id, by } = readTaskId(params);
      return office.reopen(id, by);
    },
    proposeOutcome: async (params) => office.propose(readOutcome(params)),
    deleteTask: async (params) => {
      await office.delete(readTaskId(params).id);
      return {};
    },
    activateTask: async (params) => {
      await office.activate(readActivation(params));
      return {};
    },
    assignSession: async (params) => ({ moved: await office.assign(readAssignment(params)) }),
    showTask: async (params) => office.show(readTaskId(params).id),
    allTasks: () => office.showAll(),
    listTasks: () => meter.tasks(),
    setBudgetPolicy: async (params) => ({ problems: await meter.setBudgetPolicy(params) }),
  };
}

import type { TaskControlMap, TasksSnapshot, TaskView } from '../../protocol/tasks.ts';

/** Who did it, in the log of a task's events. */
export const BY_USER = 'you (VS Code)';

export type TaskRequest = keyof TaskControlMap;

/** What the task commands know and may do. */
export interface TaskDesk {
  readonly workspaceId: string;
  tasks(): TasksSnapshot;
  /** @throws ControlError with a sentence for the user. */
  call<Name extends TaskRequest>(
    name: Name,
    params: TaskControlMap[Name]['params'],
  ): Promise<TaskControlMap[Name]['result']>;
}

export function findTask(desk: Pick<TaskDesk, 'tasks'>, taskId: string): TaskView | undefined {
  return desk.tasks().tasks.find(({ task }) => task.id === taskId);
}

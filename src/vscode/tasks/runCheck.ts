import { Task as EditorTask, ShellExecution, TaskPanelKind, TaskRevealKind, TaskScope, tasks } from 'vscode';

/**
 * Runs a command as a task of the editor, in a terminal that everybody sees, and waits for its end.
 *
 * @returns its exit code; null where it was ended before it had one.
 */
export async function runCheck(title: string, command: string, folder: string | null): Promise<number | null> {
  const execution = new ShellExecution(command, folder === null ? {} : { cwd: folder });
  const task = new EditorTask(
    { type: 'outlay-check', command },
    TaskScope.Workspace,
    `Check of ${title}`,
    'Outlay',
    execution,
  );
  task.presentationOptions = { reveal: TaskRevealKind.Always, panel: TaskPanelKind.Dedicated, clear: true };
  const running = await tasks.executeTask(task);
  return new Promise((resolve) => {
    const settle = (exitCode: number | null): void => {
      ended.dispose();
      processEnded.dispose();
      resolve(exitCode);
    };
    const processEnded = tasks.onDidEndTaskProcess((event) => {
      if (event.execution === running) settle(event.exitCode ?? null);
    });
    // A task that could not be started ends without a process.
    const ended = tasks.onDidEndTask((event) => {
      if (event.execution === running) setTimeout(() => settle(null), 500);
    });
  });
}

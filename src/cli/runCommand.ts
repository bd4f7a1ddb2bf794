import { applyChanges } from '../agents/applyChanges.ts';
import { isTaskId } from '../domain/task.ts';
import { CliError } from './cliError.ts';
import type { CliIo } from './cliIo.ts';
import { askMeter } from './meterClient.ts';
import { planTaskEnvironment } from './taskEnvironment.ts';

export interface RunCall {
  readonly dataDir: string;
  readonly taskId: string | undefined;
  readonly command: readonly string[];
  readonly io: CliIo;
}

/**
 * Runs any command with the environment of a task, so that what its agents spend is the task's, and within its budget. Resolves to
 * the command's own exit code. Agents that go elsewhere by the user's own wish are left alone, which is said on stderr.
 */
export async function runInTask({ dataDir, taskId, command, io }: RunCall): Promise<number> {
  if (taskId === undefined || !isTaskId(taskId))
    throw new CliError('run needs --task ID; "outlay task list" shows them.', 2);
  const [file, ...args] = command;
  if (file === undefined) throw new CliError('run needs a command: outlay run --task ID -- claude -p "...".', 2);
  const answer = await askMeter(dataDir, 'showTask', { id: taskId });
  if (answer.state === 'refused') throw new CliError(answer.sentence);
  if (answer.state === 'no-meter') throw new CliError(`No meter is running. ${io.meterHint(dataDir)}`);
  const plan = await planTaskEnvironment({ dataDir, baseUrls: answer.result.baseUrls, io });
  for (const notice of plan.notices) io.stderr(`${notice}\n`);
  return io.run(file, args, applyChanges(io.env, plan.changes, io.platform));
}

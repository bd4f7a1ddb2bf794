import { join } from 'node:path';
import { readAgentFiles } from '../agents/agentFiles.ts';
import { applyChanges } from '../agents/applyChanges.ts';
import { installCodexLauncher } from '../agents/codexLauncher.ts';
import type { EnvironmentLayers } from '../agents/environment.ts';
import { planTerminalEnvironment, type TerminalEnvironmentPlan } from '../agents/planTerminalEnvironment.ts';
import { readUserEnvironment } from '../agents/userBaseUrls.ts';
import { isTaskId } from '../domain/task.ts';
import { agentIds } from '../manifest/manifest.ts';
import { CliError } from './cliError.ts';
import type { CliIo } from './cliIo.ts';
import { askMeter } from './meterClient.ts';

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
  const plan = await planFor({ dataDir, baseUrls: answer.result.baseUrls, io });
  for (const notice of plan.notices) io.stderr(`${notice}\n`);
  return io.run(file, args, applyChanges(io.env, plan.changes, io.platform));
}

async function planFor({
  dataDir,
  baseUrls,
  io,
}: {
  readonly dataDir: string;
  readonly baseUrls: Readonly<Record<string, string>>;
  readonly io: CliIo;
}): Promise<TerminalEnvironmentPlan> {
  const { platform, homeDir, env } = io;
  const layers: EnvironmentLayers = { process: env, user: {}, workspace: {} };
  const files = await readAgentFiles(homeDir, readUserEnvironment(layers, platform), []);
  const launcherDir = await installCodexLauncher(io.launcherDir, dataDir, (sentence) => io.stderr(`${sentence}\n`));
  return planTerminalEnvironment({
    ...{ platform, layers, files, launcherDir },
    agents: agentIds,
    connection: { baseUrls, refused: {} },
    upstreams: {},
    lockPath: join(dataDir, 'meter.json'),
    assumeFirstParty: true,
  });
}

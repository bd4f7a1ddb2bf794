import { join } from 'node:path';
import { readAgentFiles } from '../agents/agentFiles.ts';
import { installCodexLauncher } from '../agents/codexLauncher.ts';
import type { EnvironmentLayers } from '../agents/environment.ts';
import { planTerminalEnvironment, type TerminalEnvironmentPlan } from '../agents/planTerminalEnvironment.ts';
import { readUserEnvironment } from '../agents/userBaseUrls.ts';
import { agentIds } from '../manifest/manifest.ts';
import type { CliIo } from './cliIo.ts';

export interface TaskEnvironmentRequest {
  readonly dataDir: string;
  readonly baseUrls: Readonly<Record<string, string>>;
  readonly io: CliIo;
}

/** What a program gets on top of this process's environment, so that its agents call through these addresses. */
export async function planTaskEnvironment({
  dataDir,
  baseUrls,
  io,
}: TaskEnvironmentRequest): Promise<TerminalEnvironmentPlan> {
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

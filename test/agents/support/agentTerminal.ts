import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { readAgentFiles } from '../../../src/agents/agentFiles.ts';
import { installCodexLauncher } from '../../../src/agents/codexLauncher.ts';
import type { EnvironmentLayers } from '../../../src/agents/environment.ts';
import type { VariableChange } from '../../../src/agents/noProxy.ts';
import { planTerminalEnvironment } from '../../../src/agents/planTerminalEnvironment.ts';
import { readUserEnvironment, userUpstreams } from '../../../src/agents/userBaseUrls.ts';
import type { AgentId } from '../../../src/manifest/manifest.ts';
import { callControl } from '../../../src/protocol/controlClient.ts';
import { type MeterProcess, projectDir } from '../../support/meterProcess.ts';
import { type AgentName, agentPath, nodePath } from '../../support/toolchain.ts';

export type Variables = Readonly<Record<string, string>>;

/** Cline CLI takes nothing from a terminal. */
const agentIds: Readonly<Record<AgentName, readonly AgentId[]>> = {
  claude: ['claude-code'],
  cline: [],
  copilot: ['copilot-cli'],
  codex: ['codex'],
  gemini: ['gemini-cli'],
  opencode: ['opencode'],
  qwen: ['qwen-code'],
};

/** A throw-away user: a home with nothing in it, one agent on the PATH, and all of the internet behind a closed proxy. */
export interface AgentUser {
  readonly agent: AgentName;
  readonly home: string;
  /** A folder to run in. */
  readonly cwd: string;
  /** What a terminal without Outlay has. */
  readonly env: Variables;
}

export async function createUser(
  agent: AgentName,
  options: { readonly root: string; readonly proxyUrl: string; readonly env?: Variables },
): Promise<AgentUser> {
  const home = join(options.root, 'home');
  const cwd = join(options.root, 'project');
  const temporary = join(options.root, 'tmp');
  for (const folder of [home, cwd, temporary]) await mkdir(folder, { recursive: true });
  const folders = [dirname(agentPath(agent)), dirname(nodePath()), '/usr/local/bin', '/usr/bin', '/bin'];
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].map((name) => [name, options.proxyUrl]);
  const env = {
    PATH: folders.join(delimiter),
    HOME: home,
    TMPDIR: temporary,
    LANG: 'C.UTF-8',
    TERM: 'dumb',
    ...Object.fromEntries(proxies),
    ...options.env,
  };
  return { agent, home, cwd, env };
}

export async function writeHomeFile(user: AgentUser, path: string, content: string): Promise<void> {
  const target = join(user.home, path);
  await mkdir(dirname(target), { recursive: true });
  await writeFile(target, content, { mode: 0o600 });
}

export interface ConnectOptions {
  readonly meter: MeterProcess;
  readonly dataDir: string;
  /** As the product does, unless a test says otherwise. */
  readonly assumeFirstParty?: boolean;
}

/** The environment of a terminal that Outlay connects: made of the product's own parts, from the reading of the user's files to the plan. */
export async function connectTerminal(user: AgentUser, options: ConnectOptions): Promise<Variables> {
  const layers: EnvironmentLayers = { process: user.env, user: {}, workspace: {} };
  const reader = readUserEnvironment(layers, process.platform);
  const files = await readAgentFiles(user.home, reader, [user.cwd]);
  const upstreams = userUpstreams({ env: reader, files }, {});
  const connection = await callControl(await options.meter.lock(), 'connectWorkspace', {
    workspaceId: 'ws-agents',
    title: 'Agents',
    upstreams,
  });
  const problems: string[] = [];
  const launcherDir = await installCodexLauncher(join(projectDir, 'media/bin'), options.dataDir, (sentence) =>
    problems.push(sentence),
  );
  const plan = planTerminalEnvironment({
    platform: process.platform,
    layers,
    files,
    agents: agentIds[user.agent],
    connection,
    upstreams,
    launcherDir,
    lockPath: join(options.dataDir, 'meter.json'),
    assumeFirstParty: options.assumeFirstParty ?? true,
  });
  if (problems.length > 0) throw new Error(problems.join(' '));
  return applyChanges(user.env, plan.changes);
}

/** What the editor does with its collection when it creates a terminal. */
function applyChanges(env: Variables, changes: ReadonlyMap<string, VariableChange>): Variables {
  const result: Record<string, string> = { ...env };
  for (const [name, change] of changes) {
    const before = result[name] ?? '';
    if (change.kind === 'replace') result[name] = change.value;
    else result[name] = change.kind === 'append' ? before + change.value : change.value + before;
  }
  return result;
}

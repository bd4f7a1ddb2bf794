import type { AgentId } from '../../manifest/manifest.ts';
import type { WorkspaceBaseUrls } from '../../protocol/control.ts';
import {
  type EnvironmentLayers,
  EnvironmentReader,
  MARKER_VARIABLE,
  withoutOwnVariables,
  writeMarker,
} from './environment.ts';
import { planNoProxy, type VariableChange } from './noProxy.ts';
import { type AgentConnection, type AgentFiles, agentConnections, readUserEnvironment } from './userBaseUrls.ts';

/**
 * Claude Code treats every host but api.anthropic.com as foreign and then drops the global prompt-cache scope, which makes its calls dearer.
 * This switch of the agent restores it. It is private to the agent and may go away, which does no harm. Measured with Claude Code
 * 2.1.330, first request of "say ping": 49,437 bytes directly, 49,437 with the switch, 49,237 and no global scope without it; a
 * subscription login works with it too.
 */
export const CLAUDE_FIRST_PARTY_VARIABLE = '_CLAUDE_CODE_ASSUME_FIRST_PARTY_BASE_URL';

const WORKSPACE_REDIRECTS =
  'The Claude Code settings of this workspace name a base URL, which outranks every other: its calls go there, with your key, and are not metered.';

export interface TerminalEnvironmentInput {
  readonly platform: NodeJS.Platform;
  readonly layers: EnvironmentLayers;
  readonly files: AgentFiles;
  /** Agents that the user wants connected. */
  readonly agents: readonly AgentId[];
  /** What the meter answered to `connectWorkspace`. */
  readonly connection: WorkspaceBaseUrls;
  /** The upstreams that were sent with it, by route. */
  readonly upstreams: Readonly<Record<string, string>>;
  /** Folder of the Codex launcher; null where it could not be written. */
  readonly launcherDir: string | null;
  /** The meter's lock file, by which the launcher sees whether the meter lives. */
  readonly lockPath: string;
  /** Sets the switch above, unless a gateway of the user's own is in the chain. */
  readonly assumeFirstParty: boolean;
}

export interface TerminalEnvironmentPlan {
  readonly changes: ReadonlyMap<string, VariableChange>;
  readonly connected: readonly AgentId[];
  /** Sentences for the user about agents that are left alone although they should be connected. */
  readonly notices: readonly string[];
}

/** What new terminals of this window get. Pure: the same input gives the same plan, and nothing of a workspace's settings becomes a value. */
export function planTerminalEnvironment(input: TerminalEnvironmentInput): TerminalEnvironmentPlan {
  const { platform, layers } = input;
  const user = readUserEnvironment(layers, platform);
  const changes = new Map<string, VariableChange>();
  const connected: AgentId[] = [];
  const notices: string[] = [];
  for (const connection of agentConnections) {
    if (!input.agents.includes(connection.agent)) continue;
    const obstacle = findObstacle(connection, input);
    if (obstacle !== null) {
      if (obstacle !== '') notices.push(obstacle);
      continue;
    }
    const url = input.connection.baseUrls[connection.routeId];
    if (url === undefined) continue;
    if (connection.agent === 'claude-code' && input.files.claudeWorkspaceRedirects) notices.push(WORKSPACE_REDIRECTS);
    changes.set(connection.variable, { kind: 'replace', value: url });
    connected.push(connection.agent);
  }
  if (connected.length === 0) return { changes: new Map(), connected, notices };
  if (connected.includes('claude-code')) addClaudeCode(changes, input, user);
  if (connected.includes('codex')) addCodex(changes, input);
  const all = new EnvironmentReader(platform, withoutOwnVariables(layers.process), layers.user, layers.workspace);
  for (const [name, change] of planNoProxy(all, platform)) changes.set(name, change);
  changes.set(MARKER_VARIABLE, { kind: 'replace', value: markerOf(changes, user) });
  return { changes, connected, notices };
}

/** Why an agent is left alone: a sentence, "" where that is the normal case and needs no words, or null for no reason. */
function findObstacle({ agent, label, routeId }: AgentConnection, input: TerminalEnvironmentInput): string | null {
  const refused = input.connection.refused[routeId];
  if (refused !== undefined) return `${label} is not metered: ${refused}`;
  if (input.connection.baseUrls[routeId] === undefined) return '';
  if (agent === 'claude-code' && input.files.claudeBaseUrl !== null) {
    return 'Claude Code is not metered: its own settings file names a base URL, which outranks the terminal. Move it to `outlay.upstreams` to have it metered.';
  }
  // Without a chosen type Gemini CLI would take the variable for a gateway login and end at once; other types do not use it.
  if (agent === 'gemini-cli' && input.files.geminiAuthType !== 'gemini-api-key') return '';
  if (agent === 'codex' && input.launcherDir === null) {
    return 'Codex is not metered: its launcher could not be written to the data folder.';
  }
  return null;
}

function addClaudeCode(
  changes: Map<string, VariableChange>,
  input: TerminalEnvironmentInput,
  user: EnvironmentReader,
): void {
  // Behind a user's own gateway Claude Code keeps what it would do there without us.
  if (input.upstreams['anthropic'] !== undefined) return;
  // Else some versions send all tool definitions with each request, which is half as large again.
  if (user.get('ENABLE_TOOL_SEARCH') === null) changes.set('ENABLE_TOOL_SEARCH', { kind: 'replace', value: 'true' });
  if (input.assumeFirstParty && user.get(CLAUDE_FIRST_PARTY_VARIABLE) === null) {
    changes.set(CLAUDE_FIRST_PARTY_VARIABLE, { kind: 'replace', value: '1' });
  }
}

function addCodex(changes: Map<string, VariableChange>, input: TerminalEnvironmentInput): void {
  const delimiter = input.platform === 'win32' ? ';' : ':';
  changes.set('PATH', { kind: 'prependPath', value: `${input.launcherDir ?? ''}${delimiter}` });
  changes.set('OUTLAY_METER_FILE', { kind: 'replace', value: input.lockPath });
  const chained = input.files.codexBaseUrl;
  if (chained !== null) changes.set('OUTLAY_CODEX_UPSTREAM', { kind: 'replace', value: chained });
}

function markerOf(changes: ReadonlyMap<string, VariableChange>, user: EnvironmentReader): string {
  const marker: Record<string, readonly [string, string | null]> = {};
  for (const [name, change] of changes) {
    if (change.kind === 'replace') marker[name] = [change.value, user.get(name)];
  }
  return writeMarker(marker);
}

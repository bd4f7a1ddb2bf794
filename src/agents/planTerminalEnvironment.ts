import type { AgentId } from '../manifest/manifest.ts';
import type { WorkspaceBaseUrls } from '../protocol/control.ts';
import { agentConnections } from './agentConnections.ts';
import type { AgentFiles } from './agentFiles.ts';
import { type AgentConnection, type UserWishes, unusualBaseUrl } from './connection.ts';
import {
  type EnvironmentLayers,
  EnvironmentReader,
  MARKER_VARIABLE,
  withoutOwnVariables,
  writeMarker,
} from './environment.ts';
import { planNoProxy, type VariableChange } from './noProxy.ts';
import { claimedUpstreams, readUserEnvironment } from './userBaseUrls.ts';

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
  const wishes: UserWishes = { env: user, files: input.files };
  const changes = new Map<string, VariableChange>();
  const connected = new Set<AgentId>();
  const notices = new Set<string>();
  const before = (name: string): string | null => changes.get(name)?.value ?? user.get(name);
  const findObstacle = obstacleFinder(input, wishes);
  for (const connection of agentConnections) {
    if (!input.agents.includes(connection.agent)) continue;
    const obstacle = findObstacle(connection);
    if (obstacle !== null) {
      if (obstacle !== '') notices.add(obstacle);
      continue;
    }
    const values = connection.variables(input.connection.baseUrls, wishes, before);
    if (values === null) continue;
    for (const [name, value] of Object.entries(values)) changes.set(name, { kind: 'replace', value });
    connected.add(connection.agent);
  }
  if (connected.has('claude-code') && input.files.claudeWorkspaceRedirects) notices.add(WORKSPACE_REDIRECTS);
  return { changes: completed(changes, connected, input), connected: [...connected], notices: [...notices] };
}

/** The variables of the connected agents with what they need beside them. */
function completed(
  changes: Map<string, VariableChange>,
  connected: ReadonlySet<AgentId>,
  input: TerminalEnvironmentInput,
): ReadonlyMap<string, VariableChange> {
  const { platform, layers } = input;
  if (connected.size === 0) return new Map();
  const user = readUserEnvironment(layers, platform);
  if (changes.has('ANTHROPIC_BASE_URL')) addClaudeCode(changes, input, user);
  if (connected.has('codex')) addCodex(changes, input);
  const all = new EnvironmentReader(platform, withoutOwnVariables(layers.process), layers.user, layers.workspace);
  for (const [name, change] of planNoProxy(all, platform)) changes.set(name, change);
  changes.set(MARKER_VARIABLE, { kind: 'replace', value: markerOf(changes, user) });
  return changes;
}

/** Why an agent is left alone: a sentence, "" where that is the normal case and needs no words, or null for no reason. */
function obstacleFinder(
  input: TerminalEnvironmentInput,
  user: UserWishes,
): (connection: AgentConnection) => string | null {
  const claimed = claimedUpstreams(user);
  const reported = new Set<string>();
  return (connection) => {
    const { routeId, label } = connection;
    const upstream = input.upstreams[routeId];
    const obstacle = connection.obstacle(user, { upstream, launcherDir: input.launcherDir });
    if (obstacle === '') return obstacle;
    const refused = input.connection.refused[routeId];
    if (refused !== undefined) {
      // One sentence a route: it is one address that was refused, however many agents would use it.
      const isNew = !reported.has(routeId);
      reported.add(routeId);
      return isNew ? `${label} is not metered: ${refused}` : '';
    }
    if (obstacle !== null) return obstacle;
    // What the user has named in the settings is meant for all agents of the route.
    if (upstream !== undefined && upstream !== claimed[routeId]) return null;
    const own = unusualBaseUrl(routeId, connection.ownBaseUrl(user));
    if (own === (upstream ?? null)) return null;
    if (own === null && !connection.isInUse) return '';
    return `${label} is not metered: its calls go to another address than those of the agent whose base URL the route "${routeId}" leads to. Name one for both in \`outlay.upstreams\` to have it metered.`;
  };
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

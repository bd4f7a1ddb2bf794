import type { AgentId } from '../../manifest/manifest.ts';
import { type EnvironmentLayers, EnvironmentReader, withoutOwnVariables } from './environment.ts';

/** How an agent's calls are redirected: its variable, the route of the gateway that carries it, and the name that users know. */
export interface AgentConnection {
  readonly agent: AgentId;
  readonly label: string;
  readonly routeId: string;
  readonly variable: string;
}

/** The agents that a terminal can be connected for. Codex reads no such variable; ours is read by its launcher only. */
export const agentConnections: readonly AgentConnection[] = [
  { agent: 'claude-code', label: 'Claude Code', routeId: 'anthropic', variable: 'ANTHROPIC_BASE_URL' },
  { agent: 'codex', label: 'Codex', routeId: 'codex', variable: 'OUTLAY_CODEX_BASE_URL' },
  { agent: 'gemini-cli', label: 'Gemini CLI', routeId: 'gemini', variable: 'GOOGLE_GEMINI_BASE_URL' },
];

/** What the user's own configuration files of the agents say; read by `agentFiles.ts`. */
export interface AgentFiles {
  /** `security.auth.selectedType` of the user's Gemini CLI settings. */
  readonly geminiAuthType: string | null;
  /** `openai_base_url` of the user's Codex configuration. */
  readonly codexBaseUrl: string | null;
  /** `env.ANTHROPIC_BASE_URL` of the user's Claude Code settings, which outranks every environment variable. */
  readonly claudeBaseUrl: string | null;
  /** A workspace's own settings of Claude Code name a base URL, which outranks ours. The URL itself is of no interest. */
  readonly claudeWorkspaceRedirects: boolean;
}

/** What is known of the user's wishes; nothing in it comes from a workspace. */
export function readUserEnvironment(layers: EnvironmentLayers, platform: NodeJS.Platform): EnvironmentReader {
  return new EnvironmentReader(platform, withoutOwnVariables(layers.process), layers.user);
}

/**
 * The base URLs that the user has set for the agents, by route: they become the gateway's upstreams, so that a user's own gateway stays
 * in the chain. The setting `outlay.upstreams` wins.
 */
export function userUpstreams(
  user: EnvironmentReader,
  files: AgentFiles,
  setting: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { agent, routeId, variable } of agentConnections) {
    const value = agent === 'codex' ? files.codexBaseUrl : user.get(variable);
    if (value !== null) found[routeId] = value;
  }
  return { ...found, ...setting };
}

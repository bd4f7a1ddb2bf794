import type { AgentId } from '../../manifest/manifest.ts';
import {
  type Environment,
  EnvironmentReader,
  MARKER_VARIABLE,
  withoutOwnVariables,
  writeMarker,
} from '../terminals/environment.ts';
import { planTerminalEnvironment, type TerminalEnvironmentInput } from '../terminals/planTerminalEnvironment.ts';

/**
 * Agents that extensions start as processes and that take their base URL from a variable. Codex takes it from its configuration and its command
 * line only, and its extension does not look for a launcher on the PATH. Others are left out, for what is set here is seen by every extension.
 */
const startedByExtensions: readonly AgentId[] = ['claude-code', 'kilo', 'opencode'];

export interface ChildEnvironmentPlan {
  /** Variables to set; the user has set none of them. */
  readonly variables: Readonly<Record<string, string>>;
  /** A sentence where the agents are left alone although they should be connected; null for no reason. */
  readonly problem: string | null;
}

/**
 * What processes of other extensions are to inherit. An agent is connected as a whole or not at all: where one of its variables is set already,
 * it is left alone.
 *
 * @param environment the extension host's own, without what Outlay has put there.
 */
export function planChildEnvironment(
  input: Omit<TerminalEnvironmentInput, 'layers' | 'launcherDir'>,
  environment: Environment,
): ChildEnvironmentPlan {
  // An editor that was started from a connected terminal has variables of ours that are not the user's.
  const reader = new EnvironmentReader(input.platform, withoutOwnVariables(environment));
  const layers = { process: environment, user: {}, workspace: {} };
  const variables: Record<string, string> = {};
  for (const agent of startedByExtensions) {
    if (!input.agents.includes(agent)) continue;
    const { changes } = planTerminalEnvironment({ ...input, agents: [agent], layers, launcherDir: null });
    const values = [...changes].filter(([name]) => name !== MARKER_VARIABLE);
    if (values.some(([name, { kind }]) => kind !== 'replace' && /^no_proxy$/i.test(name))) {
      return { variables: {}, problem: NO_PROXY_PROBLEM };
    }
    if (values.some(([name]) => reader.get(name) !== null)) continue;
    for (const [name, { value }] of values) variables[name] = value;
  }
  if (Object.keys(variables).length > 0) variables[MARKER_VARIABLE] = markerOf(variables);
  return { variables, problem: null };
}

const NO_PROXY_PROBLEM =
  'Agents of other extensions are not connected: a proxy is set, and NO_PROXY names hosts but not 127.0.0.1. Add it there to have them metered.';

/** By it everybody, an editor that such a process starts included, tells our values from the user's. */
function markerOf(variables: Readonly<Record<string, string>>): string {
  return writeMarker(Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, [value, null]])));
}

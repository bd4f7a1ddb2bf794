import { agentConnections } from './agentConnections.ts';
import { type UserWishes, unusualBaseUrl } from './connection.ts';
import { type EnvironmentLayers, EnvironmentReader, withoutOwnVariables } from './environment.ts';

/** What is known of the user's wishes; nothing in it comes from a workspace. */
export function readUserEnvironment(layers: EnvironmentLayers, platform: NodeJS.Platform): EnvironmentReader {
  return new EnvironmentReader(platform, withoutOwnVariables(layers.process), layers.user);
}

/**
 * The base URLs that the user has set for the agents, by route: they become the gateway's upstreams, so that a user's own gateway stays
 * in the chain. The first agent that claims a route has it.
 */
export function claimedUpstreams(user: UserWishes): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const connection of agentConnections) {
    if (!connection.claimsRoute) continue;
    const base = unusualBaseUrl(connection.routeId, connection.ownBaseUrl(user));
    if (base !== null) found[connection.routeId] ??= base;
  }
  return found;
}

/** The same with the setting `outlay.upstreams`, which wins. */
export function userUpstreams(
  user: UserWishes,
  setting: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  return { ...claimedUpstreams(user), ...setting };
}

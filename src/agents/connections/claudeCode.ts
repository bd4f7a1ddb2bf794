import { isAwsRegion } from '../../domain/awsRegion.ts';
import { type AgentConnection, type UserWishes, variableConnection } from '../connection.ts';

const agent = { agent: 'claude-code', label: 'Claude Code', claimsRoute: true } as const;

/** Claude Code at Anthropic, and at the three clouds that it can be switched to. */
export const claudeCodeConnections: readonly AgentConnection[] = [
  variableConnection({
    ...agent,
    routeId: 'anthropic',
    variable: 'ANTHROPIC_BASE_URL',
    obstacle: (user) => outranked(user, 'ANTHROPIC_BASE_URL', 'anthropic'),
  }),
  {
    ...variableConnection({
      ...agent,
      routeId: 'bedrock',
      variable: 'ANTHROPIC_BEDROCK_BASE_URL',
      obstacle: (user, { upstream }) => bedrockObstacle(user, upstream),
    }),
    variables({ bedrock }, user) {
      if (bedrock === undefined) return null;
      const region = regionOf(user);
      return {
        ANTHROPIC_BEDROCK_BASE_URL: region !== null && isAwsRegion(region) ? `${bedrock}/${region}` : bedrock,
      };
    },
  },
  variableConnection({
    ...agent,
    routeId: 'vertex',
    variable: 'ANTHROPIC_VERTEX_BASE_URL',
    obstacle: (user) =>
      isOn(user, 'CLAUDE_CODE_USE_VERTEX') ? outranked(user, 'ANTHROPIC_VERTEX_BASE_URL', 'vertex') : '',
  }),
  {
    ...variableConnection({
      ...agent,
      routeId: 'azure',
      variable: 'ANTHROPIC_FOUNDRY_BASE_URL',
      obstacle: (user, { upstream }) => foundryObstacle(user, upstream),
    }),
    variables(baseUrls, { env }) {
      // The user's own base URL has its path; an upstream of the settings is the resource, below which Anthropic's models have theirs.
      const url = baseUrls[env.get('ANTHROPIC_FOUNDRY_BASE_URL') === null ? 'azure-anthropic' : 'azure'];
      return url === undefined ? null : { ANTHROPIC_FOUNDRY_BASE_URL: url };
    },
  },
];

/** Its own settings file outranks the environment, for everything in it. */
function readValue({ env, files }: UserWishes, name: string): string | null {
  return files.claudeEnv[name] ?? env.get(name);
}

function isOn(user: UserWishes, name: string): boolean {
  const value = readValue(user, name)?.toLowerCase();
  return value !== undefined && !['0', 'false', 'no', 'off'].includes(value);
}

function outranked({ files }: UserWishes, variable: string, routeId: string): string | null {
  if (files.claudeEnv[variable] === undefined) return null;
  return `Claude Code is not metered: its own settings file names a base URL, which outranks the terminal. Move it to \`outlay.upstreams\` (${routeId}) to have it metered.`;
}

function regionOf(user: UserWishes): string | null {
  return readValue(user, 'AWS_REGION') ?? readValue(user, 'AWS_DEFAULT_REGION');
}

/**
 * AWS credentials sign a request for the host that it is sent to, so that signed requests cannot pass a gateway: only those with a
 * Bedrock API key can.
 */
function bedrockObstacle(user: UserWishes, upstream: string | undefined): string | null {
  if (readValue(user, 'AWS_BEARER_TOKEN_BEDROCK') === null) {
    return isOn(user, 'CLAUDE_CODE_USE_BEDROCK')
      ? 'Claude Code on Bedrock is not metered: requests that are signed with AWS credentials cannot pass a gateway. Set AWS_BEARER_TOKEN_BEDROCK to a Bedrock API key to have it metered.'
      : '';
  }
  const file = outranked(user, 'ANTHROPIC_BEDROCK_BASE_URL', 'bedrock');
  if (file !== null || upstream !== undefined) return file;
  const region = regionOf(user);
  const smallModel = readValue(user, 'ANTHROPIC_SMALL_FAST_MODEL_AWS_REGION');
  // A base URL holds for all models, so that one of another region would be asked for in the wrong place.
  if (smallModel !== null && smallModel !== region) {
    return 'Claude Code on Bedrock is not metered: ANTHROPIC_SMALL_FAST_MODEL_AWS_REGION names a second region, and a base URL can lead to one only.';
  }
  return region !== null && isAwsRegion(region)
    ? null
    : 'Claude Code on Bedrock is not metered: set AWS_REGION to the name of a public AWS region to have it metered.';
}

/** Every customer has a host of their own there, which only the user can name; the SDK refuses a base URL beside a resource. */
function foundryObstacle(user: UserWishes, upstream: string | undefined): string | null {
  if (!isOn(user, 'CLAUDE_CODE_USE_FOUNDRY')) return '';
  if (readValue(user, 'ANTHROPIC_FOUNDRY_RESOURCE') !== null) {
    return 'Claude Code on Foundry is not metered: it takes no base URL beside ANTHROPIC_FOUNDRY_RESOURCE. Set ANTHROPIC_FOUNDRY_BASE_URL instead to have it metered.';
  }
  return outranked(user, 'ANTHROPIC_FOUNDRY_BASE_URL', 'azure') ?? (upstream === undefined ? '' : null);
}

import { type AgentConnection, unlessUserSet, variableConnection } from '../connection.ts';

const agent = { agent: 'aider', label: 'aider' } as const;

/** aider calls through litellm, whose variables these are. */
export const aiderConnections: readonly AgentConnection[] = [
  variableConnection({
    ...agent,
    routeId: 'anthropic',
    variable: 'ANTHROPIC_API_BASE',
    alsoFrom: ['ANTHROPIC_BASE_URL'],
    claimsRoute: false,
  }),
  variableConnection({ ...agent, routeId: 'openrouter', variable: 'OPENROUTER_API_BASE', claimsRoute: true }),
  variableConnection({
    ...agent,
    routeId: 'openai',
    variable: 'OPENAI_API_BASE',
    claimsRoute: true,
    obstacle: unlessUserSet('OPENAI_API_BASE'),
  }),
];

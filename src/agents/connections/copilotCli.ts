import { type AgentConnection, variableConnection } from '../connection.ts';

const VARIABLE = 'COPILOT_PROVIDER_BASE_URL';

/**
 * Copilot CLI with a provider of the user's own. Where the user has named none, its calls go to GitHub, and our variable would take
 * them away from there.
 */
export const copilotCliConnections: readonly AgentConnection[] = [
  connection({ type: 'openai', claimsRoute: true }),
  connection({ type: 'azure', claimsRoute: true }),
  // This route belongs to ANTHROPIC_BASE_URL: Claude Code must not go unmetered because of another agent's gateway.
  connection({ type: 'anthropic', claimsRoute: false }),
];

function connection({ type, claimsRoute }: { readonly type: string; readonly claimsRoute: boolean }): AgentConnection {
  const shared = variableConnection({
    agent: 'copilot-cli',
    label: 'Copilot CLI',
    routeId: type,
    variable: VARIABLE,
    claimsRoute,
    obstacle({ env }) {
      if (env.get(VARIABLE) === null || providerType(env.get('COPILOT_PROVIDER_TYPE')) !== type) return '';
      return env.get('COPILOT_PROVIDER_TRANSPORT')?.toLowerCase() === 'websockets'
        ? 'Copilot CLI is not metered: it is set to WebSockets, which are not counted. Unset COPILOT_PROVIDER_TRANSPORT to have it metered.'
        : null;
    },
  });
  return {
    ...shared,
    ownBaseUrl: (user) =>
      providerType(user.env.get('COPILOT_PROVIDER_TYPE')) === type ? shared.ownBaseUrl(user) : null,
  };
}

function providerType(text: string | null): string {
  return text?.toLowerCase() ?? 'openai';
}

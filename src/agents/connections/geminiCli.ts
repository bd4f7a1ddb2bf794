import { type AgentConnection, variableConnection } from '../connection.ts';

const agent = { agent: 'gemini-cli', label: 'Gemini CLI', claimsRoute: true } as const;

/** Without a chosen type Gemini CLI would take the variable for a gateway login and end at once; other types do not use it. */
const onlyWithLogin =
  (type: string): AgentConnection['obstacle'] =>
  ({ files }) =>
    files.geminiAuthType === type ? null : '';

/** Each kind of login has its own API, and each API its own variable. */
export const geminiCliConnections: readonly AgentConnection[] = [
  variableConnection({
    ...agent,
    routeId: 'gemini',
    variable: 'GOOGLE_GEMINI_BASE_URL',
    obstacle: onlyWithLogin('gemini-api-key'),
  }),
  variableConnection({
    ...agent,
    routeId: 'vertex',
    baseUrlId: 'vertex-gemini',
    variable: 'GOOGLE_VERTEX_BASE_URL',
    obstacle: onlyWithLogin('vertex-ai'),
  }),
  variableConnection({
    ...agent,
    routeId: 'code-assist',
    variable: 'CODE_ASSIST_ENDPOINT',
    obstacle: onlyWithLogin('oauth-personal'),
  }),
];

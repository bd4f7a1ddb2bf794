import { type AgentConnection, unlessUserSet, variableConnection } from '../connection.ts';

/** Qwen Code knows no variable of its own, only the one that every OpenAI SDK reads. */
export const qwenCodeConnections: readonly AgentConnection[] = [
  variableConnection({
    agent: 'qwen-code',
    label: 'Qwen Code',
    routeId: 'openai',
    variable: 'OPENAI_BASE_URL',
    claimsRoute: true,
    obstacle: unlessUserSet('OPENAI_BASE_URL'),
  }),
];

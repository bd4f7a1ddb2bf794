import { aiderConnections } from './agents/aider.ts';
import { claudeCodeConnections } from './agents/claudeCode.ts';
import { codexConnections } from './agents/codex.ts';
import { copilotCliConnections } from './agents/copilotCli.ts';
import { geminiCliConnections } from './agents/geminiCli.ts';
import { gooseConnections } from './agents/goose.ts';
import { kiloConnections, openCodeConnections } from './agents/openCode.ts';
import { qwenCodeConnections } from './agents/qwenCode.ts';
import type { AgentConnection } from './connection.ts';

/**
 * The agents that a terminal can be connected for: a new one is a file under agents/ and a line here. Where several claim a route for
 * a base URL of their own, the first has it.
 */
export const agentConnections: readonly AgentConnection[] = [
  ...claudeCodeConnections,
  ...codexConnections,
  ...geminiCliConnections,
  ...openCodeConnections,
  ...kiloConnections,
  ...qwenCodeConnections,
  ...aiderConnections,
  ...gooseConnections,
  ...copilotCliConnections,
];
